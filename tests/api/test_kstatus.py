from __future__ import annotations

from typing import Any

import pytest
from penstock.api.kstatus import State, judge, judge_dynamic, judge_request

Json = dict[str, Any]


def condition(kind: str, status: str, message: str = "", **more: object) -> Json:
    return {"type": kind, "status": status, "reason": "Because", "message": message, **more}


def obj(*conditions: Json, generation: int = 2, observed: object = 2, **metadata: object) -> Json:
    status = {"conditions": list(conditions), "observedGeneration": observed}
    return {"metadata": {"name": "x", "generation": generation, **metadata}, "status": status}


READY = condition("Ready", "True", "all is well")
RECONCILING = condition("Reconciling", "True", "at work")
STALLED = condition("Stalled", "True", "cannot")


@pytest.mark.parametrize(
    ("found", "state", "message"),
    [
        (obj(READY, deletionTimestamp="2030-01-01T00:00:00Z"), State.TERMINATING, "scheduled for deletion"),
        (obj(READY, observed=1), State.IN_PROGRESS, "latest observed generation is 1"),
        (obj(STALLED, observed=-1), State.IN_PROGRESS, "latest observed generation is -1"),
        (obj(READY, RECONCILING), State.IN_PROGRESS, "at work"),
        (obj(STALLED, READY), State.FAILED, "cannot"),
        (obj(STALLED, RECONCILING), State.FAILED, "cannot"),
        (obj(RECONCILING, STALLED), State.IN_PROGRESS, "at work"),
        (obj(condition("Stalled", "False"), READY), State.CURRENT, "all is well"),
        (obj(READY), State.CURRENT, "all is well"),
        (obj(condition("Ready", "False", "broken")), State.IN_PROGRESS, "broken"),
        (obj(condition("Ready", "Unknown")), State.IN_PROGRESS, "Because"),
        (obj(), State.CURRENT, "Resource is current"),
        ({"metadata": {"generation": 1}}, State.CURRENT, "Resource is current"),
        ({}, State.CURRENT, "Resource is current"),
        ({"status": {"conditions": "x"}}, State.CURRENT, "Resource is current"),
        ({"status": {"conditions": ["x", {"type": "Ready", "status": "True"}]}}, State.CURRENT, ""),
    ],
)
def test_an_object_is_judged_in_the_order_of_kstatus(found: Json, state: State, message: str) -> None:
    judgement = judge(found)
    assert judgement.state is state
    assert message in judgement.message


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (obj(READY), State.CURRENT),
        (obj(), State.IN_PROGRESS),
        (obj(READY, observed=-1), State.IN_PROGRESS),
        (obj(READY, observed=0), State.IN_PROGRESS),
        (obj(READY, observed="2"), State.IN_PROGRESS),
        (obj(condition("Ready", "True", observedGeneration=1)), State.IN_PROGRESS),
        (obj(condition("Ready", "True", observedGeneration=2)), State.CURRENT),
        (obj(condition("Ready", "True", observedGeneration=0)), State.CURRENT),
        (obj(condition("Ready", "True", observedGeneration=0), observed=1), State.IN_PROGRESS),
        (obj(STALLED, condition("Ready", "False", observedGeneration=2)), State.FAILED),
        ({}, State.IN_PROGRESS),
    ],
)
def test_a_created_object_must_be_reconciled_at_its_generation(found: Json, state: State) -> None:
    assert judge_dynamic(found).state is state


def test_a_request_is_in_progress_until_its_token_is_recorded() -> None:
    found = obj(READY)
    assert judge_request(found, "token").state is State.IN_PROGRESS
    found["status"]["lastHandledReconcileAt"] = "token"
    assert judge_request(found, "token").state is State.CURRENT


def test_a_request_that_failed_and_is_retried_has_an_outcome() -> None:
    found = obj(RECONCILING, condition("Ready", "False", "no route to host"))
    found["status"]["lastHandledReconcileAt"] = "token"
    assert judge(found).state is State.IN_PROGRESS
    judgement = judge_request(found, "token")
    assert (judgement.state, judgement.message) == (State.FAILED, "no route to host")


def test_a_request_still_at_work_has_none() -> None:
    found = obj(RECONCILING, condition("Ready", "Unknown"))
    found["status"]["lastHandledReconcileAt"] = "token"
    assert judge_request(found, "token").state is State.IN_PROGRESS
