"""Flux's own controllers are applied with 0 replicas: whoever looks for them hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.kustomize.changes import Change
from penstock.kustomize.controllers import is_controller, is_stub
from penstock.notify.event import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.objects import Json
    from penstock.kustomize.steps.judging import Judged
    from penstock.kustomize.steps.run import Run

HELD = "FluxControllersHeld"
"""The event's reason; ours, not Flux's."""


def tell_of_held(run: Run, judged: Sequence[Judged]) -> None:
    """One event about those that are written now; a check that finds them as they are says nothing."""
    if not run.ports.hold_flux:
        return
    written = [one for one in judged if Change(one.target.ref, one.action).effective]
    names = [str(one.target.ref) for one in written if _told_of(one.target.obj)]
    if names:
        message = f"applied with 0 replicas, as penstock does their work: {', '.join(names)}"
        run.subject.emit(Severity.INFO, HELD, message, revision=run.source.revision)


def _told_of(obj: Json) -> bool:
    return is_controller(obj) and not is_stub(obj)
