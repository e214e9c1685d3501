"""The Secret that `create secret git` and `create source git` make, as flux makes it. Pure.

Source: flux2 pkg/manifestgen/sourcesecret and cmd/flux create_secret_git.go for keys and order. Credentials
that fetch would refuse to send, over plain http, are refused before anything is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.client.flagvalues import BadFlag, labels, object_name

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.source.keypair import KeyPair
    from penstock.source.url import RepositoryURL


@dataclass(frozen=True, kw_only=True)
class Login:
    """What a person gave to log in with; nothing of it shows in its repr. `authorities` are PEM."""

    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    authorities: str = field(default="", repr=False)


@dataclass(frozen=True)
class SSHKeys:
    """A key pair and the lines of known_hosts."""

    pair: KeyPair
    known_hosts: bytes


def check_login(url: RepositoryURL, login: Login, *, required: bool) -> None:
    """BadFlag if the URL cannot be logged in to with that; `required`: it has to be enough."""
    if url.scheme == "ssh":
        _check_ssh(login)
        return
    if bool(login.username) != bool(login.password):
        raise BadFlag("--username and --password go together: give both or neither")
    if login.username and login.bearer_token:
        raise BadFlag("user credentials and bearer token cannot be used together")
    secret = bool(login.password or login.bearer_token)
    if required and not secret:
        raise BadFlag("for Git over HTTP/S the username and password, or a bearer token is required")
    if secret and not url.confidential:
        raise BadFlag(f"credentials are not sent over plain http to {url.host}: use https in --url")


def _check_ssh(login: Login) -> None:
    if login.username or login.bearer_token:
        raise BadFlag(
            "--username and --bearer-token are for Git over HTTP/S: over ssh the user is part of --url"
        )
    if login.authorities:
        raise BadFlag("specifying a CA file is not supported for Git over SSH")


def secret_data(login: Login, keys: SSHKeys | None) -> dict[str, str]:
    """The values by key; empty if there is nothing to keep."""
    found = {
        "username": login.username,
        "password": login.password,
        "bearerToken": login.bearer_token,
        "ca.crt": login.authorities,
    }
    if keys is not None:
        found["identity"] = keys.pair.identity.decode()
        found["identity.pub"] = f"{keys.pair.public}\n"
        found["known_hosts"] = keys.known_hosts.decode().strip()
        found["password"] = keys.pair.passphrase.decode()
    return {key: value for key, value in found.items() if value}


def secret(namespace: str, name: str, data: dict[str, str], given: tuple[str, ...] = ()) -> Json:
    """The Secret of that data; `given` are the values of --label."""
    meta: Json = {"name": object_name(name), "namespace": namespace}
    if found := labels(given):
        meta["labels"] = found
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": data}
