"""`penstock create`: makes or changes sources, Kustomizations and the Secrets of Git servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.base.errors import Terminal
from penstock.cli.acting import LINES
from penstock.cli.lazy import Entry, module
from penstock.cli.nouns import kind_nouns, noun_group
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXT = """Create or update sources, Kustomizations and Secrets of Git servers.

A Flux object is written and waited for; --export prints it instead. An object that is there gets the new spec
and keeps its other labels.
"""
_OTHERS = ("githubapp", "helm", "notation", "oci", "proxy", "receiver", "tls")
"""The Secrets that flux makes beside that of a Git server."""


def _refusing(noun: str, what: str) -> Callable[[], click.Command]:
    """The command of what flux creates and penstock has no use for yet: whatever follows it, it says so."""

    def refuse(given: tuple[str, ...]) -> None:
        del given
        raise Terminal(
            f"{what} is not built here yet: penstock has no kind that would use it", reason="NotSupported"
        )

    def load() -> click.Command:
        return click.Command(
            noun,
            callback=refuse,
            params=[click.Argument(["given"], nargs=-1, type=click.UNPROCESSED)],
            context_settings={"ignore_unknown_options": True},
            help=f"{what}: not built here yet.",
            hidden=True,
        )

    return load


command = noun_group(
    "create",
    _TEXT,
    {
        **kind_nouns(
            {
                GIT_REPOSITORY: Entry(module("penstock.cli.create_source_git"), LINES[GIT_REPOSITORY]),
                KUSTOMIZATION: Entry(module("penstock.cli.create_kustomization"), LINES[KUSTOMIZATION]),
            }
        ),
        ("secret", "git"): Entry(
            module("penstock.cli.create_secret_git"), "Secret to log in to a Git server with"
        ),
        **{
            ("secret", noun): Entry(_refusing(noun, f"create secret {noun}"), hidden=True) for noun in _OTHERS
        },
        ("tenant",): Entry(_refusing("tenant", "create tenant"), hidden=True),
    },
)
