"""The flags that all commands of `penstock bootstrap` share, as flux has them.

Those about the components are in penstock.cli.components, with what is said to those of Flux's that have
nothing to do here.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.base.errors import Terminal
from penstock.cli import printing
from penstock.cli.components import component_flags
from penstock.cli.flags import flagged, key_form_flags
from penstock.cli.kube import Duration, kube_flags

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")
_SWITCH = "ssh_signing_reuse_private_key"
_SIGNING = (
    *("gpg_key_ring", "gpg_passphrase", "gpg_key_id"),
    *("ssh_signing_key_file", "ssh_signing_password", "ssh_signing_passphrase", _SWITCH),
)
"""Flags of flux for what is not built here yet: commits that are signed."""
_ALGORITHMS = "ssh_hostkey_algos"


class Listed(click.ParamType[tuple[str, ...]]):
    """Values separated by commas."""

    name = "list"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The values, without those that are empty."""
        del param, ctx
        if isinstance(value, tuple):
            return value
        return tuple(part.strip() for part in str(value).split(",") if part.strip())


def switch(name: str, text: str, *, default: bool = False, hidden: bool = False) -> Callable[[F], F]:
    """A flag as Go has them: `--name`, `--name=true` or `--name=false`."""
    return click.option(
        name,
        is_flag=False,
        flag_value="true",
        type=bool,
        default=default,
        show_default="true" if default else False,
        metavar="[true|false]",
        hidden=hidden,
        help=text,
    )


def shared_flags(function: F) -> F:
    """The flags; the command gets `kube`, and all the others in `flags`."""
    options = [*_repository(), *_login(), *_commits(), *_conduct(), *_answered()]
    own = len(getattr(function, "__click_params__", ()))

    @functools.wraps(function)
    def wrapped(**given: Any) -> Any:
        flags = {name: given.pop(name) for name in tuple(given) if name in names}
        _check(flags)
        return function(**given, flags=flags)

    found: Any = flagged(wrapped, options)
    names = {parameter.name for parameter in found.__click_params__[own:]} | {"chosen"}
    return kube_flags()(component_flags(found))  # type: ignore[no-any-return] # click keeps the function


def _repository() -> list[Callable[[Any], Any]]:
    directories = {"type": Listed(), "metavar": "LIST", "default": ()}
    return [
        click.option("--branch", default="main", show_default=True, metavar="NAME", help="The branch."),
        click.option(
            "--path", default="", metavar="PATH", help="The folder of this cluster; each cluster has its own."
        ),
        click.option(
            "--interval",
            type=Duration(),
            default=60.0,
            show_default="1m",
            metavar="DURATION",
            help="How often the repository is looked at, beside its webhook.",
        ),
        click.option(
            "--receiver-url",
            metavar="URL",
            help="Where the functions are, https://…, for the webhook; else PENSTOCK_RECEIVER_URL.",
        ),
        click.option(
            "--webhook-secret-file",
            metavar="FILE",
            help="A file with the functions' PENSTOCK_WEBHOOK_SECRET; else it is taken from that variable.",
        ),
        switch("--recurse-submodules", "Bring submodules, too."),
        click.option("--sparse-checkout", help="The directories to bring, by commas.", **directories),  # type: ignore[arg-type] # click's own types
    ]


def _login() -> list[Callable[[Any], Any]]:
    return [
        click.option(
            "--secret-name",
            metavar="NAME",
            help="The Secret that the cluster logs in with; named as the namespace by default.",
        ),
        switch("--token-auth", "The cluster logs in with the token, over https, rather than with a key."),
        click.option("--ca-file", metavar="FILE", help="The authority (PEM) of the server's certificate."),
        click.option(
            "--private-key-file", metavar="FILE", help="The private key to use over ssh, not a new one."
        ),
        *key_form_flags(),
        click.option(
            "--ssh-hostname", default="", metavar="HOST", help="Where ssh goes, if not to the same host."
        ),
    ]


def _commits() -> list[Callable[[Any], Any]]:
    return [
        click.option("--author-name", default="Flux", show_default=True, help="The author of commits."),
        click.option("--author-email", default="", help="The author's e-mail."),
        click.option(
            "--commit-message-appendix",
            default="",
            metavar="TEXT",
            help="What is added to their messages, such as '[ci skip]'.",
        ),
        switch("--replace-components", "Put penstock's gotk-components.yaml in the place of Flux's own."),
    ]


def _conduct() -> list[Callable[[Any], Any]]:
    return [
        switch("--export", "Write the manifests to stdout, and do nothing."),
        switch("--force", "Do not ask where another tool has installed Flux."),
        switch("--yes", "Do not ask at all."),
    ]


def _answered() -> list[Callable[[Any], Any]]:
    """flux's other flags, which are not listed in the help."""
    named = (_ALGORITHMS, *(name for name in _SIGNING if name != _SWITCH))
    alone = {"is_flag": False, "flag_value": "true", "hidden": True}
    return [
        *(click.option(_flag(name), name, hidden=True) for name in named),
        click.option(_flag(_SWITCH), _SWITCH, **alone),  # type: ignore[arg-type] # click's own types
    ]


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _check(flags: dict[str, Any]) -> None:
    """Say which flags have nothing to do here; Terminal for those that cannot be had."""
    for name in _SIGNING:
        if flags[name] is not None:
            raise Terminal(f"{_flag(name)}: signed commits are not built here yet", reason="NotSupported")
    if flags[_ALGORITHMS] is not None:
        printing.warning(
            f"{_flag(_ALGORITHMS)} has nothing to do here: OpenSSH chooses among algorithms that it trusts"
        )
