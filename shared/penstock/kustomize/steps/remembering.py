"""What is kept of a look at a Kustomization: the record of its last check, and one of the run if it mattered.

Losing the first only makes the object due, losing the second only history: no failure here is one of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import annotations_of, generation
from penstock.api.refs import ObjectRef
from penstock.api.rollback import InvalidRollback, rollback_of
from penstock.api.work import HANDED_OVER
from penstock.base.clock import rfc3339, rfc3339_micro
from penstock.base.errors import PenstockError
from penstock.kustomize.inventory import object_id
from penstock.kustomize.parked import kinds_of
from penstock.kustomize.selection import condition
from penstock.kustomize.status import Reason
from penstock.kustomize.steps.finalize import FINALIZED
from penstock.kustomize.steps.reconcile import SUSPENDED
from penstock.kustomize.steps.source import Superseded
from penstock.store.records import Applied, Record
from penstock.store.runs import GONE, RunChange, RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.api.objects import Json
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.kustomize.steps.run import Ended

_HELD = "held"
_KEPT_OF_THE_GONE = 3
"""Run records that outlive their Kustomization, so that its deletion can be looked up."""


def remember(ports: ApplyPorts, obj: Json, ended: Ended, started: str, watched: tuple[str, ...] = ()) -> None:
    """Keep what the next look needs, and what people may ask for later.

    `started` (RFC 3339) is when the look began, `obj` the object that it began with; `watched` is kept as it
    is (penstock.kustomize.watched).
    """
    ref = ObjectRef.from_object(obj)
    leave_run(ports, obj, ended, started)
    try:
        before = ports.records.read(ref)
        if ended.outcome.reason == FINALIZED:
            ports.records.delete(ref)
            ports.runs.forget(ref, keep=_KEPT_OF_THE_GONE)
            if ports.baselines is not None:
                ports.baselines.delete(ref)
        elif ended.outcome.reason not in {SUSPENDED, Superseded.reason, HANDED_OVER}:
            ports.records.write(ref, _record(ports, obj, ended, started, before, watched))
            if ports.baselines is not None and ended.baseline is not None:
                ports.baselines.write(ref, ended.baseline)
    except PenstockError as error:
        ports.log.warning("the record could not be written", object=str(ref), error=error.message)


def leave_run(ports: ApplyPorts, obj: Json, ended: Ended, started: str) -> None:
    """Leave a record of the run if it had effects, failed, was held or moved to another revision.

    The first one that a rollback holds back leaves one as well.
    """
    outcome, ref = ended.outcome, ObjectRef.from_object(obj)
    moved = ended.applied is not None and ended.applied.revision != _last_applied(obj)
    stood_down = outcome.reason in {Superseded.reason, Reason.DEPENDENCY_NOT_READY}
    kept_off = _kept_off(obj, ended)
    begun = outcome.ok and bool(kept_off) and kept_off not in condition(obj, "Ready")[2]
    if not ended.changes and not ended.gone and not moved and not begun and (outcome.ok or stood_down):
        return
    try:
        ports.runs.write(ref, _run(ports, obj, ended, started), ports.clock.now())
    except PenstockError as error:
        ports.log.warning("the run record could not be written", object=str(ref), error=error.message)


def _run(ports: ApplyPorts, obj: Json, ended: Ended, started: str) -> RunRecord:
    outcome, artifact = ended.outcome, ended.artifact
    return RunRecord(
        started_at=started,
        ended_at=rfc3339_micro(ports.clock.now()),
        ok=outcome.ok,
        reason=outcome.reason,
        message=ports.masker.shown(outcome.message),
        revision=outcome.revision,
        artifact=artifact.path if artifact is not None else "",
        digest=artifact.digest if artifact is not None else "",
        build_digest=ended.digest,
        before=_before(obj, ports.records.read(ObjectRef.from_object(obj))),
        changes=tuple(_changes(ended)),
        held=tuple(RunChange(object_id(held), held.version, _HELD) for held in ended.held),
        kept_off=_kept_off(obj, ended),
    )


def _kept_off(obj: Json, ended: Ended) -> str:
    """The revision that a rollback kept off, if it was that which the run worked by."""
    try:
        rollback = rollback_of(annotations_of(obj))
    except InvalidRollback:
        return ""
    by_it = rollback is not None and ended.outcome.revision == rollback.revision
    return rollback.bad if rollback is not None and by_it else ""


def _changes(ended: Ended) -> Iterator[RunChange]:
    for change in ended.changes:
        yield RunChange(object_id(change.ref), change.ref.version, str(change.action))
    for ref in ended.gone:
        yield RunChange(object_id(ref), ref.version, GONE)


def _before(obj: Json, record: Record | None) -> Applied | None:
    """What was applied to the end before this run; a status knows the revision where the record was lost."""
    if record is not None and record.applied is not None:
        return record.applied
    revision = _last_applied(obj)
    return Applied(revision, "", "", 0) if revision else None


def _last_applied(obj: Json) -> str:
    return str((obj.get("status") or {}).get("lastAppliedRevision") or "")


def _record(
    ports: ApplyPorts, obj: Json, ended: Ended, started: str, before: Record | None, watched: tuple[str, ...]
) -> Record:
    outcome = ended.outcome
    return Record(
        checked_at=rfc3339(ports.clock.now()),
        started_at=started,
        ok=outcome.ok,
        outcome=outcome,
        failures=0 if outcome.ok else 1 + (before.failures if before is not None else 0),
        generation=generation(obj),
        applied=ended.applied or (before.applied if before is not None else None),
        parked=kinds_of(ended.parked),
        watched=watched,
    )
