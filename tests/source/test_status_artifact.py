"""The status of a GitRepository: when its artifact is made again, and what is said of a new one."""

from typing import Any

import msgspec
import pytest
from penstock.api.gitrepository import GitRepositoryStatus
from penstock.base.errors import Terminal
from penstock.notify.event import Severity
from penstock.source.include import IncludeRefused
from penstock.source.status import (
    Step,
    building,
    config_changed,
    failed,
    failure_of,
    short,
    stored,
    success_note,
)
from penstock.source.submodules import TooManySubmodules
from penstock.tools.giterrors import GitFailed

from tests.source.repositories import AT, OLD, READY, lines, repo

NEW = msgspec.structs.replace(OLD, digest="sha256:2", revision="main@sha1:2")


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
