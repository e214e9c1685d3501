from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api import transitions
from penstock.api.conditions import At, ConditionType, get, put
from penstock.api.gitrepository import GitRepositoryStatus
from penstock.api.kstatus import State, judge, judge_dynamic, judge_request
from penstock.api.kustomization import KustomizationStatus
from penstock.api.meta import ConditionStatus, Status
from penstock.api.patch import encode

NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
AT = At(3, NOON)
TOKEN = "2030-01-01T12:00:00Z"


def stored(status: Status, generation: int = 3) -> dict[str, Any]:
    return {"kind": "X", "metadata": {"name": "x", "generation": generation}, "status": encode(status)}


def brief(status: Status) -> dict[str, str]:
    return {found.type: f"{found.status}/{found.reason}" for found in status.conditions}


def succeeded(at: At = AT) -> KustomizationStatus:
    return transitions.success(KustomizationStatus(), "ReconciliationSucceeded", "Applied revision: x", at)


def test_a_run_at_work_is_reconciling_and_its_readiness_unknown() -> None:
    status = transitions.progressing(succeeded(), "Building", AT, ready_message="Reconciliation in progress")
    assert brief(status) == {"Reconciling": "True/Progressing", "Ready": "Unknown/Progressing"}
    messages = {found.type: found.message for found in status.conditions}
    assert messages == {"Reconciling": "Building", "Ready": "Reconciliation in progress"}


def test_a_source_stays_ready_until_drift_is_found() -> None:
    before = transitions.success(
        GitRepositoryStatus(), "Succeeded", "stored", AT, holds=[ConditionType.ARTIFACT_IN_STORAGE]
    )
    looking = transitions.progressing(before, "reconciliation in progress", AT, drift=False)
    assert brief(looking)["Ready"] == "True/Succeeded"
    found = transitions.progressing(looking, "building artifact", AT)
    assert brief(found)["Ready"] == "Unknown/Progressing"
    still = transitions.progressing(found, "more", AT, drift=False)
    ready = get(still.conditions, "Ready")
    assert ready is not None
    assert (ready.status, ready.message) == ("Unknown", "more")


@pytest.mark.parametrize("drift", [True, False])
def test_a_source_never_seen_before_is_unknown(drift: bool) -> None:
    status = transitions.progressing(GitRepositoryStatus(), "reconciliation in progress", AT, drift=drift)
    assert brief(status)["Ready"] == "Unknown/Progressing"


def test_a_failed_source_keeps_saying_so_while_it_is_looked_at() -> None:
    failed = transitions.retryable_failure(GitRepositoryStatus(), "GitOperationFailed", "no route", AT)
    assert brief(transitions.progressing(failed, "x", AT, drift=False))["Ready"] == "False/GitOperationFailed"


def test_what_is_suspended_when_ready_is_current_with_its_new_spec() -> None:
    left = transitions.left_alone(succeeded(), At(4, NOON))
    assert judge(stored(left, 4)).state is State.CURRENT
    assert judge(stored(succeeded(), 4)).state is State.IN_PROGRESS
    failed = transitions.retryable_failure(
        succeeded(), "BuildFailed", "no such file", AT, progress="Building"
    )
    assert transitions.left_alone(failed, At(4, NOON)) == failed


def test_a_retryable_failure_keeps_the_progress_and_the_generation() -> None:
    at = At(4, NOON)
    status = transitions.progressing(succeeded(), "Building", at)
    status = transitions.retryable_failure(status, "BuildFailed", "no such file", at)
    assert brief(status) == {"Reconciling": "True/ProgressingWithRetry", "Ready": "False/BuildFailed"}
    assert [found.message for found in status.conditions] == ["Building", "no such file"]
    assert status.observed_generation == 3


def test_a_failure_before_any_progress_does_not_claim_any() -> None:
    status = transitions.retryable_failure(succeeded(), "ArtifactFailed", "no artifact", At(4, NOON))
    assert brief(status) == {"Ready": "False/ArtifactFailed"}


def test_a_failure_says_how_far_it_got() -> None:
    at = At(4, NOON)
    status = transitions.progressing(succeeded(), "Building", at)
    status = transitions.retryable_failure(status, "BuildFailed", "no such file", at, progress="Detecting")
    assert [found.message for found in status.conditions] == ["Detecting", "no such file"]


def test_a_terminal_failure_settles_the_generation() -> None:
    at = At(4, NOON)
    status = transitions.progressing(succeeded(), "Building", at)
    status = transitions.terminal_failure(status, "NotSupported", "not yet supported: spec.wait", at)
    assert brief(status) == {"Stalled": "True/NotSupported", "Ready": "False/NotSupported"}
    assert status.observed_generation == 4


