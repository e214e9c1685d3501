"""Deletions that are held: what they are, and letting them go ahead.

The approval is for the revision that holds them and no other; it is written only to the object that was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.kustomization import KIND
from penstock.api.meta import APPROVE_ANNOTATION
from penstock.api.objects import annotations_of, resource_version
from penstock.api.rollback import wanted_revision
from penstock.base.errors import Terminal, Transient
from penstock.cluster.errors import Conflict
from penstock.kustomize.selection import condition, source_of, suspended
from penstock.kustomize.status import Reason
from penstock.kustomize.undeletion import refs_of

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.cluster.port import Cluster
    from penstock.kustomize.inventory import Refs
    from penstock.store.runs import Runs

_MANAGER = "penstock"
_TRIES = 5


class NothingHeld(Terminal):
    """There is nothing to approve, or not any more."""

    reason = "NothingHeld"


@dataclass(frozen=True)
class Pending:
    """Deletions that wait: of which object, at which revision, and what its condition says of them.

    `held` are the objects, None where no run record tells them. `resource_version` is that of the object.
    """

    ref: ObjectRef
    revision: str
    message: str
    resource_version: str
    approved: bool = False
    suspended: bool = False
    held: Refs | None = None


def pending(cluster: Cluster, ref: ObjectRef, runs: Runs | None) -> Pending:
    """What a Kustomization holds back; NothingHeld if that is nothing, or nothing of what is offered now."""
    obj = cluster.get(ref)
    if obj is None:
        raise Terminal(f"{ref} not found", reason="NotFound")
    status, reason, message = condition(obj, "Stalled")
    revision = str((obj.get("status") or {}).get("lastAttemptedRevision") or "")
    if (status, reason) != ("True", Reason.PRUNE_FAILED) or not revision:
        raise NothingHeld(f"{ref} holds no deletions. Ready: {condition(obj, 'Ready')[2] or 'not yet'}")
    _check_offer(cluster, obj, ref, revision)
    approved = annotations_of(obj).get(APPROVE_ANNOTATION) == revision
    held = _held(runs, ref, revision) if runs is not None else None
    return Pending(ref, revision, message, resource_version(obj), approved, suspended(obj), held)


def approve(cluster: Cluster, found: Pending) -> None:
    """Let the deletions of that revision go ahead; NothingHeld if it is not held any more."""
    for _ in range(_TRIES):
        patch = {"metadata": {"annotations": {APPROVE_ANNOTATION: found.revision}}}
        try:
            cluster.merge_patch(
                found.ref, patch, field_manager=_MANAGER, resource_version=found.resource_version
            )
        except Conflict:
            now = pending(cluster, found.ref, None)
            if now.revision != found.revision:
                raise NothingHeld(
                    f"{found.ref} holds deletions at {now.revision} by now: nothing was approved, look again"
                ) from None
            found = now
        else:
            return
    raise Transient(f"{found.ref} changes faster than it can be approved: try again", reason="Conflict")


def _check_offer(cluster: Cluster, obj: Json, ref: ObjectRef, revision: str) -> None:
    """An approval of a revision that is not offered any more would do nothing."""
    source = source_of(obj)
    found = cluster.get(source) if source.kind == "GitRepository" and source.name else None
    offered = str((((found or {}).get("status") or {}).get("artifact") or {}).get("revision") or "")
    if offered and wanted_revision(annotations_of(obj), offered) != revision:
        raise NothingHeld(
            f"{source} offers {offered} by now, and {KIND} {ref.namespace}/{ref.name} held deletions at "
            f"{revision}: wait until the new revision was applied, then look again"
        )


def _held(runs: Runs, ref: ObjectRef, revision: str) -> Refs | None:
    """The held objects as the newest run of that revision left them."""
    for _, run in runs.newest(ref):
        if run.revision == revision and run.held:
            return refs_of(run.held)
    return None
