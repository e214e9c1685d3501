"""`penstock reconcile`: has an object looked at now, and waits for what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.acting import LINES, acting, ref_of
from penstock.cli.completing import object_names
from penstock.cli.kube import kube_flags
from penstock.cli.lazy import Entry
from penstock.cli.nouns import kind_nouns, noun_group
from penstock.cli.switches import SwitchCommand
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION

if TYPE_CHECKING:
    from penstock.cli.kube import Kube
    from penstock.client.kinds import Kind

_TEXT = """Have an object reconciled now, outside of its interval, and wait for it.

The object is annotated, as flux does it. With PENSTOCK_RECEIVER_URL and PENSTOCK_INVOKE_TOKEN set, penstock
is asked as well, and looks at once; else the admission hook or the next tick makes it look.
"""


@click.command("kustomization", cls=SwitchCommand)
@click.argument("name", shell_complete=object_names(KUSTOMIZATION))
@click.option("--with-source", is_flag=True, help="Reconcile the Kustomization's source before it.")
@kube_flags()
def _kustomization(name: str, kube: Kube, *, with_source: bool) -> None:
    """Reconcile Kustomization NAME and wait until it is applied.

    \b
      penstock reconcile kustomization apps
      penstock reconcile ks apps --with-source -n flux-system

    The exit code is 0 once it is ready, 1 if it fails, is suspended, is missing, or is not ready in time.
    """
    _run(KUSTOMIZATION, name, kube, with_source=with_source)


@click.command("git")
@click.argument("name", shell_complete=object_names(GIT_REPOSITORY))
@kube_flags()
def _source_git(name: str, kube: Kube) -> None:
    """Reconcile GitRepository NAME and wait until its revision is fetched.

    \b
      penstock reconcile source git fleet

    The exit code is 0 once it is ready, 1 if it fails, is suspended, is missing, or is not ready in time.
    """
    _run(GIT_REPOSITORY, name, kube)


def _run(kind: Kind, name: str, kube: Kube, *, with_source: bool = False) -> None:
    from penstock.client.reconcile import reconcile  # noqa: PLC0415 - not needed for --help

    ref = ref_of(kind, kube, name)
    with acting(kube) as ports:
        reconcile(ports, kind, ref, with_source=with_source)


command = noun_group(
    "reconcile",
    _TEXT,
    kind_nouns(
        {
            GIT_REPOSITORY: Entry(lambda: _source_git, LINES[GIT_REPOSITORY]),
            KUSTOMIZATION: Entry(lambda: _kustomization, LINES[KUSTOMIZATION]),
        }
    ),
)
