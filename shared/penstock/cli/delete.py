"""`penstock delete`: removes an object from the cluster, and what its end asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.acting import LINES, acting, ref_of
from penstock.cli.completing import object_names
from penstock.cli.kube import kube_flags
from penstock.cli.lazy import Entry
from penstock.cli.nouns import kind_nouns, noun_group
from penstock.cli.person import confirm
from penstock.cli.switches import SwitchCommand
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION

if TYPE_CHECKING:
    from penstock.cli.kube import Kube
    from penstock.client.kinds import Kind

_TEXT = """Delete an object from the cluster, after asking.

What a Kustomization applied goes with it where spec.prune or spec.deletionPolicy says so, and not while it is
suspended. Nobody waits for that end.
"""
_silent = click.option("-s", "--silent", "--yes", "silent", is_flag=True, help="Delete it without asking.")


@click.command("kustomization", cls=SwitchCommand)
@click.argument("name", shell_complete=object_names(KUSTOMIZATION))
@_silent
@kube_flags()
def _kustomization(name: str, kube: Kube, *, silent: bool) -> None:
    """Delete Kustomization NAME, and with pruning what it has applied.

    \b
      penstock delete kustomization apps
      penstock delete ks apps --silent

    The exit code is 1 if it is missing or may not be deleted, if you say no, or without a terminal and
    --silent.
    """
    _run(KUSTOMIZATION, name, kube, silent=silent)


@click.command("git", cls=SwitchCommand)
@click.argument("name", shell_complete=object_names(GIT_REPOSITORY))
@_silent
@kube_flags()
def _source_git(name: str, kube: Kube, *, silent: bool) -> None:
    """Delete GitRepository NAME; what was applied from it stays.

    \b
      penstock delete source git fleet

    The exit code is 1 if it is missing or may not be deleted, if you say no, or without a terminal and
    --silent.
    """
    _run(GIT_REPOSITORY, name, kube, silent=silent)


def _run(kind: Kind, name: str, kube: Kube, *, silent: bool) -> None:
    from penstock.client.deletion import delete  # noqa: PLC0415 - not needed for --help

    ref = ref_of(kind, kube, name)
    with acting(kube) as ports:
        delete(ports, kind, ref, lambda question: confirm(question, yes=silent, flag="--silent"))


command = noun_group(
    "delete",
    _TEXT,
    kind_nouns(
        {
            GIT_REPOSITORY: Entry(lambda: _source_git, LINES[GIT_REPOSITORY]),
            KUSTOMIZATION: Entry(lambda: _kustomization, LINES[KUSTOMIZATION]),
        }
    ),
)
