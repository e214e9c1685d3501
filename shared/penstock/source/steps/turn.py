"""One GitRepository's turn: let go, left alone, refused or looked at, and what follows from that."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from penstock.api.gitrepository import KIND
from penstock.api.meta import REQUESTED_AT
from penstock.api.objects import annotations_of, deleting, generation, labels_of
from penstock.api.resource import InvalidObject, common_status
from penstock.api.transitions import answered, left_alone, terminal_failure
from penstock.api.work import Function, Outcome, WorkItem
from penstock.base.clock import rfc3339, rfc3339_micro
from penstock.base.errors import PenstockError, Transient
from penstock.notify.event import Severity
from penstock.source.status import ARCHIVE_FAILED, Note
from penstock.source.steps.finalize import FINALIZED, finalize, forget
from penstock.source.steps.including import tell_includers
from penstock.source.steps.keeping import kept_by_rollbacks
from penstock.source.steps.look import Look, Looked
from penstock.source.steps.subject import Moved, Subject
from penstock.store.records import Applied, Record
from penstock.store.runs import RunRecord

if TYPE_CHECKING:
    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Budget
    from penstock.source.steps.ports import FetchPorts

SUSPENDED = "Suspended"
_TRIES = 4


def take_turn(ports: FetchPorts, ref: ObjectRef, budget: Budget) -> Outcome:
    """How it ended; begun again as long as somebody else writes to the object meanwhile.

    Transient if that does not end, or if what came of it could not be written.
    """
    for _ in range(_TRIES):
        obj = ports.cluster.get(ref)
        if obj is None:
            forget(ports, ref)
            return Outcome(True, f"{ref} is gone", FINALIZED)
        if not ports.selector.matches(labels_of(obj)):
            return Outcome(False, f"{ref} is left to its shard", "NotFound")
        try:
            return _decide(ports, Subject(ports, obj), budget)
        except Moved:
            continue
    raise Transient(f"{ref} changes faster than it can be looked at", reason="Conflict")


def _decide(ports: FetchPorts, subject: Subject, budget: Budget) -> Outcome:
    if deleting(subject.obj):
        return finalize(ports, subject)
    if (subject.obj.get("spec") or {}).get("suspend") is True:
        return _leave_alone(subject)
    before = ports.records.read(subject.ref)
    started = rfc3339_micro(ports.clock.now())
    subject = subject.with_finalizer()
    try:
        looked = Look(ports, subject, budget).run()
    except InvalidObject as error:
        looked = _refuse(ports, subject, error)
    return _conclude(ports, subject, before, looked, started)


def _leave_alone(subject: Subject) -> Outcome:
    """Nothing is done; the status says with which spec it is ready, and that the request was seen."""
    status = common_status(subject.obj)
    token = str(annotations_of(subject.obj).get(REQUESTED_AT) or "")
    subject.with_status(status, answered(left_alone(status, subject.at(), said_again=True), token))
    return Outcome(True, f"{subject.ref} is suspended", SUSPENDED)


def _refuse(ports: FetchPorts, subject: Subject, error: InvalidObject) -> Looked:
    """Stalled: nothing is tried before the object is another one."""
    message, status = ports.masker.shown(error.message), common_status(subject.obj)
    stalled = terminal_failure(status, error.reason, message, subject.at())
    token = str(annotations_of(subject.obj).get(REQUESTED_AT) or "")
    subject.with_status(status, answered(stalled, token))
    subject.emit(Note(Severity.ERROR, error.reason, message, {}))
    return Looked(Outcome(False, message, error.reason))


def _conclude(
    ports: FetchPorts, subject: Subject, before: Record | None, looked: Looked, started: str
) -> Outcome:
    """Queue the dependents, then record the look, so that a crash in between queues them again."""
    outcome, ref = looked.outcome, subject.ref
    known = before.outcome.revision if before is not None and before.outcome is not None else ""
    if outcome.ok and (looked.renewed is not None or known != outcome.revision):
        ports.queue.put(
            WorkItem(Function.APPLY, KIND, ref.namespace, ref.name, "new artifact", outcome.revision)
        )
        if looked.renewed is not None:
            tell_includers(ports, ref)
    record = Record(
        checked_at=rfc3339(ports.clock.now()),
        started_at=started,
        ok=outcome.ok,
        outcome=outcome if outcome.ok else Outcome(False, outcome.message, outcome.reason, known),
        failures=0 if outcome.ok else 1 + (before.failures if before is not None else 0),
        generation=generation(subject.obj),
        pause_s=looked.pause_s,
    )
    if outcome.reason == ARCHIVE_FAILED:
        # A bucket that is full of old artifacts would otherwise stay full, as no new one comes.
        _collect(ports, subject, looked.before.path if looked.before is not None else "")
    ports.records.write(ref, record)
    _leave(ports, subject, looked, started)
    if looked.renewed is not None:
        _collect(ports, subject, looked.renewed.path)
    return outcome


def _leave(ports: FetchPorts, subject: Subject, looked: Looked, started: str) -> None:
    """Leave a record of a look that stored an artifact or failed; losing it only costs history."""
    outcome, artifact, before, now = looked.outcome, looked.renewed, looked.before, ports.clock.now()
    if outcome.ok and artifact is None:
        return
    run = RunRecord(
        started_at=started,
        ended_at=rfc3339_micro(now),
        ok=outcome.ok,
        reason=outcome.reason,
        message=ports.masker.shown(outcome.message),
        revision=outcome.revision,
        artifact=artifact.path if artifact is not None else "",
        digest=artifact.digest if artifact is not None else "",
        before=Applied(before.revision, before.path, before.digest, 0) if before is not None else None,
        author=looked.author,
        subject=looked.subject,
    )
    try:
        ports.runs.write(subject.ref, run, now)
    except PenstockError as error:
        ports.log.warning("the run record could not be written", object=str(subject.ref), error=error.message)


def _collect(ports: FetchPorts, subject: Subject, used: str) -> None:
    """Remove old artifacts; what fails only costs space until the next time."""
    ref = subject.ref
    try:
        gone = ports.artifacts.collect(
            ref.kind,
            ref.namespace,
            ref.name,
            used=frozenset({used}),
            now=ports.clock.now(),
            keep_count=ports.keep_count,
            keep_seconds=ports.keep_seconds,
            also_used=partial(kept_by_rollbacks, ports),
        )
    except PenstockError as error:
        ports.log.warning("old artifacts could not be collected", object=str(ref), error=error.message)
        return
    if gone:
        text = f"garbage collected {gone} artifacts"
        subject.emit(Note(Severity.TRACE, "GarbageCollectionSucceeded", text, {}))
