"""What a GitRepository's Secret says about logging in over http(s); sshlogin has it for ssh. Pure.

Source: fluxcd/pkg git options: `bearerToken` wins over `username` and `password`, which fall back to the user
info of the URL; `ca.crt` (or the old `caFile`) comes on top of the machine's authorities. Unlike Flux,
credentials never travel over plain http, except to this machine.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.source.sshlogin import SSHLogin
    from penstock.source.url import RepositoryURL

_NOT_YET = ("tls.crt", "tls.key")
_GITHUB_APP = "githubAppID"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class CredentialsRefused(Terminal):
    """The Secret cannot be used for this URL."""

    reason = "AuthenticationFailed"


@dataclass(frozen=True)
class Credentials:
    """The Authorization header (empty: none) and the authorities to trust beyond the machine's, as PEM; or
    what ssh needs."""

    authorization: str = field(default="", repr=False)
    authorities: bytes = field(default=b"", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Every value that must not show anywhere."""
    ssh: SSHLogin | None = None


def credentials(url: RepositoryURL, data: Mapping[str, bytes], where: str) -> Credentials:
    """The credentials for a URL; CredentialsRefused naming the Secret (`where`) and the key at fault."""
    check_provider(data, where)
    _check_keys(data, where)
    authorities = data.get("ca.crt") or data.get("caFile") or b""
    token = _text(data, "bearerToken", where)
    by_token = "bearerToken" in data
    user = (not by_token and _text(data, "username", where)) or url.user
    password = (not by_token and _text(data, "password", where)) or url.password
    if token and (user or password):
        raise refused("basic auth and bearer token cannot be set at the same time")
    if password and not user:
        raise refused(f"invalid '{url.scheme}' auth option: 'password' requires 'username' to be set")
    header = _header(token, user, password)
    if not url.confidential:
        header = _over_plain_http(url, header, secret=bool(token or password))
    encoded = header.partition(" ")[2]
    return Credentials(header, authorities, tuple(secret for secret in (token, password, encoded) if secret))


def check_provider(data: Mapping[str, bytes], where: str) -> None:
    """CredentialsRefused if the Secret is one for another provider."""
    if data.get(_GITHUB_APP):
        raise CredentialsRefused(
            f"secretRef '{where}' has github app data but provider is not set to github",
            reason="InvalidProviderConfiguration",
        )


def refused(problem: str) -> CredentialsRefused:
    """The error that Flux has for options that do not go together."""
    return CredentialsRefused(f"failed to configure authentication options: {problem}")


def _check_keys(data: Mapping[str, bytes], where: str) -> None:
    if found := [key for key in _NOT_YET if data.get(key)]:
        raise refused(f"not yet supported: {found[0]} in the Secret '{where}'")


def _text(data: Mapping[str, bytes], key: str, where: str) -> str:
    try:
        text = data.get(key, b"").decode()
    except UnicodeDecodeError:
        raise refused(f"{key} in the Secret '{where}' is not in UTF-8") from None
    if key == "bearerToken" and _CONTROL.search(text):
        raise refused(f"{key} in the Secret '{where}' has a line break or control character")
    return text


def _header(token: str, user: str, password: str) -> str:
    if token:
        return f"Bearer {token}"
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}" if user else ""


def _over_plain_http(url: RepositoryURL, header: str, *, secret: bool) -> str:
    """No header at all: a mere user name is left out, anything more is refused."""
    if header and secret:
        raise refused(f"credentials are not sent over plain http to {url.host}: use https in spec.url")
    return ""
