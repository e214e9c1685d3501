"""The source of a run: its artifact as the cluster names it, and the files in it, loaded once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from penstock.api.gitrepository import GROUP, KIND
from penstock.api.meta import Artifact
from penstock.api.objects import annotations_of, uid
from penstock.api.rollback import InvalidRollback, holds, rollback_of
from penstock.base.errors import PenstockError, Terminal, Transient
from penstock.cluster.errors import Refused
from penstock.kustomize.closure import Tree
from penstock.source.archive import unpack
from penstock.source.artifact import check_pointer
from penstock.store.artifacts import ArtifactMissing

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.source.archive import Unpacked

_ORIGIN = "org.opencontainers.image.revision"
WAIT = "retrying in 30s"


class NoArtifact(Transient):
    """There is nothing to apply yet."""

    reason = "ArtifactFailed"


class Superseded(Transient):
    """The source has moved on: what this run has read is out of date."""

    reason = "Superseded"


@dataclass(frozen=True)
class Source:
    """A source and its artifact, None where it has none; `found` tells whether the source exists.

    `problem` says why an artifact that its status names cannot be used. `uid` is empty where it is unknown.
    `kept_off` is the artifact that the source offers where a rollback has an earlier one in its place.
    """

    ref: ObjectRef
    found: bool = False
    uid: str = ""
    artifact: Artifact | None = None
    problem: str = ""
    kept_off: Artifact | None = None

    @property
    def revision(self) -> str:
        """The revision of the artifact to work with, empty if there is none."""
        return self.artifact.revision if self.artifact is not None else ""

    @property
    def offer(self) -> Artifact | None:
        """The artifact that the source offers, whether or not it is worked with."""
        return self.kept_off or self.artifact

    @property
    def offer_revision(self) -> str:
        """Its revision, empty if there is none."""
        return self.offer.revision if self.offer is not None else ""

    @property
    def made_at(self) -> str:
        """When the artifact was made, RFC 3339; empty if there is none."""
        return self.artifact.last_update_time if self.artifact is not None else ""

    @property
    def origin_revision(self) -> str:
        """The revision of what the artifact was made from, if the artifact says so."""
        return self.artifact.metadata.get(_ORIGIN, "") if self.artifact is not None else ""

    def offered(self) -> Artifact:
        """The artifact; NoArtifact with Flux's words if there is none."""
        if not self.found:
            raise NoArtifact(f'{self.ref.kind}.{GROUP} "{self.ref.name}" not found')
        if self.problem:
            raise Terminal(self.problem, reason=NoArtifact.reason)
        if self.artifact is None:
            raise NoArtifact(f"Source artifact not found, {WAIT}")
        return self.artifact


def read_source(ports: ApplyPorts, ref: ObjectRef) -> Source:
    """The source as the cluster has it now. Kinds that are not supported are not even asked for."""
    try:
        obj = ports.cluster.get(ref) if ref.kind == KIND and ref.name else None
    except Refused as error:
        return Source(ref, found=True, problem=f"{ref} cannot be read: {error.message}")
    if obj is None:
        return Source(ref)
    source = Source(ref, found=True, uid=uid(obj))
    try:
        return replace(source, artifact=_artifact(obj))
    except msgspec.ValidationError as error:
        return replace(source, problem=f"status.artifact of {ref} cannot be read: {error}")


def check_current(ports: ApplyPorts, source: Source) -> None:
    """Raise Superseded if the source no longer offers what this run works with; Transient if it is unread.

    ClaimLost if the source is somebody else's to work on by now.
    """
    ports.claim.check()
    now = read_source(ports, source.ref)
    if now.problem and not source.problem:
        raise Transient(now.problem, reason=NoArtifact.reason)
    if (now.offer_revision, _digest(now)) != (source.offer_revision, _digest(source)):
        offer = now.offer_revision or "no artifact"
        raise Superseded(f"{source.ref} offers {offer} now: the run for {source.revision} stands down")


def rolled_back(source: Source, obj: Json) -> Source:
    """The source as a Kustomization works with it: with an earlier artifact while a rollback holds.

    One that cannot be read is a problem of the source for this Kustomization.
    """
    try:
        rollback = rollback_of(annotations_of(obj))
    except InvalidRollback as error:
        return replace(source, problem=error.message)
    if rollback is None or source.artifact is None or not holds(rollback, source.revision):
        return source
    earlier = Artifact(
        digest=rollback.digest,
        last_update_time="",
        path=rollback.artifact,
        revision=rollback.revision,
        url="",
    )
    return replace(source, artifact=earlier, kept_off=source.artifact)


def _missing(source: Source) -> PenstockError:
    """What is said of an artifact that is not in the bucket; only the offered one is made again."""
    if source.kept_off is None:
        return NoArtifact(f"Source is not ready, artifact not found, {WAIT}")
    return Terminal(
        f"the rollback to {source.revision} cannot be done: its artifact is not in the bucket any more; "
        f"`penstock rollback kustomization NAME --cancel` applies {source.offer_revision} again",
        reason=NoArtifact.reason,
    )


def _digest(source: Source) -> str:
    return source.offer.digest if source.offer is not None else ""


def _artifact(obj: Json) -> Artifact | None:
    status = obj.get("status")
    found = status.get("artifact") if isinstance(status, dict) else None
    return None if found is None else msgspec.convert(found, Artifact)


class Files:
    """The files of a source's artifact: loaded, verified and unpacked when first asked for, then kept.

    What went wrong the first time is raised again for everyone. Threads may share it.
    """

    def __init__(self, ports: ApplyPorts, source: Source) -> None:
        self._ports = ports
        self._source = source
        self._lock = threading.Lock()
        self._result: Unpacked | PenstockError | None = None
        self._tree: Tree | None = None

    def get(self) -> Unpacked:
        """All files and folders; ArtifactFailed errors as Flux words them."""
        with self._lock:
            if self._result is None:
                self._result = self._try()
        if isinstance(self._result, PenstockError):
            raise self._result
        return self._result

    def tree(self) -> Tree:
        """The same as a tree, to look up what is where."""
        found = self.get()
        with self._lock:
            if self._tree is None:
                self._tree = Tree(found.files, found.folders)
            return self._tree

    def _try(self) -> Unpacked | PenstockError:
        try:
            return self._load()
        except ArtifactMissing:
            return _missing(self._source)
        except PenstockError as error:
            return error

    def _load(self) -> Unpacked:
        artifact, ref = self._source.offered(), self._source.ref
        check_pointer(artifact.path, artifact.digest, kind=ref.kind, namespace=ref.namespace, name=ref.name)
        return unpack(self._ports.artifacts.load(artifact.path, artifact.digest), self._ports.limits)


class Bundles:
    """The files of a run's source: of what it offers, and of earlier artifacts that rollbacks go to.

    Threads may share it.
    """

    def __init__(self, ports: ApplyPorts) -> None:
        self._ports = ports
        self._files: dict[str, Files] = {}
        self._lock = threading.Lock()

    def of(self, source: Source) -> Files:
        """The files of the artifact that is worked with."""
        key = f"{source.problem} {source.artifact.path if source.artifact is not None else ''}"
        with self._lock:
            return self._files.setdefault(key, Files(self._ports, source))
