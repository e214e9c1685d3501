"""Whether a peer is done with a Flux object. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.differential.story import Json

_RETRYING = "ProgressingWithRetry"


def handled(obj: Json) -> str:
    """The token of the last request that was answered; `None` as text if none was."""
    return str((obj.get("status") or {}).get("lastHandledReconcileAt"))


def calm(obj: Json) -> bool:
    """Whether nobody is at work on the object: it is ready or has failed, and is not under way again.

    Flux writes the conditions first: of one that is ready, the rest has to say the same.
    """
    status: Json = obj.get("status") or {}
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    ready = conditions.get("Ready", {"status": "Unknown"})
    if ready["status"] == "Unknown":
        return False
    if ready["status"] == "True" and _revision(status) not in ready["message"]:
        return False
    return bool(conditions.get("Reconciling", {}).get("reason", _RETRYING) == _RETRYING)


def _revision(status: Json) -> str:
    """Of the source's artifact, or the one that was applied last; a dash if there is none."""
    return str((status.get("artifact") or {}).get("revision") or status.get("lastAppliedRevision") or "-")
