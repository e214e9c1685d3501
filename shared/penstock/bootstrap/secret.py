"""The Secret that the GitRepository logs in with: what it must hold, and whether it is kept. Pure.

Source: flux2 pkg/manifestgen/sourcesecret and contract section 2, row bootstrap. Flux keeps any Secret that
is there unless it is given credentials; here one is kept if it is of the right kind and works.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json
    from penstock.source.keypair import KeyPair

_SSH_PORT = 22
OURS = ("username", "password", "bearerToken", "ca.crt", "caFile", "identity", "identity.pub", "known_hosts")
"""The keys that say how to log in; one of them that is left from another login would be in the way."""


class Fate(StrEnum):
    """What becomes of the Secret: kept, kept if it works, written as given, or made with a new key pair."""

    KEEP = "keep"
    TRY = "try"
    WRITE = "write"
    MAKE = "make"


@dataclass(frozen=True)
class Given:
    """What a person gave to log in with: a key pair, or the data of the Secret; empty: a pair is to be made.

    `ssh` is whether the sync speaks ssh.
    """

    ssh: bool
    data: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    pair: KeyPair | None = None


def token_data(
    username: str, password: str, *, bearer: bool = False, authority: bytes = b""
) -> dict[str, bytes]:
    """The data for https; `authority` is the PEM of --ca-file."""
    login = {"bearerToken": password} if bearer else {"username": username, "password": password}
    data = {key: value.encode() for key, value in login.items()}
    return {**data, "ca.crt": authority} if authority else data


def key_data(pair: KeyPair, known_hosts: bytes) -> dict[str, bytes]:
    """The data for ssh."""
    data = {
        "identity": pair.identity,
        "identity.pub": f"{pair.public}\n".encode(),
        "known_hosts": known_hosts.strip(),
    }
    return {**data, "password": pair.passphrase} if pair.passphrase else data


def fate(existing: Mapping[str, bytes] | None, given: Given) -> Fate:
    """What is to be done with the Secret's data (None: there is no Secret)."""
    found = existing or {}
    if given.data:
        same = {key: found[key] for key in OURS if key in found} == dict(given.data)
        return Fate.KEEP if same else Fate.WRITE
    if given.pair is not None:
        same = found.get("identity") == given.pair.identity and bool(found.get("known_hosts"))
        return Fate.TRY if same else Fate.WRITE
    return Fate.TRY if _can_log_in(found, ssh=given.ssh) else Fate.MAKE


def _can_log_in(data: Mapping[str, bytes], *, ssh: bool) -> bool:
    if ssh:
        return bool(data.get("identity") and data.get("known_hosts"))
    return bool(data.get("bearerToken") or (data.get("username") and data.get("password")))


def data_of(secret: Json | None) -> dict[str, bytes] | None:
    """The decoded data of a Secret; None if there is none."""
    found = (secret or {}).get("data") or {}
    return None if secret is None else {key: b64decode(value) for key, value in found.items()}


def secret(namespace: str, name: str, data: Mapping[str, bytes]) -> Json:
    """The Secret as it is created."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": {key: b64encode(value).decode() for key, value in data.items()},
    }


def replaced(data: Mapping[str, bytes]) -> Json:
    """The merge patch that puts the data in place of what says how to log in; other keys stay."""
    written = {key: b64encode(value).decode() for key, value in data.items()}
    return {"data": {**dict.fromkeys(OURS), **written}}


def other_host_keys(known_hosts: bytes, scanned: bytes) -> bool:
    """Whether known_hosts names a server that was scanned, and none of the keys that it shows now.

    Names that are hashed are not looked at.
    """
    known = _keys_by_host(known_hosts)
    shown = _keys_by_host(scanned)
    return any(keys and not keys & shown[host] for host in shown if (keys := known.get(host, set())))


def knows_host(known_hosts: bytes, host: str, port: int) -> bool:
    """Whether known_hosts may name the server; of hashed names and patterns it is assumed."""
    name = host.encode() if port == _SSH_PORT else f"[{host.strip('[]')}]:{port}".encode()
    names = [one for line in known_hosts.splitlines() for one in _names(line)]
    return name in names or any(one.startswith(b"|") or b"*" in one or b"?" in one for one in names)


def _names(line: bytes) -> list[bytes]:
    words = line.split()
    marked = bool(words) and words[0].startswith(b"@")
    return words[1 if marked else 0].split(b",") if len(words) > 2 and not words[0].startswith(b"#") else []


def _keys_by_host(lines: bytes) -> dict[bytes, set[bytes]]:
    """The keys of each name in known_hosts; lines with a marker say something else."""
    found: dict[bytes, set[bytes]] = {}
    for line in lines.splitlines():
        words = line.split()
        if len(words) < 3 or words[0].startswith((b"#", b"@", b"|")):
            continue
        for host in words[0].split(b","):
            found.setdefault(host, set()).add(words[2])
    return found
