"""What is kept of a look at a Kustomization: the record of its last check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import generation
from penstock.api.refs import ObjectRef
from penstock.base.clock import rfc3339
from penstock.base.errors import PenstockError
from penstock.kustomize.steps.finalize import FINALIZED
from penstock.kustomize.steps.reconcile import SUSPENDED
from penstock.kustomize.steps.source import Superseded
from penstock.store.records import Record

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.kustomize.steps.run import Ended


def remember(ports: ApplyPorts, obj: Json, ended: Ended, started: str) -> None:
    """Keep what the next look needs; losing it only makes the object due, so no failure is one of the run.

    `started` (RFC 3339) is when the look began, `obj` the object that it began with.
    """
    ref = ObjectRef.from_object(obj)
    if ended.outcome.reason in {SUSPENDED, Superseded.reason}:
        return
    try:
        if ended.outcome.reason == FINALIZED:
            ports.records.delete(ref)
        else:
            ports.records.write(ref, _record(ports, obj, ended, started))
    except PenstockError as error:
        ports.log.warning("the record could not be written", object=str(ref), error=error.message)


def _record(ports: ApplyPorts, obj: Json, ended: Ended, started: str) -> Record:
    before, outcome = ports.records.read(ObjectRef.from_object(obj)), ended.outcome
    return Record(
        checked_at=rfc3339(ports.clock.now()),
        started_at=started,
        ok=outcome.ok,
        outcome=outcome,
        failures=0 if outcome.ok else 1 + (before.failures if before is not None else 0),
        generation=generation(obj),
        applied=ended.applied or (before.applied if before is not None else None),
    )
