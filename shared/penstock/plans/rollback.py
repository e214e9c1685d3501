"""Going back to an earlier artifact, and letting go of that: one annotation, which runs read.

The object that was looked at is the one that is written: whoever changed it meanwhile is looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.api.kustomization import KIND
from penstock.api.meta import REQUESTED_AT, Artifact
from penstock.api.objects import annotations_of, deleting, generation, resource_version, uid
from penstock.api.rollback import ROLLBACK_ANNOTATION, InvalidRollback, Rollback, holds, rollback_of, written
from penstock.base.errors import Terminal, Transient
from penstock.cluster.errors import Conflict
from penstock.kustomize.selection import source_of, suspended
from penstock.plans.history import Commit, commits
from penstock.plans.logbook import newest
from penstock.plans.preview import Job
from penstock.plans.rolling import Candidate, NothingToRollBackTo, candidates, choose
from penstock.source.archive import unpack
from penstock.store.artifacts import ArtifactMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.limits import Limits
    from penstock.cluster.port import Cluster
    from penstock.store.artifacts import Artifacts
    from penstock.store.runs import Runs

_MANAGER = "penstock"
_TRIES = 5


class NoRollback(Terminal):
    """None holds, so that there is nothing to cancel."""

    reason = "NoRollback"


@dataclass(frozen=True)
class RollbackPorts:
    """What going back needs of the world."""

    cluster: Cluster
    artifacts: Artifacts
    runs: Runs
    limits: Limits


@dataclass(frozen=True)
class Proposal:
    """The Kustomization as it was read, and what is to stand on it; `standing` is what holds by now.

    `commits` are those of the two revisions.
    """

    obj: Json
    rollback: Rollback
    target: Candidate
    standing: Rollback | None = None
    commits: Mapping[str, Commit] = field(default_factory=dict)

    def commit(self, revision: str) -> Commit:
        """Whose commit a revision is, as far as that is known."""
        return self.commits.get(revision, Commit())

    @property
    def suspended(self) -> bool:
        """Whether nothing is done before it is resumed."""
        return suspended(self.obj)


def propose(ports: RollbackPorts, ref: ObjectRef, to: str = "") -> Proposal:
    """What a rollback would be; writes nothing. Terminal with the remedy if there can be none.

    Only artifacts of the Kustomization's own source that are in the bucket as they were stored.
    """
    obj = _get(ports.cluster, ref)
    if deleting(obj):
        raise Terminal(f"{ref} is being deleted: there is nothing to go back to")
    offered = _offered(ports.cluster, obj)
    standing = _standing(obj, offered)
    target = choose(
        candidates(run for _, run in newest(ports.runs, ref)),
        bad=offered,
        current=standing.revision if standing is not None else "",
        to=to,
    )
    source = source_of(obj)
    if not ports.artifacts.intact(
        target.artifact, target.digest, kind=source.kind, namespace=source.namespace, name=source.name
    ):
        raise NothingToRollBackTo(
            f"the artifact of {target.revision} is not in the bucket any more, or not one of {source}: "
            "go back by Git (git revert) and push, or name another revision with --to"
        )
    rollback = Rollback(bad=offered, revision=target.revision, artifact=target.artifact, digest=target.digest)
    stored = (run for _, run in newest(ports.runs, source))
    return Proposal(obj, rollback, target, standing, commits(stored, {offered, target.revision}))


def job_of(ports: RollbackPorts, proposal: Proposal) -> Job:
    """What is to be applied, for a plan of it."""
    target = proposal.target
    try:
        files = unpack(ports.artifacts.load(target.artifact, target.digest), ports.limits)
    except ArtifactMissing as error:
        raise NothingToRollBackTo(
            f"the artifact of {target.revision} is gone by now: {error.message}"
        ) from None
    artifact = Artifact(
        digest=target.digest, last_update_time="", path=target.artifact, revision=target.revision, url=""
    )
    return Job(proposal.obj, files, artifact=artifact)


def hold(cluster: Cluster, ref: ObjectRef, proposal: Proposal, token: str) -> None:
    """Let the rollback stand, and ask for a run (`token`).

    Transient, and nothing is written, if the Kustomization or what its source offers is another one by now.
    """
    annotations = {ROLLBACK_ANNOTATION: written(proposal.rollback), REQUESTED_AT: token}
    obj = proposal.obj
    for _ in range(_TRIES):
        if _annotate(cluster, ref, obj, annotations):
            return
        obj = _get(cluster, ref)
        same = (uid(obj), generation(obj)) == (uid(proposal.obj), generation(proposal.obj))
        if not same or deleting(obj) or _offered(cluster, obj) != proposal.rollback.bad:
            raise Transient(f"{ref} has changed meanwhile: nothing was done, look again", reason="Conflict")
    raise _too_fast(ref)


def cancel(cluster: Cluster, ref: ObjectRef, token: str) -> Rollback | None:
    """Take the rollback off, and ask for a run; what stood there, None if nobody can read it.

    NoRollback if there is none.
    """
    for _ in range(_TRIES):
        obj = _get(cluster, ref)
        if ROLLBACK_ANNOTATION not in annotations_of(obj):
            raise NoRollback(f"no rollback holds of {ref}: what its source offers is applied")
        if _annotate(cluster, ref, obj, {ROLLBACK_ANNOTATION: None, REQUESTED_AT: token}):
            return _read(obj)
    raise _too_fast(ref)


def _annotate(cluster: Cluster, ref: ObjectRef, obj: Json, annotations: Mapping[str, str | None]) -> bool:
    """Whether that could be written to the object as it was read."""
    patch = {"metadata": {"annotations": dict(annotations)}}
    try:
        cluster.merge_patch(ref, patch, field_manager=_MANAGER, resource_version=resource_version(obj))
    except Conflict:
        return False
    return True


def _read(obj: Json) -> Rollback | None:
    """The rollback that stands on the Kustomization; None as well if nobody can read it."""
    try:
        return rollback_of(annotations_of(obj))
    except InvalidRollback:
        return None


def _too_fast(ref: ObjectRef) -> Transient:
    return Transient(f"{ref} changes faster than it can be written: try again", reason="Conflict")


def _get(cluster: Cluster, ref: ObjectRef) -> Json:
    obj = cluster.get(ref)
    if obj is None:
        raise Terminal(f"{ref} not found", reason="NotFound")
    return obj


def _offered(cluster: Cluster, obj: Json) -> str:
    """The revision that the source offers, which is to be kept off."""
    source = source_of(obj)
    found = cluster.get(source) if source.kind == "GitRepository" and source.name else None
    offered = str((((found or {}).get("status") or {}).get("artifact") or {}).get("revision") or "")
    if not offered:
        raise Terminal(
            f"{source}, the source of this {KIND}, offers no artifact: there is nothing to keep off"
        )
    return offered


def _standing(obj: Json, offered: str) -> Rollback | None:
    """The rollback that holds; one that has ended, or cannot be read, is replaced."""
    found = _read(obj)
    return found if found is not None and holds(found, offered) else None
