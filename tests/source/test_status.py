"""Status and events of a GitRepository (contract C5, C6, C8; source-controller's wording)."""

import msgspec
import pytest
from penstock.api.gitrepository import GitRepositoryStatus
from penstock.api.kstatus import State, judge
from penstock.api.meta import Artifact
from penstock.api.patch import encode
from penstock.api.unsupported import NotSupported
from penstock.base.errors import LimitExceeded, PenstockError, Terminal
from penstock.source.credentials import CredentialsRefused
from penstock.source.gunzip import CorruptArchive
from penstock.source.ignore import IgnoreRefused
from penstock.source.paths import PathRefused
from penstock.source.reference import (
    EmptyRepository,
    InvalidReference,
    Kind,
    ReferenceNotFound,
    Unresolved,
)
from penstock.source.status import (
    Failure,
    Step,
    asking,
    building,
    failed,
    failure_of,
    stored,
)
from penstock.source.url import InvalidURL
from penstock.store.bucket import BucketFailed
from penstock.tools.giterrors import GitFailed

from tests.source.repositories import AT, OLD, READY, lines, repo


def test_success_is_ready_with_the_artifact_in_storage() -> None:
    text = "Succeeded: stored artifact for revision 'main@sha1:1'"
    assert lines(READY) == [f"Ready=True {text}", f"ArtifactInStorage=True {text}"]
    assert (READY.observed_generation, READY.last_handled_reconcile_at, READY.artifact) == (2, "t1", OLD)


def test_success_ends_every_problem_and_what_only_flux_had_observed() -> None:
    before = failed(repo(READY), Failure("X", "bad", failure_of(Terminal(""), Step.STORE).problem), AT)
    before = msgspec.structs.replace(
        before, observed_recurse_submodules=True, source_verification_mode="HEAD"
    )
    assert lines(stored(repo(before), OLD, AT)) == lines(READY)
    assert stored(repo(before), OLD, AT) == READY


def test_a_failure_keeps_the_artifact_and_will_be_tried_again() -> None:
    failure = failure_of(GitFailed("no"), Step.HEAD, "https://host/r")
    status = failed(repo(READY), failure, AT)
    text = (
        "GitOperationFailed: failed to checkout and determine revision: unable to clone 'https://host/r': no"
    )
    assert f"Ready=False {text}" in lines(status)
    assert f"FetchFailed=True {text}" in lines(status)
    assert any(line.startswith("Reconciling=True ProgressingWithRetry") for line in lines(status))
    assert (status.artifact, status.last_handled_reconcile_at) == (OLD, "t1")


def test_only_a_failure_that_cannot_be_tried_again_settles_the_generation() -> None:
    before = GitRepositoryStatus(observed_generation=1)
    again = failed(repo(before), failure_of(GitFailed("no"), Step.HEAD), AT)
    never = failed(repo(before), failure_of(InvalidURL("bad"), Step.SPEC), AT)
    assert (again.observed_generation, never.observed_generation) == (1, 2)
    kinds = ("Stalled=True", "Ready=False", "FetchFailed=True")
    assert lines(never) == [f"{kind} URLInvalid: bad" for kind in kinds]


