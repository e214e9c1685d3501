"""`penstock history`: what became of a Kustomization, run by run."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.cli.acting import LINES
from penstock.cli.completing import object_names
from penstock.cli.flags import flagged
from penstock.cli.kube import Kube, kube_flags
from penstock.cli.lazy import Entry
from penstock.cli.nouns import kind_nouns, noun_group
from penstock.cli.printing import show_document, show_table, warning
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.refs import ObjectRef
    from penstock.client.kinds import Kind
    from penstock.plans import history
    from penstock.runtime.wiring import Wiring

F = TypeVar("F", bound="Callable[..., Any]")


def _flags(function: F) -> F:
    formats = click.Choice(["table", "json", "yaml"])
    options = (
        click.option(
            "--limit",
            type=click.IntRange(1, 10_000),
            default=20,
            show_default=True,
            help="Runs that are shown, at most.",
        ),
        click.option("-o", "--output", type=formats, default="table", show_default=True),
        kube_flags(),
    )
    return flagged(function, options)


@click.command("kustomization")
@click.argument("name", shell_complete=object_names(KUSTOMIZATION))
@_flags
def _kustomization(kube: Kube, name: str, limit: int, output: str) -> None:
    """Show the runs of Kustomization NAME that mattered, the newest first.

    Those are runs that changed something, failed, were held back or moved to another revision: with which
    revision, whose commit that is, what was created, configured and deleted, how it ended and how long it
    took. They are read from the bucket of `serve` (PENSTOCK_BUCKET). Without that, the little is shown that
    the Kustomization's own status keeps.

    \b
      penstock history kustomization apps
      penstock history ks apps -n team --limit 5 -o json
    """
    _show(kube, KUSTOMIZATION, name, limit, output)


@click.command("git")
@click.argument("name", shell_complete=object_names(GIT_REPOSITORY))
@_flags
def _source_git(kube: Kube, name: str, limit: int, output: str) -> None:
    """Show the looks at GitRepository NAME that stored an artifact or failed, the newest first.

    They are read from the bucket of `serve` (PENSTOCK_BUCKET).

    \b
      penstock history source git fleet
    """
    _show(kube, GIT_REPOSITORY, name, limit, output)


def _show(kube: Kube, kind: Kind, name: str, limit: int, output: str) -> None:
    from penstock.plans import history  # noqa: PLC0415 - not needed for --help

    ref = kind.ref(kube.namespace, name)
    with kube.wiring() as wiring:
        found = _entries(wiring, kube, ref, limit)
    if output != "table":
        show_document(output, [history.value(entry) for entry in found])
    elif found:
        show_table(history.HEAD, [history.row(entry) for entry in found])
    else:
        warning(f"no run of {ref} has left a record")


def _entries(wiring: Wiring, kube: Kube, ref: ObjectRef, limit: int) -> tuple[history.Entry, ...]:
    from penstock.base.errors import SettingsError, Terminal  # noqa: PLC0415 - not needed for --help
    from penstock.kustomize.selection import source_of  # noqa: PLC0415 - likewise
    from penstock.plans import history  # noqa: PLC0415 - likewise
    from penstock.plans.logbook import newest  # noqa: PLC0415 - likewise

    obj = kube.timed(wiring).get(ref)
    if wiring.settings.bucket is None:
        if obj is None:
            raise Terminal(f"{ref} not found", reason="NotFound")
        if ref.kind != KUSTOMIZATION.kind:
            raise SettingsError("PENSTOCK_BUCKET is missing: run records are in the bucket of `serve`")
        warning(
            "PENSTOCK_BUCKET is not set: this is from status.history, which has neither changes nor commits"
        )
        return history.from_status(obj)[:limit]
    runs = tuple(itertools.islice(newest(wiring.runs, ref), limit))
    if obj is None and not runs:
        raise Terminal(f"{ref} not found, and no run of it has left a record", reason="NotFound")
    named = obj is not None and ref.kind == KUSTOMIZATION.kind
    stored = (run for _, run in newest(wiring.runs, source_of(obj))) if obj is not None and named else ()
    return history.from_runs(runs, history.commits(stored, {run.revision for _, run in runs}))


command = noun_group(
    "history",
    "Show what became of an object, run by run.",
    kind_nouns(
        {
            KUSTOMIZATION: Entry(lambda: _kustomization, LINES[KUSTOMIZATION]),
            GIT_REPOSITORY: Entry(lambda: _source_git, LINES[GIT_REPOSITORY]),
        }
    ),
)
