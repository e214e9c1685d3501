"""`penstock suspend`: objects are left alone until they are resumed."""

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

_TEXT = """Leave objects alone until they are resumed.

Nothing is fetched or applied for them meanwhile, by push, tick or hand; what is applied stays as it is.
"""


@click.command("kustomization", cls=SwitchCommand)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=object_names(KUSTOMIZATION))
@all_flag("Suspend")
@kube_flags()
def _kustomization(names: tuple[str, ...], kube: Kube, *, every: bool) -> int:
    """Suspend the Kustomizations NAME.

    \b
      penstock suspend kustomization apps
      penstock suspend ks apps infra -n team-a
      penstock suspend ks --all

    The exit code is 1 if one of them is missing or may not be changed; the others are suspended.
    """
    return _run(KUSTOMIZATION, names, kube, every=every)


@click.command("git", cls=SwitchCommand)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=object_names(GIT_REPOSITORY))
@all_flag("Suspend")
@kube_flags()
def _source_git(names: tuple[str, ...], kube: Kube, *, every: bool) -> int:
    """Suspend the GitRepositories NAME.

    \b
      penstock suspend source git fleet
      penstock suspend source git --all

    The exit code is 1 if one of them is missing or may not be changed; the others are suspended.
    """
    return _run(GIT_REPOSITORY, names, kube, every=every)


def _run(kind: Kind, names: tuple[str, ...], kube: Kube, *, every: bool) -> int:
    from penstock.client.suspension import suspend  # noqa: PLC0415 - not needed for --help

    chosen = [ref_of(kind, kube, name).name for name in some_or_all(kind, names, every=every)]
    with acting(kube) as ports:
        return 0 if suspend(ports, kind, kube.namespace, chosen) else 1


command = noun_group(
    "suspend",
    _TEXT,
    kind_nouns(
        {
            GIT_REPOSITORY: Entry(lambda: _source_git, LINES[GIT_REPOSITORY]),
            KUSTOMIZATION: Entry(lambda: _kustomization, LINES[KUSTOMIZATION]),
        }
    ),
)
