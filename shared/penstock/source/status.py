"""What a look at a GitRepository makes of its status, and which events follow. Pure.

Source: source-controller v1.9, GitRepositoryReconciler, for reasons and wording; contract C5, C6, C8.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from penstock.api import conditions, transitions
from penstock.api.conditions import At, ConditionType
from penstock.api.meta import ConditionStatus
from penstock.api.unsupported import NotSupported
from penstock.base.errors import LimitExceeded, PenstockError
from penstock.notify.event import Severity
from penstock.source.gunzip import CorruptArchive
from penstock.source.ignore import IgnoreRefused
from penstock.source.include import IncludeRefused
from penstock.source.paths import PathRefused
from penstock.source.reference import EmptyRepository, InvalidReference, Kind, ReferenceNotFound, Unresolved
from penstock.source.sparse import SparseFailed
from penstock.source.submodules import SubmoduleRefused
from penstock.source.url import InvalidURL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penstock.api.gitrepository import GitRepository, GitRepositoryStatus
    from penstock.api.meta import Artifact

ARCHIVE_FAILED = "ArchiveOperationFailed"
_SUBJECT_CHARACTERS = 50
_FAILED_BEFORE = (
    ConditionType.FETCH_FAILED,
    ConditionType.INCLUDE_UNAVAILABLE,
    ConditionType.STORAGE_OPERATION_FAILED,
)
_FETCH = ConditionType.FETCH_FAILED
_STORAGE = ConditionType.STORAGE_OPERATION_FAILED
_INCLUDE = ConditionType.INCLUDE_UNAVAILABLE
_INCLUDES_DIFFER = "included artifacts differ from last observed includes"


class Step(Enum):
    """Where in a look something failed."""

    SPEC = "spec"
    LOGIN = "login"
    INCLUDE = "include"
    LIST = "list"
    """Asking where the reference stands, in the cases in which Flux lists references before it clones."""
    HEAD = "head"
    FETCH = "fetch"
    STORE = "store"


@dataclass(frozen=True)
class Failure:
    """How a look failed: the conditions' reason and message, the condition that is about it, and how loud.

    Stalled means that it is not tried again before the object changes. `pause_s` is how long the server asked
    to be left alone.
    """

    reason: str
    message: str
    problem: ConditionType
    stalled: bool = False
    pause_s: float = 0.0
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class Note:
    """An event to come; metadata keys without the API group."""

    severity: Severity
    reason: str
    message: str
    metadata: Mapping[str, str]


def failure_of(error: PenstockError, step: Step, address: str = "") -> Failure:
    """The failure that an error of a step is; `address` is the repository's, without user info."""
    return _in_own_words(error, step) or _of_step(error, step, address)


def _in_own_words(error: PenstockError, step: Step) -> Failure | None:
    """The failures whose message Flux puts nothing in front of, or always the same."""
    if isinstance(error, InvalidURL | NotSupported):
        return Failure(error.reason, error.message, _FETCH, stalled=True)
    if isinstance(error, IgnoreRefused):
        message = f"failed to load source ignore patterns from repository: {error.message}"
        return Failure(error.reason, message, _STORAGE)
    if step is Step.INCLUDE:
        # It waits for another source, which Flux tells no Alert of.
        return Failure(error.reason, error.message, _INCLUDE, severity=Severity.TRACE)
    if step is Step.LOGIN or isinstance(error, SparseFailed):
        return Failure(error.reason, error.message, _FETCH)
    return Failure(error.reason, error.message, _STORAGE) if isinstance(error, IncludeRefused) else None


def _of_step(error: PenstockError, step: Step, address: str) -> Failure:
    packing = step is Step.FETCH and isinstance(error, LimitExceeded | PathRefused | CorruptArchive)
    if step is Step.STORE or (packing and not isinstance(error, SubmoduleRefused)):
        message = f"unable to archive artifact to storage: {error.message}"
        return Failure(ARCHIVE_FAILED, message, _STORAGE)
    problem = error.message
    if isinstance(error, EmptyRepository):
        if step is not Step.LIST:
            return Failure(error.reason, problem, _FETCH)
        problem = "remote repository is empty"
    message = f"failed to checkout and determine revision: {_doing(error, step, address)}{problem}"
    return Failure("GitOperationFailed", message, _FETCH)


def _doing(error: PenstockError, step: Step, address: str) -> str:
    """What Flux's Git client was at when it failed; nothing where it had the repository already."""
    if not address or isinstance(error, InvalidReference | Unresolved):
        return ""
    listing = step is Step.LIST and not isinstance(error, ReferenceNotFound)
    return f"unable to list remote for '{address}': " if listing else f"unable to clone '{address}': "


def asking(repo: GitRepository, kind: Kind) -> Step:
    """The step in which it is asked where the reference stands."""
    listed = kind is Kind.NAME or (kind in {Kind.BRANCH, Kind.TAG} and repo.status.artifact is not None)
    return Step.LIST if listed else Step.HEAD


def config_changed(repo: GitRepository, included: Sequence[Artifact] = ()) -> bool:
    """Whether what shapes an artifact, besides its revision, is not what the stored one was made with.

    `included` are the artifacts of spec.include as they are now.
    """
    spec, status = repo.spec, repo.status
    now = (spec.ignore, spec.recurse_submodules, spec.include, spec.sparse_checkout)
    observed = (
        status.observed_ignore,
        status.observed_recurse_submodules,
        status.observed_include,
        status.observed_sparse_checkout,
    )
    return now != observed or _contents(included) != _contents(status.included_artifacts)


