"""Waiting until an object is gone: finalizers may keep it for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import resource_version, uid
from penstock.cluster.errors import Expired, UnknownKind

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Budget, Deadline
    from penstock.cluster.port import Cluster

_LONGEST_WATCH_S = 3.0
"""Then it is looked whether the process has been told to end."""


def wait_until_gone(cluster: Cluster, ref: ObjectRef, of: str, deadline: Deadline, budget: Budget) -> bool:
    """Whether the object with that UID is gone before the deadline; OutOfTime if the function's time ends."""
    while (found := _found(cluster, ref, of)) is not None:
        budget.go_on(f"waiting for {ref} to be gone")
        if deadline.expired:
            return False
        seconds = min(deadline.remaining(), budget.usable(), _LONGEST_WATCH_S)
        _watch(cluster, ref, resource_version(found), seconds)
    return True


def is_left(cluster: Cluster, ref: ObjectRef, of: str) -> bool:
    """Whether the object with that UID is still there."""
    return _found(cluster, ref, of) is not None


def _found(cluster: Cluster, ref: ObjectRef, of: str) -> Json | None:
    """None as well if its kind is gone, as the kind of a CRD that was deleted with it."""
    try:
        found = cluster.get(ref)
    except UnknownKind:
        return None
    return found if found is not None and uid(found) == of else None


def _watch(cluster: Cluster, ref: ObjectRef, since: str, seconds: float) -> None:
    """Until it is deleted, or for so long."""
    try:
        for event in cluster.watch(ref.group, ref.version, ref.kind, ref.namespace, ref.name, since, seconds):
            if event["type"] == "DELETED":
                return
    except (Expired, UnknownKind):
        return
