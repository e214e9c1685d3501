"""Objects that another Kustomization has applied: the last one has them, as in Flux, and tells it (A-52)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.errors import PenstockError, Terminal
from penstock.base.text import printable
from penstock.cluster.parallel import parallel
from penstock.kustomize.changes import Action
from penstock.kustomize.owner import other_owner
from penstock.kustomize.steps.problems import joined
from penstock.notify.event import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.steps.judging import Judged
    from penstock.kustomize.steps.run import Run

TAKEN_OVER = "TakenOver"
_LONGEST = 400


def tell_of_others(run: Run, judged: Sequence[Judged]) -> None:
    """A warning event that names whose objects are taken over; Terminal if that is refused.

    Only what exists without our labels is read, so that a run that takes nothing over reads nothing here.
    """
    taken = [one.target.ref for one in judged if one.action is Action.CONFIGURED and one.live is None]
    answers = parallel(run.cluster.get, taken, run.ports.requests, run.deadline)
    found = [text for ref, live in zip(taken, answers, strict=True) if (text := _shared(run, ref, live))]
    if found and run.ports.refuse_shared:
        raise Terminal(joined([*found, "PENSTOCK_SHARED_OBJECTS=refuse: nothing of this stage was written"]))
    if found:
        run.subject.emit(Severity.ERROR, TAKEN_OVER, joined(found), revision=run.source.revision)


def _shared(run: Run, ref: ObjectRef, live: Json | PenstockError | None) -> str:
    """Whose the object is besides; a read that failed matters only where sharing is refused."""
    if isinstance(live, PenstockError):
        return f"{ref} cannot be read to see whose it is: {live.message}" if run.ports.refuse_shared else ""
    owner = other_owner(live, run.subject.ref) if live is not None else ""
    return printable(f"{ref} was applied by {owner} too: leave it to one of them", _LONGEST) if owner else ""
