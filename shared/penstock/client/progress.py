"""What a command that waits for a Flux object makes of one read of it. Pure.

Source: contract C1 to C4; flux2 cmd/flux (reconcile.go, readiness.go) for what is waited for and in which
order it is looked at. Two things are told earlier than by flux, which waits for its timeout: an object that
is deleted or suspended meanwhile, and what keeps a failed one from being ready while it is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from penstock.api.kstatus import State, judge, judge_dynamic
from penstock.api.meta import REQUESTED_AT
from penstock.api.objects import annotations_of, deleting, generation
from penstock.client import parts
from penstock.client.kinds import KUSTOMIZATION

if TYPE_CHECKING:
    from penstock.api.objects import Json

_STATIC = frozenset({"Alert", "Provider"})
"""Kinds that nothing reconciles (C4)."""


class Stage(StrEnum):
    """How far it is. UNSEEN: nobody seems to have looked; RETRYING: it failed, and is tried again."""

    UNSEEN = "unseen"
    GOING_ON = "going on"
    RETRYING = "retrying"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """The stage, and for people what is waited for, or what went wrong."""

    stage: Stage
    message: str = ""


def tokens(obj: Json) -> frozenset[str]:
    """The requests that were made before: the one answered last, and the one that still waits, if any.

    An answer to the latter is none to a later request, which flux takes it for.
    """
    return frozenset({last_handled(obj), annotations_of(obj).get(REQUESTED_AT, "")})


def last_handled(obj: Json) -> str:
    """The reconcile request that was answered last, empty if there was none."""
    return parts.text(obj, "status", "lastHandledReconcileAt")


def handled(obj: Json | None, before: frozenset[str]) -> Progress:
    """What became of a reconcile request (C1), made when the `tokens` were those."""
    if (ended := _ended(obj)) is not None:
        return ended
    found = obj or {}
    if last_handled(found) not in before:
        return _progress(found, dynamic=False)
    if _condition(found, "Reconciling").get("status") == "True":
        return Progress(Stage.GOING_ON, "it is being reconciled")
    return Progress(Stage.UNSEEN, "nobody has looked at it yet")


def reconciled(obj: Json | None) -> Progress:
    """Whether an object was reconciled as it is now (C3): after create and resume."""
    if (ended := _ended(obj)) is not None:
        return ended
    found = obj or {}
    if is_static(found):
        return _progress(found, dynamic=False)
    progress = _progress(found, dynamic=True)
    if progress.stage is Stage.GOING_ON and not _is_of_now(found):
        return Progress(Stage.UNSEEN, "nobody has looked at it yet")
    return progress


def is_static(obj: Json) -> bool:
    """Whether nothing reconciles such an object, so that there is nothing to wait for (C4)."""
    oci = obj.get("kind") == "HelmRepository" and parts.text(obj, "spec", "type") == "oci"
    return oci or obj.get("kind") in _STATIC


def success(obj: Json) -> str:
    """What flux says of an object that is reconciled: the revision; empty if there is none."""
    found = parts.revision(obj)
    verb = "applied" if KUSTOMIZATION.of(obj) else "fetched"
    return f"{verb} revision {found}" if found else ""


def _ended(obj: Json | None) -> Progress | None:
    """Why waiting for it makes no sense, whatever its status says."""
    if obj is None:
        return Progress(Stage.FAILED, "it is not there any more")
    if deleting(obj):
        return Progress(Stage.FAILED, judge(obj).message)
    if parts.suspended(obj):
        return Progress(Stage.FAILED, "it is suspended")
    return None


def _progress(obj: Json, *, dynamic: bool) -> Progress:
    found = judge_dynamic(obj) if dynamic else judge(obj)
    if found.state is State.IN_PROGRESS:
        ready = _condition(obj, "Ready")
        if ready.get("status") == "False" and _is_of_now(obj):
            return Progress(Stage.RETRYING, str(ready.get("message") or ready.get("reason") or ""))
        return Progress(Stage.GOING_ON, found.message)
    if found.state is not State.CURRENT:
        return Progress(Stage.FAILED, found.message)
    if not dynamic and not is_static(obj) and not _condition(obj, "Ready"):
        return Progress(Stage.FAILED, "status can't be determined: it has no condition Ready")
    return Progress(Stage.DONE, found.message)


def _is_of_now(obj: Json) -> bool:
    """Whether a condition tells of the object as it is now: somebody has looked at it."""
    return any(one.get("observedGeneration") == generation(obj) for one in parts.conditions(obj))


def _condition(obj: Json, kind: str) -> Json:
    return next((one for one in parts.conditions(obj) if one.get("type") == kind), {})
