"""The public keys of an issuer of identity tokens, fetched by HTTP and kept for a while (threats A-09).

They are JSON, key id -> certificate as PEM, as Google serves them. Without them nobody is let in, and the
answer is that it may be tried again.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from penstock.base import strictjson
from penstock.base.deadline import Deadline
from penstock.base.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

    from penstock.base.clock import Clock

_KEPT_S = 3600.0
"""A key that its issuer took back is trusted no longer than this; Google announces new ones for hours."""
_PAUSE_S = 5.0
"""The least time between two fetches: tokens with made-up key ids must not make us a burden to the issuer."""
_TIMEOUT_S = 5.0
_MOST_KEYS = 64
"""Ours: Google signs with two or three at a time."""
_PIECE_BYTES = 64 * 1024


class KeysUnavailable(Transient):
    """The issuer's keys cannot be had now, so no identity token can be judged."""

    reason = "KeysUnavailable"


class IssuerKeys:
    """The keys at `url`, of at most `most_bytes`. Threads share it; one of them fetches, the others wait."""

    def __init__(self, url: str, clock: Clock, *, most_bytes: int, timeout_s: float = _TIMEOUT_S) -> None:
        self._url = url
        self._clock = clock
        self._most_bytes = most_bytes
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._keys: Mapping[str, str] = {}
        self._until = clock.monotonic()
        self._again_at = clock.monotonic()
        self._failure = ""

    def get(self, key_id: str) -> str | None:
        """The PEM of that key, None if the issuer has none; KeysUnavailable if it cannot be asked."""
        found = self._known(key_id)
        if found is not None:
            return found
        with self._alone():
            if self._clock.monotonic() >= self._again_at:
                self._fetch()
            if self._failure:
                raise KeysUnavailable(self._failure, retry_after=_PAUSE_S)
            return self._known(key_id)

    def _known(self, key_id: str) -> str | None:
        return self._keys.get(key_id) if self._clock.monotonic() < self._until else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=2 * self._timeout_s):
            raise KeysUnavailable("the keys of the identity tokens' issuer are being fetched")
        try:
            yield
        finally:
            self._lock.release()

    def _fetch(self) -> None:
        """Replaces the keys, or keeps what went wrong for those who ask before the next try."""
        try:
            self._keys = parse_keys(self._downloaded())
            self._until = self._clock.monotonic() + _KEPT_S
            self._failure = ""
        except ValueError as error:
            self._failure = f"the identity tokens' issuer gives no keys: its answer {error}"
        except Transient as error:
            self._failure = error.message
        finally:
            self._again_at = self._clock.monotonic() + _PAUSE_S

    def _downloaded(self) -> bytes:
        import requests  # noqa: PLC0415 - only who gets identity tokens pays for it
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            with requests.Session() as session:
                session.trust_env = False  # no .netrc, and no proxy that we were not told of
                timeouts, plain = (self._timeout_s, self._timeout_s), {"Accept-Encoding": "identity"}
                with session.get(
                    self._url, headers=plain, timeout=timeouts, allow_redirects=False, stream=True
                ) as answer:
                    return self._body(answer)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _silent(type(error).__name__) from None

    def _body(self, answer: requests.Response) -> bytes:
        if answer.status_code != 200:
            raise _silent(f"it answered {answer.status_code}")
        deadline, pieces, size = Deadline.after(self._clock, self._timeout_s), [], 0
        while piece := answer.raw.read1(_PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > self._most_bytes:
                most = f"{self._most_bytes} bytes (PENSTOCK_LIMIT_IDENTITY_KEYS_BYTES)"
                raise ValueError(f"is larger than {most}")
            if deadline.expired:
                raise _silent("it is too slow")
        return b"".join(pieces)


def parse_keys(body: bytes) -> Mapping[str, str]:
    """Key id -> PEM; ValueError says in a few words what is wrong. Pure."""
    found = strictjson.loads(body, depth=2)
    if not isinstance(found, dict) or not all(isinstance(pem, str) for pem in found.values()):
        raise ValueError("is no JSON object of certificates by key id")
    if not 0 < len(found) <= _MOST_KEYS:
        raise ValueError(f"holds {len(found)} keys, not 1 to {_MOST_KEYS}")
    for pem in found.values():
        _check_rsa(pem)
    return found


def _check_rsa(pem: str) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as requests
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    given = pem.encode()
    try:
        certified = "BEGIN CERTIFICATE" in pem
        key = load_pem_x509_certificate(given).public_key() if certified else load_pem_public_key(given)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("holds a key that is no PEM") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise ValueError("holds a key that is not RSA with 2048 bits or more")


def _silent(why: str) -> Transient:
    return KeysUnavailable(f"the keys of the identity tokens' issuer cannot be fetched: {why}")
