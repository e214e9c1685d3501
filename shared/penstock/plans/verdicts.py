"""What the steps of a run found, as entries of an outlook: what would be done, and what would fail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.cluster.errors import NotFound
from penstock.kustomize.changes import Action, Change
from penstock.kustomize.inventory import difference
from penstock.kustomize.prune import Verdict
from penstock.kustomize.steps.problems import dry_run_problem
from penstock.kustomize.steps.pruning import held_of, pruner_of
from penstock.kustomize.steps.sharing import shared
from penstock.plans.outlook import Entry, comes_along, shown_pair

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from penstock.api.refs import ObjectRef
    from penstock.base.errors import PenstockError
    from penstock.kustomize.scope import Target
    from penstock.kustomize.steps.judging import Judged
    from penstock.kustomize.steps.run import Run
    from penstock.plans.outlook import Outlook

_OWNERS_ONLY = "only whose fields they are: what kubectl or an earlier tool wrote becomes ours"
_MADE_ANEW = "it is deleted and made anew: a field of it cannot be changed"


def problems_of(
    run: Run,
    targets: Sequence[Target],
    refused: Mapping[ObjectRef, PenstockError],
    found: Mapping[ObjectRef, Judged],
) -> Iterator[str]:
    """Why a run would fail, in the words of a run."""
    for target in targets:
        error = refused.get(target.ref)
        if error is not None and not _waits(target.ref, error, targets):
            yield dry_run_problem(target.ref, error, run.advice)
    if run.ports.refuse_shared:
        yield from (text for one in found.values() if one.live is None and (text := shared(run, one)))


def _waits(ref: ObjectRef, error: PenstockError, targets: Sequence[Target]) -> str:
    """What of the build has to be there before the object can be tried; empty if that is not it."""
    return comes_along(ref, targets) if isinstance(error, NotFound) else ""


def entries_of(
    run: Run,
    targets: Sequence[Target],
    refused: Mapping[ObjectRef, PenstockError],
    found: Mapping[ObjectRef, Judged],
) -> Iterator[Entry]:
    """What would be done to each object of the build, in its order; those that would fail are left out."""
    for target in targets:
        if (one := found.get(target.ref)) is not None:
            yield _entry(run, one)
        elif note := _waits(target.ref, refused[target.ref], targets):
            yield Entry(target.ref, Action.CREATED, note=note)


def _entry(run: Run, one: Judged) -> Entry:
    ref, note = one.target.ref, shared(run, one) if one.live is None else ""
    if one.recreate:
        return Entry(ref, Action.CREATED, note=note or _MADE_ANEW)
    if one.action is not Action.CONFIGURED:
        return Entry(ref, one.action, note=note)
    if one.old is None:
        return Entry(ref, Action.CONFIGURED, note=f"it cannot be read: {one.unread}")
    if one.merged is None:
        return Entry(ref, Action.CONFIGURED, note=_OWNERS_ONLY)
    live, merged = shown_pair(one.old, one.merged, one.ignored)
    return Entry(ref, Action.CONFIGURED, live, merged, note)


def with_pruning(run: Run, outlook: Outlook) -> Outlook:
    """The same with what left the build."""
    run.changes.extend(Change(entry.ref, entry.action) for entry in outlook.entries)
    judged, lost = pruner_of(run).look_up(difference(run.old, (entry.ref for entry in outlook.entries)))
    held = held_of(run, judged)
    doomed = (one.ref for one in judged if one.verdict is Verdict.DELETE)
    return replace(
        outlook,
        deleted=tuple(ref for ref in doomed if ref not in set(held.refs)),
        kept=tuple(one.ref for one in judged if one.verdict is Verdict.SKIP),
        held=held.refs,
        why_held=held.why,
        problems=lost.problems,
    )