def _contents(artifacts: Sequence[Artifact]) -> list[tuple[str, str]]:
    return [(artifact.revision, artifact.digest) for artifact in artifacts]


def _includes_differ(repo: GitRepository, included: Sequence[Artifact]) -> bool:
    """By their revisions alone, in any order, as Flux tells it."""
    known = {artifact.revision for artifact in repo.status.included_artifacts}
    same = len(included) == len(repo.status.included_artifacts)
    return not same or any(artifact.revision not in known for artifact in included)


def building(
    repo: GitRepository, revision: str, at: At, *, lost: bool, included: Sequence[Artifact] = ()
) -> GitRepositoryStatus:
    """The status while an artifact is made. One that is `lost` from the bucket is not pointed to any more."""
    status, artifact = repo.status, repo.status.artifact
    if lost:
        found = conditions.remove(status.conditions, ConditionType.ARTIFACT_IN_STORAGE)
        status = msgspec.structs.replace(status, artifact=None, conditions=found)
        message = "building artifact: disappeared from storage"
    elif artifact is None or artifact.revision != revision:
        upstream = f"new upstream revision '{revision}'"
        message = f"building artifact: {upstream}"
        status = _outdated(status, "NewRevision", upstream, at) if artifact is not None else status
    elif _includes_differ(repo, included):
        message = f"building artifact: {_INCLUDES_DIFFER}"
        if status.included_artifacts:
            status = _outdated(status, "IncludeChange", _INCLUDES_DIFFER, at)
    else:
        return transitions.progressing(status, _new_generation(status, at), at, drift=False)
    return transitions.progressing(status, message, at)


def stored(
    repo: GitRepository, artifact: Artifact, at: At, *, included: tuple[Artifact, ...] = ()
) -> GitRepositoryStatus:
    """The status once the artifact is the one that the spec asks for, made with those `included`."""
    status = msgspec.structs.replace(
        repo.status,
        artifact=artifact,
        included_artifacts=included,
        observed_ignore=repo.spec.ignore,
        observed_recurse_submodules=repo.spec.recurse_submodules,
        observed_include=repo.spec.include,
        observed_sparse_checkout=repo.spec.sparse_checkout,
        source_verification_mode=None,
        conditions=conditions.remove(repo.status.conditions, ConditionType.SOURCE_VERIFIED),
    )
    status = transitions.success(
        status,
        transitions.SUCCEEDED,
        stored_message(artifact.revision),
        at,
        holds=(ConditionType.ARTIFACT_IN_STORAGE,),
    )
    return transitions.answered(status, repo.metadata.requested_at)


def failed(repo: GitRepository, failure: Failure, at: At) -> GitRepositoryStatus:
    """The status after a failure: the artifact that is there stays (threats A-78)."""
    status, reason, message = repo.status, failure.reason, failure.message
    if failure.stalled:
        status = transitions.terminal_failure(status, reason, message, at, problem=failure.problem)
    else:
        doing = _progress(repo, at)
        status = transitions.retryable_failure(
            status, reason, message, at, problem=failure.problem, progress=doing
        )
    return transitions.answered(status, repo.metadata.requested_at)


def _progress(repo: GitRepository, at: At) -> str:
    """How far Flux says that it got before it failed."""
    status = repo.status
    announced = conditions.get(status.conditions, ConditionType.RECONCILING)
    if announced is not None and announced.reason == transitions.PROGRESSING:
        return announced.message
    if status.artifact is None:
        return "building artifact"
    if status.observed_generation != at.generation:
        return _new_generation(status, at)
    return "reconciliation in progress"


def _new_generation(status: GitRepositoryStatus, at: At) -> str:
    return f"processing object: new generation {status.observed_generation} -> {at.generation}"


def stored_message(revision: str) -> str:
    """Flux's words for a source that is ready."""
    return f"stored artifact for revision '{revision}'"


def success_note(before: GitRepository, artifact: Artifact, subject: str | None) -> Note | None:
    """The event of a success: a new artifact, or the end of a failure; None if nothing is new.

    `subject` is the commit's first line, None where the commit was not fetched again.
    """
    metadata = {"revision": artifact.revision, "digest": artifact.digest}
    name = artifact.revision if subject is None else short(subject)
    message = f"stored artifact for commit '{name}'"
    old = before.status.artifact
    if old is None or old.digest != artifact.digest:
        return Note(Severity.INFO, "NewArtifact", message, metadata)
    if any(_is_true(before, kind) for kind in _FAILED_BEFORE):
        return Note(Severity.INFO, transitions.SUCCEEDED, message, metadata)
    return None


def short(subject: str) -> str:
    """A commit's first line as Flux shows it."""
    return subject if len(subject) <= _SUBJECT_CHARACTERS else f"{subject[:_SUBJECT_CHARACTERS]}..."


def _outdated(status: GitRepositoryStatus, reason: str, message: str, at: At) -> GitRepositoryStatus:
    found = conditions.put(
        status.conditions, ConditionType.ARTIFACT_OUTDATED, ConditionStatus.TRUE, reason, message, at
    )
    return msgspec.structs.replace(status, conditions=found)


def _is_true(repo: GitRepository, kind: ConditionType) -> bool:
    return conditions.has_status(repo.status.conditions, kind, ConditionStatus.TRUE)
