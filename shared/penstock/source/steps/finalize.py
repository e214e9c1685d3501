"""A GitRepository that is being deleted or is gone: its artifacts and its record go, then its finalizer.

Source: contract C7b; also while it is suspended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.meta import FINALIZER
from penstock.api.work import Outcome
from penstock.notify.event import Severity
from penstock.source.status import Note

if TYPE_CHECKING:
    from penstock.api.refs import ObjectRef
    from penstock.source.steps.ports import FetchPorts
    from penstock.source.steps.subject import Subject

FINALIZED = "Deleted"


def finalize(ports: FetchPorts, subject: Subject) -> Outcome:
    """Let the object go once nothing of it is left in the bucket. Moved if it changed meanwhile."""
    ref = subject.ref
    if FINALIZER not in subject.finalizers:
        return Outcome(True, f"{ref} is being deleted", FINALIZED)
    if forget(ports, ref):
        text = "garbage collected artifacts for deleted resource"
        subject.emit(Note(Severity.TRACE, "GarbageCollectionSucceeded", text, {}))
    subject.without_finalizer()
    return Outcome(True, f"{ref} is deleted", FINALIZED)


def forget(ports: FetchPorts, ref: ObjectRef) -> int:
    """Remove the artifacts, the records and the Leases of an object; how many artifacts there were."""
    removed = ports.artifacts.remove_all(ref.kind, ref.namespace, ref.name)
    ports.records.delete(ref)
    ports.runs.forget(ref)
    ports.claims.forget(ref)
    return removed
