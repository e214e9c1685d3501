"""Identity tokens (OIDC, RFC 7519) that Google signs for service accounts: schedulers, Pub/Sub, Eventarc.

The signature is checked by google-auth. It reads the token's own header to choose the algorithm, checks
neither issuer nor account, and takes the time from the machine, so all of that is judged here.
"""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from penstock.base import strictjson
from penstock.runtime.answers import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.base.clock import Clock

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_ALGORITHM = "RS256"
_SKEW_S = 10
"""How far the issuer's clock may be from ours."""
_ANY_TIME_S = 10**12
_LONGEST_KEY_ID = 200
"""Ours: Google's are 40 hexadecimal digits."""


class Keys(Protocol):
    """The issuer's public keys; penstock.runtime.issuerkeys.IssuerKeys is one."""

    def get(self, key_id: str) -> str | None:
        """The key or certificate of that id as PEM, None if there is none; Transient if nobody says."""
        ...


@dataclass(frozen=True)
class Trusted:
    """Whose tokens are taken: made for one of these audiences, for one of these accounts (e-mail)."""

    audiences: frozenset[str]
    accounts: frozenset[str]


@dataclass(frozen=True)
class Identity:
    """Judges identity tokens of at most `most_bytes`."""

    trusted: Trusted
    keys: Keys
    clock: Clock
    most_bytes: int

    def check(self, token: str) -> None:
        """Problem 401 or 403 unless Google signed the token, for us and for an account that we trust.

        Transient if the issuer's keys cannot be had: nobody is let in unseen, and nobody refused for good.
        """
        if len(token) > self.most_bytes:
            raise _refused(f"is longer than {self.most_bytes} bytes (PENSTOCK_LIMIT_IDENTITY_TOKEN_BYTES)")
        pem = self.keys.get(key_id_of(token))
        if pem is None:
            raise _refused("is signed with a key that its issuer does not have")
        judge(_signed_claims(token, pem), self.trusted, self.clock.now().timestamp())


def key_id_of(token: str) -> str:
    """The id of the key that the token's header names; Problem 401 for any other algorithm. Pure."""
    head = token.partition(".")[0]
    try:
        header = strictjson.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)), depth=2)
    except (binascii.Error, ValueError):
        raise _refused("has no header that can be read") from None
    if not isinstance(header, dict) or header.get("alg") != _ALGORITHM or "crit" in header:
        raise _refused(f"is not signed by {_ALGORITHM}")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= _LONGEST_KEY_ID:
        raise _refused("names no key")
    return key_id


def judge(claims: Mapping[str, Any], trusted: Trusted, now: float) -> None:
    """Problem 401 or 403 unless the claims of a signed token let its owner in; `now` in seconds. Pure."""
    if claims.get("iss") not in ISSUERS:
        raise _refused("is of another issuer")
    if not _one_of(claims.get("aud"), trusted.audiences):
        raise _refused("is made for another audience")
    expires, issued, not_before = (_seconds(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None:
        raise _refused("does not say when it was made and when it ends")
    if expires <= now - _SKEW_S:
        raise _refused("has expired")
    if max(issued, not_before or issued) > now + _SKEW_S:
        raise _refused("is not valid yet")
    if claims.get("email_verified") is not True or not _one_of(claims.get("email"), trusted.accounts):
        raise Problem(403, "the identity token is of an account that may not do this")


def _signed_claims(token: str, pem: str) -> Mapping[str, Any]:
    """What google-auth has verified the signature of; the times are not its business (see `judge`)."""
    from google.auth import jwt  # noqa: PLC0415 - only who gets such tokens pays for it

    try:
        claims: Mapping[str, Any] = jwt.decode(token, certs=[pem], clock_skew_in_seconds=_ANY_TIME_S)
    except (ValueError, TypeError):
        raise _refused("is malformed, or not signed by its issuer") from None
    return claims


def _one_of(value: object, known: frozenset[str]) -> bool:
    return isinstance(value, str) and value != "" and value in known


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    """A moment of a claim; None if there is none. Problem 401 if it is no number."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _refused(f"has no moment in {name}")
    return value


def _refused(why: str) -> Problem:
    return Problem(401, f"the identity token {why}", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
