"""Whether a Flux object stands at the commit that bootstrap pushed. Pure.

Source: contract section 2, row bootstrap, and flux2's objectReconciled, whose messages these are. Unlike
there, a failure from before bootstrap does not end the wait: it may be what the commit repairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock.api.objects import deleting, generation
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from penstock.api.objects import Json


class NotReconciled(Terminal):
    """It will not stand there."""

    reason = "NotReconciled"


@dataclass(frozen=True)
class Before:
    """The Ready condition that was there when bootstrap began; empty if there was none."""

    status: str = ""
    reason: str = ""
    message: str = ""
    since: str = ""


def ready_of(obj: Json | None) -> Before:
    """The Ready condition of an object; empty for one that is not there."""
    ready = _ready(obj or {})
    return Before(
        *(str(ready.get(key) or "") for key in ("status", "reason", "message", "lastTransitionTime"))
    )


def reached(obj: Json, revision: str, before: Before) -> bool:
    """Whether the object is ready at the revision; NotReconciled with its own message if it will not be."""
    ref = ObjectRef.from_object(obj)
    if deleting(obj):
        raise NotReconciled(f"{ref.kind} '{ref.namespace}/{ref.name}' is being deleted")
    if (obj.get("spec") or {}).get("suspend"):
        raise NotReconciled(
            f"{ref.kind} '{ref.namespace}/{ref.name}' is suspended: resume it, then run this again"
        )
    observed = _status(obj).get("observedGeneration")
    if observed is not None and observed != generation(obj):
        return False
    now = ready_of(obj)
    if now.status == "False" and now != before:
        raise NotReconciled(now.message)
    return now.status == "True" and _revision(obj, ref.kind) == revision


def slow(obj: Json, kind: str, name: str) -> str:
    """What is said while it takes long: why, as far as it can be seen."""
    ready = ready_of(obj)
    if not ready.status:
        return (
            f"nobody has looked at {kind} '{name}' yet: the next tick does, within a minute where `penstock "
            "serve` runs or a scheduler calls tick"
        )
    if ready.status != "True":
        return f"{kind.lower()} '{name}' is not ready yet: '{ready.message}'"
    return f"{kind} '{name}' is not at the new commit yet: the next tick looks at it"


def late(obj: Json | None, kind: str, name: str) -> str:
    """What is said when the time is over: the object's own message, if it has one."""
    ready = ready_of(obj)
    if obj is None:
        return f"{kind} '{name}' is not there any more"
    if ready.status and ready.status != "True":
        return f"{kind.lower()} '{name}' not ready: '{ready.message}'"
    if not ready.status:
        return (
            f"{kind} '{name}' was not looked at: check that penstock's functions serve this cluster "
            "(`penstock check`)"
        )
    return f"{kind} '{name}' did not get to the new commit in time"


def _revision(obj: Json, kind: str) -> Any:
    status = _status(obj)
    if kind == "GitRepository":
        return (status.get("artifact") or {}).get("revision")
    return status.get("lastAttemptedRevision")


def _status(obj: Json) -> Json:
    found = obj.get("status")
    return found if isinstance(found, dict) else {}


def _ready(obj: Json) -> Json:
    conditions = _status(obj).get("conditions")
    found = (item for item in conditions or () if isinstance(item, dict) and item.get("type") == "Ready")
    return next(found, {})
