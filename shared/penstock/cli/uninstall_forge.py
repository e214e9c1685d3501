"""The webhook of a repository on a forge, taken away by `uninstall` with the flags of `bootstrap`."""
# ruff: noqa: PLC0415 - `--help` needs none of it

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.cli import printing
from penstock.cli.flags import flagged

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.base.deadline import Deadline
    from penstock.forge.port import Forge
    from penstock.runtime.wiring import Wiring

F = TypeVar("F", bound="Callable[..., Any]")
_FORGES = ("github", "gitlab", "gitea")


@dataclass(frozen=True)
class Forged:
    """Which webhook on which forge; `forge` is empty if none is to be taken away."""

    forge: str
    owner: str
    repository: str
    hostname: str
    ca_file: str
    receiver_url: str

    def connect(self, wiring: Wiring, deadline: Deadline) -> Forge:
        """The forge with the token of its variable, such as GITHUB_TOKEN; nothing is sent yet."""
        from penstock.cli.bootstrap_reading import file_of, read_secret
        from penstock.forge import connect as forges

        token = read_secret(f"{self.forge.upper()}_TOKEN", "Please enter your personal access token (PAT)")
        login = forges.Login(token, self.hostname, "", file_of(self.ca_file, "--ca-file"))
        return forges.connect(
            forges.Kind(self.forge),
            login,
            deadline=deadline,
            environ=os.environ,
            masker=wiring.masker,
            limits=wiring.settings.limits,
        )


def forge_flags(function: F) -> F:
    """The flags; the command gets one `forged: Forged`."""

    @functools.wraps(function)
    def wrapped(**given: Any) -> Any:
        names = ("forge", "owner", "repository", "hostname", "ca_file", "receiver_url")
        forged = Forged(**{name: given.pop(name) or "" for name in names})
        if forged.forge and not (forged.owner and forged.repository):
            raise click.UsageError("--forge takes --owner and --repository, too")
        if not forged.forge and (forged.owner or forged.repository):
            raise click.UsageError(f"say on which forge the repository is: --forge {'|'.join(_FORGES)}")
        return function(forged=forged, **given)

    text = "The forge whose webhook is removed as well; the token is in GITHUB_TOKEN and so on."
    found: Any = flagged(
        wrapped,
        [
            click.option("--forge", type=click.Choice(_FORGES), help=text),
            click.option("--owner", metavar="NAME", help="Who has the repository, as for bootstrap."),
            click.option("--repository", metavar="NAME", help="The repository, as for bootstrap."),
            click.option("--hostname", metavar="HOST", help="The forge's host, if it is not the public one."),
            click.option("--ca-file", metavar="FILE", help="The authority of the forge's certificate."),
            click.option(
                "--receiver-url",
                metavar="URL",
                help="Where the functions are, as for bootstrap; else PENSTOCK_RECEIVER_URL.",
            ),
        ],
    )
    return found  # type: ignore[no-any-return] # click's decorators keep the function


def remove_webhook(wiring: Wiring, deadline: Deadline, forged: Forged) -> frozenset[str]:
    """Takes the webhook away and gives the addresses of its repository; raises penstock.forge.errors.

    Terminal if there is no such repository, or if nobody says where the functions are.
    """
    from penstock.base.errors import Terminal

    if not forged.forge:
        return frozenset()
    receiver = wiring.settings.receiver_url
    if not receiver:
        raise Terminal("which webhook it is follows from --receiver-url, or PENSTOCK_RECEIVER_URL: name one")
    forge = forged.connect(wiring, deadline)
    repository = forge.find_repository(forged.owner, forged.repository)
    if repository is None:
        raise Terminal(f"there is no repository {forged.owner}/{forged.repository} that the token may see")
    url = f"{receiver.rstrip('/')}{forge.receiver_path}"
    printing.action(f'removing the webhook "{url}" of {repository.full_name}')
    removed = forge.remove_webhook(repository, url)
    printing.success("webhook removed" if removed else "there was no such webhook")
    addresses = (repository.https_url, repository.ssh_url)
    return frozenset(form for one in addresses for form in (one, one.removesuffix(".git"), f"{one}.git"))
