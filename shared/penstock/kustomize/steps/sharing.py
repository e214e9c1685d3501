"""Objects that another Kustomization has applied: the last one has them, as in Flux, and tells it (A-52)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.errors import Terminal
from penstock.base.text import printable
from penstock.kustomize.owner import other_owner
from penstock.kustomize.steps.problems import joined
from penstock.notify.event import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.kustomize.steps.judging import Judged
    from penstock.kustomize.steps.run import Run

TAKEN_OVER = "TakenOver"
_LONGEST = 400


def tell_of_others(run: Run, judged: Sequence[Judged]) -> None:
    """A warning event that names whose objects are taken over; Terminal if that is refused."""
    found = [text for one in judged if one.live is None and (text := shared(run, one))]
    if found and run.ports.refuse_shared:
        raise Terminal(joined([*found, "PENSTOCK_SHARED_OBJECTS=refuse: nothing of this stage was written"]))
    if found:
        run.subject.emit(Severity.ERROR, TAKEN_OVER, joined(found), revision=run.source.revision)


def shared(run: Run, judged: Judged) -> str:
    """Whose the object is besides; a read that failed matters only where sharing is refused."""
    ref = judged.target.ref
    if judged.unread:
        return f"{ref} cannot be read to see whose it is: {judged.unread}" if run.ports.refuse_shared else ""
    owner = other_owner(judged.found, run.subject.ref) if judged.found is not None else ""
    return printable(f"{ref} was applied by {owner} too: leave it to one of them", _LONGEST) if owner else ""
