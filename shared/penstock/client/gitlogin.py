"""What a person gives to log in to a Git server with, made into the data of a Secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.client.flagvalues import BadFlag
from penstock.client.gitsecret import Login, SSHKeys, check_login, secret_data
from penstock.source.keypair import KeyForm, new_pair, pair_in

if TYPE_CHECKING:
    from penstock.base.deadline import Deadline
    from penstock.base.limits import Limits
    from penstock.client.telling import Tell
    from penstock.source.url import RepositoryURL

SSH_PORT = 22
Scan = Callable[[str, int, "Deadline"], bytes]
"""The lines of known_hosts of a server; penstock.tools.keyscan is the real one."""


@dataclass(frozen=True)
class KeyFile:
    """The file of --private-key-file, read."""

    path: str
    content: str = field(repr=False)


@dataclass(frozen=True)
class LoginWish:
    """The flags about logging in; over ssh the password is the passphrase of the key file."""

    login: Login = field(default_factory=Login)
    key_form: KeyForm = field(default_factory=KeyForm)
    key_file: KeyFile | None = None


def login_data(
    url: RepositoryURL, wish: LoginWish, scan: Scan, deadline: Deadline, limits: Limits, *, required: bool
) -> dict[str, str]:
    """The data of the Secret, empty if there is none; `required`: for https there has to be some.

    BadFlag for what does not go together, before anything is made or asked.
    """
    check_login(url, wish.login, required=required)
    if url.scheme != "ssh":
        if wish.key_file is not None:
            raise BadFlag("--private-key-file is for Git over SSH: give --username and --password")
        return secret_data(wish.login, None)
    if wish.login.password and wish.key_file is None:
        raise BadFlag("--password is the passphrase of --private-key-file over SSH: there is no such file")
    if wish.key_file is None:
        pair = new_pair(wish.key_form)
    else:
        file = wish.key_file
        pair = pair_in(file.path, file.content.encode(), wish.login.password, limits)
    known_hosts = scan(url.host, url.port or SSH_PORT, deadline)
    return secret_data(Login(), SSHKeys(pair, known_hosts))


def show_public(tell: Tell, data: dict[str, str]) -> None:
    """What a person has to see and to copy: the server's keys, and the public half of the deploy key."""
    if "known_hosts" in data:
        tell.success(f"collected public key from SSH server:\n{data['known_hosts']}")
    if "identity.pub" in data:
        tell.generating(f"deploy key: {data['identity.pub']}")
