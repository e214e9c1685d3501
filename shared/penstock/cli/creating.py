"""What the commands of `penstock create` share: flux's flags, files, and what --export prints."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.base.errors import Terminal
from penstock.base.options import Role
from penstock.base.text import printable
from penstock.cli.flags import KEY_FORM, flagged, key_form, key_form_flags
from penstock.cli.kube import Duration
from penstock.client.documents import yaml_stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.base.deadline import Deadline
    from penstock.base.limits import Limits
    from penstock.client.gitlogin import LoginWish

F = TypeVar("F", bound="Callable[..., Any]")
_MINUTE_S = 60.0


def export_flags() -> Callable[[F], F]:
    """--export and --label."""
    return lambda function: flagged(
        function,
        (
            click.option("--export", is_flag=True, help="Print it as YAML on stdout; write nothing."),
            click.option(
                "--label",
                "labels",
                multiple=True,
                metavar="KEY=VALUE",
                help="A label; can be repeated, or hold several separated by commas.",
            ),
        ),
    )


def interval_flag() -> Callable[[F], F]:
    """--interval."""
    return click.option(
        "--interval",
        type=Duration(),
        default=_MINUTE_S,
        show_default="1m0s",
        metavar="DURATION",
        help="How often it is reconciled without being told to.",
    )


def login_flags(*, authority: str) -> Callable[[F], F]:
    """The flags about logging in to a Git server; `authority` is the name of the one for a CA."""
    return lambda function: flagged(
        function,
        (
            click.option("-u", "--username", default="", metavar="NAME", help="User for https."),
            click.option(
                "-p",
                "--password",
                default="",
                metavar="TEXT",
                help="Password or token for https; for ssh the passphrase of --private-key-file.",
            ),
            *key_form_flags(),
            click.option(
                "--private-key-file",
                default="",
                metavar="FILE",
                help="A private key of yours for ssh, in place of a new one.",
            ),
            click.option(
                authority, "authority", default="", metavar="FILE", help="A CA to trust for https, as PEM."
            ),
        ),
    )


def limits() -> Limits:
    """The limits of the environment."""
    from penstock.base.settings import read_settings  # noqa: PLC0415 - not needed for --help

    return read_settings(os.environ, Role.CLIENT).limits


def login_wish(given: dict[str, Any], limits: Limits) -> LoginWish:
    """What the flags of `login_flags`, and --bearer-token, say; they are taken out of `given`."""
    from penstock.client.gitlogin import KeyFile, LoginWish  # noqa: PLC0415 - not needed for --help
    from penstock.client.gitsecret import Login  # noqa: PLC0415 - likewise

    key, authority = given.pop("private_key_file"), given.pop("authority")
    form = key_form({name: given.pop(name) for name in KEY_FORM})
    login = Login(
        username=given.pop("username"),
        password=given.pop("password"),
        bearer_token=given.pop("bearer_token", ""),
        authorities=_read(authority, limits, "authority_file_bytes") if authority else "",
    )
    return LoginWish(login, form, KeyFile(key, _read(key, limits, "ssh_identity_bytes")) if key else None)


def _read(path: str, limits: Limits, limit: str) -> str:
    from penstock.base.files import read_text  # noqa: PLC0415 - not needed for --help

    try:
        return read_text(Path(path), getattr(limits, limit), f"PENSTOCK_LIMIT_{limit.upper()}")
    except ValueError as error:
        raise Terminal(f"{printable(path, 256)} cannot be read: {error}") from None


def scan(host: str, port: int, deadline: Deadline) -> bytes:
    """The host keys of an SSH server."""
    from penstock.tools.keyscan import scan as scanned  # noqa: PLC0415 - not needed for --help

    return scanned(host, port, deadline)


def show(obj: Json) -> None:
    """What --export prints."""
    click.echo(yaml_stream([obj]), nl=False)
