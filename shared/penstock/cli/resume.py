"""`penstock resume`: suspended objects are reconciled again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.acting import LINES, acting, all_flag, ref_of, some_or_all
from penstock.cli.completing import object_names
from penstock.cli.kube import kube_flags
from penstock.cli.lazy import Entry
from penstock.cli.nouns import kind_nouns, noun_group
from penstock.cli.switches import SwitchCommand
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION

if TYPE_CHECKING:
    from penstock.cli.kube import Kube
    from penstock.client.kinds import Kind

_TEXT = """Reconcile suspended objects again, and wait for one.

With PENSTOCK_RECEIVER_URL and PENSTOCK_INVOKE_TOKEN set, penstock is asked to look at them at once; else the
admission hook or the next tick makes it look.
"""
_wait = click.option(
    "--wait/--no-wait",
    "waits",
    default=None,
    help="Wait until they are reconciled. Without it one named object is waited for, several are not.",
)


@click.command("kustomization", cls=SwitchCommand)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=object_names(KUSTOMIZATION))
@all_flag("Resume")
@_wait
@kube_flags()
def _kustomization(names: tuple[str, ...], kube: Kube, *, every: bool, waits: bool | None) -> int:
    """Resume the Kustomizations NAME, and wait until one is applied.

    \b
      penstock resume kustomization apps
      penstock resume ks apps infra --wait
      penstock resume ks --all

    The exit code is 1 if one of them is missing, may not be changed, or was waited for in vain.
    """
    return _run(KUSTOMIZATION, names, kube, every=every, waits=waits)


@click.command("git", cls=SwitchCommand)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=object_names(GIT_REPOSITORY))
@all_flag("Resume")
@_wait
@kube_flags()
def _source_git(names: tuple[str, ...], kube: Kube, *, every: bool, waits: bool | None) -> int:
    """Resume the GitRepositories NAME, and wait until one is fetched.

    \b
      penstock resume source git fleet
      penstock resume source git --all --wait

    The exit code is 1 if one of them is missing, may not be changed, or was waited for in vain.
    """
    return _run(GIT_REPOSITORY, names, kube, every=every, waits=waits)


def _run(kind: Kind, names: tuple[str, ...], kube: Kube, *, every: bool, waits: bool | None) -> int:
    from penstock.client.suspension import resume  # noqa: PLC0415 - not needed for --help

    chosen = [ref_of(kind, kube, name).name for name in some_or_all(kind, names, every=every)]
    wanted = len(names) == 1 if waits is None else waits
    with acting(kube) as ports:
        return 0 if resume(ports, kind, kube.namespace, chosen, waits=wanted) else 1


command = noun_group(
    "resume",
    _TEXT,
    kind_nouns(
        {
            GIT_REPOSITORY: Entry(lambda: _source_git, LINES[GIT_REPOSITORY]),
            KUSTOMIZATION: Entry(lambda: _kustomization, LINES[KUSTOMIZATION]),
        }
    ),
)
