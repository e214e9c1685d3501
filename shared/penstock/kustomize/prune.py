"""What becomes of an object that left the build. Pure.

Source: fluxcd/pkg/ssa manager_delete.go and kustomize-controller deleteObjects, pruneSurvivors and finalize;
threats A-55, B-15, B-16, B-17, B-36.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from penstock.api.kustomization import DeletionPolicy
from penstock.api.objects import deleting, resource_version, uid
from penstock.kustomize.owner import KEPT, marked, owned_by

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef


class Verdict(StrEnum):
    """What is done about a stale inventory entry."""

    DELETE = "delete"
    """It is ours: delete it."""
    SKIP = "skip"
    """It is not ours any more, or the user wants it kept: forget it."""
    GONE = "gone"
    """It does not exist: forget it."""
    UNKNOWN = "unknown"
    """Nobody can tell whether it exists: keep the entry."""


@dataclass(frozen=True)
class Stale:
    """A stale entry and what is done about it; the rest is the precondition of a deletion.

    `terminating`: somebody has deleted it already, and it is not gone yet.
    """

    ref: ObjectRef
    verdict: Verdict
    uid: str = ""
    resource_version: str = ""
    terminating: bool = False


def kind_is_gone(*, listed: bool, defined: bool, registered: bool) -> bool:
    """Whether a kind that discovery does not show is really gone, its objects with it.

    `listed`: discovery shows other kinds of its group, whole; `defined`: a CRD defines the kind;
    `registered`: an APIService stands for the group. A group that is not shown at all is gone only if nothing
    stands for it either: an API server that starts, or a proxy that answers 404, shows just as little of it.
    """
    return not defined and (listed or not registered)


def judge(ref: ObjectRef, live: Json | None, owner: ObjectRef, *, served: bool, gone: bool) -> Stale:
    """What is done about the entry `ref` of `owner`'s inventory.

    `live` is the object or its metadata. `served`: the cluster knows the kind; `gone`: it is proved that the
    cluster has no such kind any more.
    """
    if not served:
        return Stale(ref, Verdict.GONE if gone else Verdict.UNKNOWN)
    if live is None:
        return Stale(ref, Verdict.GONE)
    if not owned_by(live, owner) or marked(live, *KEPT):
        return Stale(ref, Verdict.SKIP)
    return Stale(ref, Verdict.DELETE, uid(live), resource_version(live), deleting(live))


def deletes_with_owner(policy: DeletionPolicy, *, prune: bool, suspended: bool) -> bool:
    """Whether the objects are deleted when their Kustomization is (C7b).

    WaitForTermination deletes as Delete does, and waits until they are gone.
    """
    wanted = {
        DeletionPolicy.MIRROR_PRUNE: prune,
        DeletionPolicy.DELETE: True,
        DeletionPolicy.WAIT_FOR_TERMINATION: True,
        DeletionPolicy.ORPHAN: False,
    }
    return wanted[policy] and not suspended


def wait_left_s(timeout_s: float, since: datetime | None, now: datetime) -> float:
    """Seconds that are left for objects to be gone: the timeout counts over all runs that wait.

    `since` is when the first of them began, None if it begins now.
    """
    waited_s = max(0.0, (now - since).total_seconds()) if since is not None else 0.0
    return max(0.0, timeout_s - waited_s)
