"""What a GitRepository's Secret says about logging in over ssh: `identity`, `known_hosts`, `password`. Pure.

Source: fluxcd/pkg git options and knownhosts for the keys and the words. A Secret that cannot be used is told
before any server is asked. OpenSSH skips lines of known_hosts that it cannot read, and then calls the host
unknown; so they are read here as strictly as Flux reads them.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded, setting_of
from penstock.source.credentials import Credentials, CredentialsRefused, check_provider, refused
from penstock.source.sshkey import KeyRefused, PassphraseMissing, private_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.base.limits import Limits
    from penstock.source.url import RepositoryURL

DEFAULT_USER = "git"
_MARKERS = frozenset({"@cert-authority", "@revoked"})


@dataclass(frozen=True)
class SSHLogin:
    """Who logs in, with which key (OpenSSH's format, not encrypted), and the servers' keys to expect.

    `agent` is the socket of a person's SSH agent, whose keys are then used and no other; functions have none.
    """

    user: str
    key: bytes = field(repr=False)
    known_hosts: bytes = field(repr=False)
    agent: str = ""


def ssh_credentials(url: RepositoryURL, data: Mapping[str, bytes], where: str, limits: Limits) -> Credentials:
    """The credentials for an ssh URL; CredentialsRefused naming the Secret (`where`) and the key at fault.

    A password in the URL does not count, as in Flux; neither does `identity.pub`.
    """
    for name, limit in (("identity", "ssh_identity_bytes"), ("known_hosts", "ssh_known_hosts_bytes")):
        size: int = getattr(limits, limit)
        if not data.get(name):
            raise refused(f"invalid 'ssh' auth option: '{name}' is required")
        if len(data[name]) > size:
            raise refused(f"{name} in the Secret '{where}' is larger than {size} bytes{setting_of(limit)}")
    key = _key(data, where, limits)
    check_provider(data, where)
    _check_known_hosts(data["known_hosts"], where)
    login = SSHLogin(url.user or DEFAULT_USER, key, data["known_hosts"])
    return Credentials(secrets=(key.decode("ascii"),), ssh=login)


def _key(data: Mapping[str, bytes], where: str, limits: Limits) -> bytes:
    try:
        return private_key(data["identity"], data.get("password", b""), limits)
    except PassphraseMissing:
        raise CredentialsRefused(
            f"SSH identity key is encrypted but no 'password' field was provided in the secret '{where}'"
        ) from None
    except (KeyRefused, LimitExceeded) as error:
        raise _unusable(error.message, "identity", where) from None


def _check_known_hosts(content: bytes, where: str) -> None:
    for number, line in enumerate(content.splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith(b"#") and (problem := _problem(text.split())):
            raise _unusable(f"knownhosts: knownhosts: {problem}", f"line {number} of known_hosts", where)


def _problem(words: list[bytes]) -> str:
    """What is wrong with a line, in Flux's words; empty if nothing is."""
    if words[0].decode("latin-1") in _MARKERS:
        words = words[1:]
    if len(words) < 2:
        return "missing host pattern"
    if len(words) < 3:
        return "missing key type pattern"
    try:
        blob = b64decode(words[2], validate=True)
    except binascii.Error:
        return "illegal base64 data"
    named, length = words[1], int.from_bytes(blob[:4], "big")
    return "" if blob[4 : 4 + length] == named and len(blob) > 4 + length else "the key is of another type"


def _unusable(problem: str, key: str, where: str) -> CredentialsRefused:
    return CredentialsRefused(
        f"unable to construct auth method with options: {problem}: check {key} in the Secret '{where}'"
    )