@pytest.mark.parametrize(
    ("error", "step", "reason", "message", "problem"),
    [
        (InvalidURL("m"), Step.SPEC, "URLInvalid", "m", "FetchFailed"),
        (NotSupported("m"), Step.SPEC, "NotSupported", "m", "FetchFailed"),
        (
            InvalidReference("m"),
            Step.SPEC,
            "GitOperationFailed",
            "failed to checkout and determine revision: m",
            "FetchFailed",
        ),
        (CredentialsRefused("m"), Step.LOGIN, "AuthenticationFailed", "m", "FetchFailed"),
        (EmptyRepository("m"), Step.HEAD, "EmptyGitRepository", "m", "FetchFailed"),
        (
            EmptyRepository("m"),
            Step.LIST,
            "GitOperationFailed",
            (
                "failed to checkout and determine revision: unable to list remote for 'u': "
                "remote repository is empty"
            ),
            "FetchFailed",
        ),
        (
            ReferenceNotFound("m"),
            Step.HEAD,
            "GitOperationFailed",
            "failed to checkout and determine revision: unable to clone 'u': m",
            "FetchFailed",
        ),
        (
            LimitExceeded("m"),
            Step.HEAD,
            "GitOperationFailed",
            "failed to checkout and determine revision: unable to clone 'u': m",
            "FetchFailed",
        ),
        (
            IgnoreRefused("m"),
            Step.FETCH,
            "SourceIgnoreError",
            "failed to load source ignore patterns from repository: m",
            "StorageOperationFailed",
        ),
        *(
            (
                error,
                Step.FETCH,
                "ArchiveOperationFailed",
                "unable to archive artifact to storage: m",
                "StorageOperationFailed",
            )
            for error in (LimitExceeded("m"), PathRefused("m"), CorruptArchive("m"))
        ),
        (
            BucketFailed("m"),
            Step.STORE,
            "ArchiveOperationFailed",
            "unable to archive artifact to storage: m",
            "StorageOperationFailed",
        ),
    ],
)
def test_an_error_becomes_fluxs_reason_words_and_condition(
    error: PenstockError, step: Step, reason: str, message: str, problem: str
) -> None:
    found = failure_of(error, step, "u" if step in {Step.LIST, Step.HEAD, Step.FETCH} else "")
    assert (found.reason, found.message, found.problem) == (reason, message, problem)
    assert found.stalled is isinstance(error, InvalidURL | NotSupported)


@pytest.mark.parametrize(
    ("kind", "artifact", "error", "doing"),
    [
        (Kind.BRANCH, None, GitFailed("no"), "unable to clone 'u': "),
        (Kind.TAG, OLD, GitFailed("no"), "unable to list remote for 'u': "),
        (Kind.SEMVER, OLD, GitFailed("no"), "unable to clone 'u': "),
        (Kind.NAME, None, GitFailed("no"), "unable to list remote for 'u': "),
        (Kind.BRANCH, OLD, ReferenceNotFound("no"), "unable to clone 'u': "),
        (Kind.NAME, OLD, Unresolved("no"), ""),
        (Kind.SEMVER, None, InvalidReference("no"), ""),
    ],
)
def test_a_failure_says_what_fluxs_client_was_at(
    kind: Kind, artifact: Artifact | None, error: PenstockError, doing: str
) -> None:
    step = asking(repo(GitRepositoryStatus(artifact=artifact)), kind)
    message = failure_of(error, step, "u").message
    assert message == f"failed to checkout and determine revision: {doing}no"


@pytest.mark.parametrize(
    ("status", "progress"),
    [
        (GitRepositoryStatus(observed_generation=-1), "building artifact"),
        (READY, "reconciliation in progress"),
        (
            msgspec.structs.replace(READY, observed_generation=1),
            "processing object: new generation 1 -> 2",
        ),
        (
            building(repo(READY), "main@sha1:2", AT, lost=False),
            "building artifact: new upstream revision 'main@sha1:2'",
        ),
    ],
)
def test_a_failure_says_how_far_it_got(status: GitRepositoryStatus, progress: str) -> None:
    found = failed(repo(status), failure_of(GitFailed("no"), Step.HEAD), AT)
    assert f"Reconciling=True ProgressingWithRetry: {progress}" in lines(found)
    again = failed(repo(found), failure_of(GitFailed("no"), Step.HEAD), AT)
    if found.artifact is None:
        assert again == found


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (READY, State.CURRENT),
        (building(repo(READY), "main@sha1:2", AT, lost=False), State.IN_PROGRESS),
        (building(repo(READY), "main@sha1:1", AT, lost=True), State.IN_PROGRESS),
        (building(repo(READY, ignore="x"), "main@sha1:1", AT, lost=False), State.IN_PROGRESS),
        (failed(repo(READY), failure_of(GitFailed("no"), Step.HEAD), AT), State.IN_PROGRESS),
        (failed(repo(READY), failure_of(InvalidURL("no"), Step.SPEC), AT), State.FAILED),
    ],
)
def test_clients_see_every_stage_for_what_it_is(status: GitRepositoryStatus, state: State) -> None:
    assert judge({"metadata": {"generation": 2}, "status": encode(status)}).state is state
