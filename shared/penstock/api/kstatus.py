"""What a client that waits for a Flux object makes of it.

Source: contract C1 to C3; kstatus (fluxcd/cli-utils) for the order of the checks and flux2's readiness check.
Works on objects as the cluster returns them; parts of the wrong shape count as absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from penstock.api.objects import deleting, generation

if TYPE_CHECKING:
    from penstock.api.objects import Json


class State(StrEnum):
    """The states of kstatus."""

    TERMINATING = "Terminating"
    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    CURRENT = "Current"
    NOT_FOUND = "NotFound"
    UNKNOWN = "Unknown"


@dataclass(frozen=True)
class Judgement:
    """A state and the reason for it, for people."""

    state: State
    message: str


def judge(obj: Json) -> Judgement:
    """The object's state as kstatus computes it (C2)."""
    if deleting(obj):
        return Judgement(State.TERMINATING, "Resource scheduled for deletion")
    observed, wanted = _status(obj).get("observedGeneration"), generation(obj)
    if observed is not None and wanted and observed != wanted:
        text = f"generation is {wanted}, but latest observed generation is {observed}"
        return Judgement(State.IN_PROGRESS, text)
    return _judge_standard(obj) or _judge_ready(obj)


def judge_dynamic(obj: Json) -> Judgement:
    """The same for an object that must be reconciled at this generation first (C3): create and resume."""
    observed = _status(obj).get("observedGeneration")
    ready = _condition(obj, "Ready")
    if not isinstance(observed, int) or observed < 1 or ready is None:
        return Judgement(State.IN_PROGRESS, "not reconciled yet")
    if (ready.get("observedGeneration") or observed) != generation(obj):
        return Judgement(State.IN_PROGRESS, "Ready is of an earlier generation")
    return judge(obj)


def judge_request(obj: Json, token: str) -> Judgement:
    """What became of the reconcile request `token` (C1).

    Stricter than Flux's CLI, which waits on while a failure is being retried: here that is an outcome.
    """
    if _status(obj).get("lastHandledReconcileAt") != token:
        return Judgement(State.IN_PROGRESS, "the request is not handled yet")
    ready = _condition(obj, "Ready") or {}
    found = judge(obj)
    if found.state is State.IN_PROGRESS and ready.get("status") == "False":
        return Judgement(State.FAILED, _text(ready))
    return found


def _judge_standard(obj: Json) -> Judgement | None:
    """Whichever of Reconciling and Stalled comes first in the list decides."""
    for condition in _conditions(obj):
        match condition.get("type"), condition.get("status"):
            case "Reconciling", "True":
                return Judgement(State.IN_PROGRESS, _text(condition))
            case "Stalled", "True":
                return Judgement(State.FAILED, _text(condition))
            case _:
                continue
    return None


def _judge_ready(obj: Json) -> Judgement:
    ready = _condition(obj, "Ready")
    if ready is not None and ready.get("status") in {"False", "Unknown"}:
        return Judgement(State.IN_PROGRESS, _text(ready))
    text = "Resource is current" if ready is None else _text(ready)
    return Judgement(State.CURRENT, text)


def _text(condition: Json) -> str:
    return str(condition.get("message") or condition.get("reason") or "")


def _status(obj: Json) -> Json:
    status = obj.get("status")
    return status if isinstance(status, dict) else {}


def _conditions(obj: Json) -> list[Json]:
    found = _status(obj).get("conditions")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _condition(obj: Json, kind: str) -> Json | None:
    return next((item for item in _conditions(obj) if item.get("type") == kind), None)
