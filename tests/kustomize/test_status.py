"""The status that follows from a run (contract C1, C2, C5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from penstock.api.conditions import At, get, put
from penstock.api.kustomization import KustomizationStatus
from penstock.api.meta import ConditionStatus
from penstock.kustomize.status import (
    Attempt,
    Reason,
    failed,
    held,
    intended,
    progress_of,
    settled,
    succeeded,
)

from tests.kustomize.builders import ref

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AT = At(generation=3, now=NOW)
NEW = KustomizationStatus(observed_generation=-1)
REVISION = "main@sha1:" + "a" * 40
ATTEMPT = Attempt(REVISION, digest="sha256:1", duration_s=1.5)
A, B = ref("ConfigMap", "a", "x"), ref("ConfigMap", "b", "x")


def _ids(status: KustomizationStatus) -> list[str]:
    return [] if status.inventory is None else [entry.id for entry in status.inventory.entries]


def _condition(status: KustomizationStatus, kind: str) -> tuple[str, str, str] | None:
    found = get(status.conditions, kind)
    return None if found is None else (found.status, found.reason, found.message)


def test_an_intended_run_covers_all_that_it_may_leave() -> None:
    status = intended(NEW, ATTEMPT, (A, B), 90, AT)
    assert _ids(status) == ["x_a__ConfigMap", "x_b__ConfigMap"]
    assert status.last_attempted_revision == REVISION
    assert status.observed_generation == -1
    assert _condition(status, "Ready") == ("Unknown", "Progressing", "Reconciliation in progress")
    text = f"Detecting drift for revision {REVISION} with a timeout of 1m30s"
    assert _condition(status, "Reconciling") == ("True", "Progressing", text)


def test_success_says_which_revision_was_applied() -> None:
    status = succeeded(intended(NEW, ATTEMPT, (A, B), 90, AT), ATTEMPT, (A,), AT)
    assert _condition(status, "Ready") == ("True", Reason.SUCCEEDED, f"Applied revision: {REVISION}")
    assert [found.type for found in status.conditions] == ["Ready"]
    assert (status.observed_generation, status.last_applied_revision) == (3, REVISION)
    assert status.last_attempted_revision == REVISION
    assert _ids(status) == ["x_a__ConfigMap"]
    (snapshot,) = status.history
    assert snapshot.first_reconciled == snapshot.last_reconciled == "2026-01-02T03:04:05Z"
    assert (snapshot.last_reconciled_duration, snapshot.total_reconciliations) == ("1.5s", 1)
    assert snapshot.metadata == {"revision": REVISION}


def test_a_failure_is_retried_and_does_not_count_as_observed() -> None:
    status = failed(NEW, ATTEMPT, Reason.RECONCILIATION_FAILED, "no", AT, (A,))
    assert _condition(status, "Ready") == ("False", "ReconciliationFailed", "no")
    assert status.observed_generation == -1
    assert (status.last_attempted_revision, status.last_applied_revision) == (REVISION, "")
    assert _ids(status) == ["x_a__ConfigMap"]
    assert status.history[0].last_reconciled_status == "ReconciliationFailed"


def test_a_failure_before_the_manifests_leaves_inventory_and_history_alone() -> None:
    before = succeeded(NEW, ATTEMPT, (A,), AT)
    status = failed(before, Attempt(""), Reason.ARTIFACT_FAILED, "no artifact", AT)
    assert _ids(status) == ["x_a__ConfigMap"]
    assert status.history == before.history
    assert status.last_attempted_revision == REVISION


@pytest.mark.parametrize(
    ("reason", "progress"),
    [
        (Reason.ARTIFACT_FAILED, f"Fetching manifests for revision {REVISION} with a timeout of 9m30s"),
        (Reason.BUILD_FAILED, f"Building manifests for revision {REVISION} with a timeout of 9m30s"),
        (Reason.RECONCILIATION_FAILED, f"Detecting drift for revision {REVISION} with a timeout of 9m30s"),
        (Reason.PRUNE_FAILED, f"Detecting drift for revision {REVISION} with a timeout of 9m30s"),
    ],
)
def test_a_failure_says_how_far_the_run_got(reason: Reason, progress: str) -> None:
    status = failed(NEW, ATTEMPT, reason, "no", AT, progress=progress_of(reason, REVISION, 570))
    assert _condition(status, "Reconciling") == ("True", "ProgressingWithRetry", progress)


def test_a_run_without_an_artifact_did_not_begin() -> None:
    assert progress_of(Reason.ARTIFACT_FAILED, "", 570) == ""
    status = failed(NEW, Attempt(""), Reason.ARTIFACT_FAILED, "no", AT)
    assert get(status.conditions, "Reconciling") is None
    begun = intended(NEW, ATTEMPT, (A,), 570, AT)
    status = failed(begun, Attempt(""), Reason.ARTIFACT_FAILED, "no", AT)
    drift = f"Detecting drift for revision {REVISION} with a timeout of 9m30s"
    assert _condition(status, "Reconciling") == ("True", "ProgressingWithRetry", drift)


def test_held_deletions_stall_and_keep_their_entries() -> None:
    status = held(NEW, ATTEMPT, "held", (A, B), AT)
    assert _condition(status, "Ready") == ("False", "PruneFailed", "held")
    assert _condition(status, "Stalled") == ("True", "PruneFailed", "held")
    assert get(status.conditions, "Reconciling") is None
    assert status.observed_generation == 3
    assert len(_ids(status)) == 2


def test_equal_ends_of_equal_builds_share_one_entry_of_the_history() -> None:
    later = At(3, NOW + timedelta(minutes=5))
    status = succeeded(NEW, ATTEMPT, (A,), AT)
    status = failed(status, ATTEMPT, Reason.PRUNE_FAILED, "no", AT)
    status = succeeded(status, replace_revision(ATTEMPT, "r2"), (A,), later)
    first, second = status.history
    assert (first.last_reconciled_status, second.last_reconciled_status) == (Reason.SUCCEEDED, "PruneFailed")
    assert first.total_reconciliations == 2
    assert (first.first_reconciled, first.last_reconciled) == ("2026-01-02T03:04:05Z", "2026-01-02T03:09:05Z")
    assert first.metadata == {"revision": "r2"}


def test_the_history_keeps_five() -> None:
    status = NEW
    for number in range(7):
        attempt = Attempt(REVISION, digest=f"sha256:{number}", origin_revision="o")
        status = succeeded(status, attempt, (A,), AT)
    assert [snapshot.digest for snapshot in status.history] == [f"sha256:{n}" for n in (6, 5, 4, 3, 2)]
    assert status.history[0].metadata == {"revision": REVISION, "originRevision": "o"}
    assert status.last_applied_origin_revision == "o"


def test_a_status_that_says_it_all_is_settled() -> None:
    status = succeeded(NEW, ATTEMPT, (A, B), AT)
    assert settled(status, ATTEMPT, 3, (B, A))
    foreign = put(status.conditions, "example.com/Seen", ConditionStatus.FALSE, "No", "", AT)
    assert settled(replace(status, conditions=foreign), ATTEMPT, 3, (B, A))


def test_anything_new_has_to_be_written() -> None:
    status = succeeded(NEW, ATTEMPT, (A, B), AT)
    assert not settled(NEW, ATTEMPT, 3, ())
    assert not settled(status, replace_revision(ATTEMPT, "r2"), 3, (A, B))
    assert not settled(status, Attempt(REVISION, digest="sha256:2"), 3, (A, B))
    assert not settled(status, Attempt(REVISION, "sha256:1", origin_revision="o"), 3, (A, B))
    assert not settled(status, ATTEMPT, 4, (A, B))
    assert not settled(status, ATTEMPT, 3, (A,))
    assert not settled(replace(status, history=()), ATTEMPT, 3, (A, B))
    assert not settled(intended(status, ATTEMPT, (A, B), 90, AT), ATTEMPT, 3, (A, B))


def replace_revision(attempt: Attempt, revision: str) -> Attempt:
    return Attempt(revision, attempt.digest, attempt.duration_s, attempt.origin_revision)
