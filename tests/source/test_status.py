"""Status and events of a GitRepository (contract C5, C6, C8; source-controller's wording)."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from penstock.api.conditions import At
from penstock.api.gitrepository import GitRepository, GitRepositoryStatus, decode
from penstock.api.kstatus import State, judge
from penstock.api.meta import Artifact
from penstock.api.patch import encode
from penstock.api.unsupported import NotSupported
from penstock.base.errors import LimitExceeded, PenstockError, Terminal
from penstock.notify.event import Severity
from penstock.source.credentials import CredentialsRefused
from penstock.source.gunzip import CorruptArchive
from penstock.source.ignore import IgnoreRefused
from penstock.source.include import IncludeRefused
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
    config_changed,
    failed,
    failure_of,
    short,
    stored,
    success_note,
)
from penstock.source.submodules import TooManySubmodules
from penstock.source.url import InvalidURL
from penstock.store.bucket import BucketFailed
from penstock.tools.giterrors import GitFailed

AT = At(generation=2, now=datetime(2026, 8, 21, tzinfo=UTC))
OLD = Artifact(digest="sha256:1", last_update_time="x", path="p", revision="main@sha1:1", url="u")
NEW = msgspec.structs.replace(OLD, digest="sha256:2", revision="main@sha1:2")


def repo(status: GitRepositoryStatus | None = None, **spec: Any) -> GitRepository:
    obj = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "a", "generation": 2, "annotations": {"reconcile.fluxcd.io/requestedAt": "t1"}},
        "spec": {"url": "https://host/r", "interval": "1m", **spec},
    }
    return msgspec.structs.replace(decode(obj), status=status or GitRepositoryStatus(observed_generation=-1))


def lines(status: GitRepositoryStatus) -> list[str]:
    return [f"{c.type}={c.status} {c.reason}: {c.message}" for c in status.conditions]


READY = stored(repo(), OLD, AT)


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


def test_building_from_a_new_revision_makes_readiness_unknown_and_the_artifact_outdated() -> None:
    status = building(repo(READY), "main@sha1:2", AT, lost=False)
    text = "new upstream revision 'main@sha1:2'"
    assert f"Reconciling=True Progressing: building artifact: {text}" in lines(status)
    assert f"Ready=Unknown Progressing: building artifact: {text}" in lines(status)
    assert f"ArtifactOutdated=True NewRevision: {text}" in lines(status)
    assert status.artifact == OLD


def test_the_first_artifact_outdates_nothing() -> None:
    status = building(repo(), "main@sha1:2", AT, lost=False)
    assert not any(line.startswith("ArtifactOutdated") for line in lines(status))
    assert any("building artifact: new upstream revision" in line for line in lines(status))


def test_an_artifact_that_is_lost_is_not_pointed_to_any_more() -> None:
    status = building(repo(READY), "main@sha1:1", AT, lost=True)
    assert status.artifact is None
    assert lines(status) == [
        "Reconciling=True Progressing: building artifact: disappeared from storage",
        "Ready=Unknown Progressing: building artifact: disappeared from storage",
    ]


def test_other_settings_for_the_same_revision_keep_it_ready() -> None:
    status = building(repo(READY, ignore="x"), "main@sha1:1", AT, lost=False)
    assert any(line.startswith("Ready=True") for line in lines(status))
    assert "Reconciling=True Progressing: processing object: new generation 2 -> 2" in lines(status)


@pytest.mark.parametrize(
    ("status", "spec", "changed"),
    [
        (READY, {}, False),
        (READY, {"ignore": "x"}, True),
        (READY, {"ignore": ""}, True),
        (msgspec.structs.replace(READY, observed_ignore="x"), {"ignore": "x"}, False),
        (msgspec.structs.replace(READY, observed_ignore="x"), {}, True),
        (msgspec.structs.replace(READY, observed_recurse_submodules=True), {}, True),
        (msgspec.structs.replace(READY, observed_sparse_checkout=("a",)), {}, True),
    ],
)
def test_an_artifact_is_made_again_when_what_shaped_it_is_another(
    status: GitRepositoryStatus, spec: dict[str, Any], changed: bool
) -> None:
    assert config_changed(repo(status, **spec)) is changed


def test_an_artifact_is_made_again_for_what_it_includes_by_revision_and_digest() -> None:
    spec: dict[str, Any] = {
        "include": [{"repository": {"name": "x"}}],
        "sparseCheckout": ["a"],
        "recurseSubmodules": True,
    }
    done = stored(repo(**spec), OLD, AT, included=(NEW,))
    assert done.observed_include == repo(**spec).spec.include
    assert (done.observed_sparse_checkout, done.observed_recurse_submodules) == (("a",), True)
    other = msgspec.structs.replace(NEW, digest="sha256:3")
    for included, changed in (
        ((NEW,), False),
        ((other,), True),
        ((OLD,), True),
        ((), True),
        ((NEW, NEW), True),
    ):
        assert config_changed(repo(done, **spec), included) is changed
    assert config_changed(repo(done, **{**spec, "sparseCheckout": ["b"]}), (NEW,))
    assert config_changed(repo(done, **{**spec, "include": []}), ())


def test_other_includes_for_the_same_revision_make_the_artifact_outdated() -> None:
    spec: dict[str, Any] = {"include": [{"repository": {"name": "x"}}]}
    done = stored(repo(**spec), OLD, AT, included=(OLD,))
    text = "included artifacts differ from last observed includes"
    status = building(repo(done, **spec), OLD.revision, AT, lost=False, included=(NEW,))
    assert f"ArtifactOutdated=True IncludeChange: {text}" in lines(status)
    assert f"Ready=Unknown Progressing: building artifact: {text}" in lines(status)
    first = building(repo(READY, **spec), OLD.revision, AT, lost=False, included=(NEW,))
    assert not any(line.startswith("ArtifactOutdated") for line in lines(first))


def test_an_include_that_is_not_there_is_its_own_condition_and_no_alert() -> None:
    failure = failure_of(Terminal("m", reason="NoArtifact"), Step.INCLUDE)
    status = failed(repo(READY), failure, AT)
    assert "IncludeUnavailable=True NoArtifact: m" in lines(status)
    assert "Ready=False NoArtifact: m" in lines(status)
    assert (failure.severity, failure.stalled, status.artifact) == (Severity.TRACE, False, OLD)
    copying = failure_of(IncludeRefused("m"), Step.FETCH, "https://host/r")
    assert (copying.reason, copying.message, copying.problem) == (
        "CopyFailure",
        "m",
        "StorageOperationFailed",
    )
    refused = failure_of(TooManySubmodules("m"), Step.FETCH, "https://host/r")
    assert refused.reason == "GitOperationFailed"


def test_a_new_artifact_is_told_with_its_commit_and_a_recovery_too() -> None:
    first = success_note(repo(), OLD, "Fix it")
    assert first is not None
    assert (first.severity, first.reason) == (Severity.INFO, "NewArtifact")
    assert first.message == "stored artifact for commit 'Fix it'"
    assert first.metadata == {"revision": OLD.revision, "digest": OLD.digest}
    again = success_note(repo(READY), NEW, "x")
    assert again is not None
    assert again.reason == "NewArtifact"
    broken = failed(repo(READY), failure_of(GitFailed("no"), Step.HEAD), AT)
    recovered = success_note(repo(broken), OLD, None)
    assert recovered is not None
    assert (recovered.reason, recovered.message) == ("Succeeded", "stored artifact for commit 'main@sha1:1'")


def test_nothing_new_is_not_told() -> None:
    assert success_note(repo(READY), OLD, None) is None
    assert success_note(repo(READY), OLD, "x") is None


def test_a_long_subject_is_cut_as_flux_cuts_it() -> None:
    assert short("x" * 50) == "x" * 50
    assert short("é" * 51) == "é" * 50 + "..."


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