def test_a_failing_source_says_where_it_failed_and_recovers() -> None:
    problem = ConditionType.FETCH_FAILED
    status = transitions.retryable_failure(GitRepositoryStatus(), "Auth", "denied", AT, problem=problem)
    assert brief(status)["FetchFailed"] == "True/Auth"
    problem = ConditionType.STORAGE_OPERATION_FAILED
    status = transitions.terminal_failure(status, "Archive", "too large", AT, problem=problem)
    assert brief(status) == {
        "Stalled": "True/Archive",
        "Ready": "False/Archive",
        "StorageOperationFailed": "True/Archive",
    }
    status = transitions.success(status, "Succeeded", "ok", AT, holds=[ConditionType.ARTIFACT_IN_STORAGE])
    assert brief(status) == {"Ready": "True/Succeeded", "ArtifactInStorage": "True/Succeeded"}


def test_a_source_stays_outdated_when_its_new_revision_cannot_be_stored() -> None:
    kind = ConditionType.ARTIFACT_OUTDATED
    outdated = put((), kind, ConditionStatus.TRUE, "NewRevision", "new upstream revision", AT)
    status = transitions.retryable_failure(
        GitRepositoryStatus(conditions=outdated),
        "ArchiveOperationFailed",
        "x",
        AT,
        problem=ConditionType.STORAGE_OPERATION_FAILED,
    )
    assert brief(status)["ArtifactOutdated"] == "True/NewRevision"


def test_a_success_at_the_same_revision_keeps_its_time() -> None:
    again = succeeded(At(3, NOON + timedelta(hours=1)))
    later = transitions.success(
        succeeded(), "ReconciliationSucceeded", "Applied revision: x", At(3, NOON + timedelta(hours=1))
    )
    assert later == succeeded()
    assert again != succeeded()


def test_a_request_is_answered_once_it_is_worked_on() -> None:
    assert transitions.answered(succeeded(), TOKEN).last_handled_reconcile_at == TOKEN
    assert transitions.answered(succeeded(), "") == succeeded()


def test_readiness_is_ready_true() -> None:
    assert transitions.is_ready(succeeded())
    assert not transitions.is_ready(transitions.progressing(succeeded(), "x", AT))


Step = Callable[[Status, At], Status]
PROBLEMS = [None, ConditionType.FETCH_FAILED, ConditionType.STORAGE_OPERATION_FAILED]
TEXTS = st.text(max_size=5)
STEPS: dict[str, st.SearchStrategy[Step]] = {
    "progressing": st.builds(
        lambda text, drift: lambda status, at: transitions.progressing(status, text, at, drift=drift),
        TEXTS,
        st.booleans(),
    ),
    "retry": st.builds(
        lambda text, problem: (
            lambda status, at: transitions.retryable_failure(status, "Failed", text, at, problem=problem)
        ),
        TEXTS,
        st.sampled_from(PROBLEMS),
    ),
    "terminal": st.builds(
        lambda text, problem: (
            lambda status, at: transitions.terminal_failure(status, "Failed", text, at, problem=problem)
        ),
        TEXTS,
        st.sampled_from(PROBLEMS),
    ),
    "success": st.builds(
        lambda text: lambda status, at: transitions.success(status, "Succeeded", text, at), TEXTS
    ),
}
HISTORIES = st.lists(
    st.tuples(
        st.sampled_from(sorted(STEPS)).flatmap(lambda name: STEPS[name].map(lambda step: (name, step))),
        st.integers(min_value=0, max_value=1),
    ),
    min_size=1,
    max_size=8,
)


@given(HISTORIES)
def test_after_any_history_clients_see_the_last_step(history: list[tuple[tuple[str, Step], int]]) -> None:
    status: Status = GitRepositoryStatus(observed_generation=-1)
    generation = 1
    for (_, step), edits in history:
        generation += edits
        status = step(status, At(generation, NOON))
        kinds = {found.type for found in status.conditions}
        assert not {"Stalled", "Reconciling"} <= kinds
        assert "Ready" in kinds
    state = judge(stored(status, generation)).state
    (last, _), _ = history[-1]
    expected = {"success": State.CURRENT, "terminal": State.FAILED}.get(last, State.IN_PROGRESS)
    assert state is expected
    assert judge_dynamic(stored(status, generation)).state is expected
    assert judge(stored(status, generation + 1)).state is State.IN_PROGRESS
    assert judge_dynamic(stored(status, generation + 1)).state is State.IN_PROGRESS


@given(HISTORIES)
def test_a_request_ends_with_what_became_of_it(history: list[tuple[tuple[str, Step], int]]) -> None:
    status: Status = GitRepositoryStatus(observed_generation=-1)
    for (_, step), _ in history:
        status = step(status, AT)
    assert judge_request(stored(status), TOKEN).state is State.IN_PROGRESS
    answered = stored(transitions.answered(status, TOKEN))
    (last, _), _ = history[-1]
    if last != "progressing":
        expected = State.CURRENT if last == "success" else State.FAILED
        assert judge_request(answered, TOKEN).state is expected


@given(HISTORIES)
def test_every_condition_of_ours_is_of_the_generation_it_was_written_at(
    history: list[tuple[tuple[str, Step], int]],
) -> None:
    status: Status = KustomizationStatus()
    for (_, step), _ in history:
        before = status
        status = step(status, AT)
        changed = set(status.conditions) - set(before.conditions)
        assert all(found.observed_generation == AT.generation for found in changed)
