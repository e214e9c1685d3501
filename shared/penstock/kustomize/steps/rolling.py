"""A rollback that holds, and its end: by a newer revision of the source, whoever offers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import annotations_of
from penstock.api.rollback import ROLLBACK_ANNOTATION, InvalidRollback, ended, rollback_of
from penstock.kustomize.steps.source import check_current
from penstock.notify.event import Severity

if TYPE_CHECKING:
    from penstock.api.meta import Status
    from penstock.api.objects import Json
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.kustomize.steps.run import Run
    from penstock.kustomize.steps.source import Source
    from penstock.kustomize.steps.subject import Subject

ROLLED_BACK = "RolledBack"
ENDED = "RollbackEnded"


def let_go_on(ports: ApplyPorts, source: Source, subject: Subject[Status]) -> Json:
    """The Kustomization without a rollback that has ended: it is taken off before anything is applied.

    Killed before that, the next run finds it ended as well; killed after it, the next run finds none. Moved
    if the object is another one by now, Superseded if the source is.
    """
    try:
        rollback = rollback_of(annotations_of(subject.obj))
    except InvalidRollback:
        return subject.obj
    if rollback is not None and ended(rollback, source.revision):
        check_current(ports, source)
        subject.annotate({ROLLBACK_ANNOTATION: None})
        subject.emit(
            Severity.INFO,
            ENDED,
            f"the rollback to {rollback.revision} has ended: {source.ref} offers {source.revision}, "
            f"and no longer {rollback.bad}",
            revision=source.revision,
        )
    return subject.obj


def tell_of_rollback(run: Run) -> None:
    """One event when an earlier revision stands in place of the one that the source offers."""
    if run.source.kept_off is not None:
        run.subject.emit(
            Severity.INFO,
            ROLLED_BACK,
            f"rolled back: {run.source.revision} is applied, and {run.source.offer_revision} is kept off "
            "until the source has a newer revision",
            revision=run.source.revision,
        )
