from __future__ import annotations

import io
from typing import Any

import pytest
from penstock.api.work import Function, Outcome, WorkItem, encode
from penstock.base.deadline import Stopping
from penstock.base.errors import Transient
from penstock.queue.claims import Busy, Taken
from penstock.runtime.work import KeepHandler, WorkHandler

from tests.fakes.queue import FakeDeadLetters, FakeQueue
from tests.runtime.requesting import TOKEN, Site, bearer, intake, pushed, request

ITEM = WorkItem(Function.APPLY, "Kustomization", "apps", "podinfo", "interval")
ATTEMPTS = 3


class Apply(Site):
    """The apply function with a flow that remembers; messages are given up after ATTEMPTS deliveries."""

    def __init__(self, function: Function = Function.APPLY, *, parks: bool = True) -> None:
        self.done: list[WorkItem] = []
        self.failure: Exception | None = None
        self.queue, self.dead, self.told = FakeQueue(), FakeDeadLetters(), io.StringIO()
        taken = intake(function, dead=self.dead if parks else None, stream=self.told)
        super().__init__("/", WorkHandler(taken, self.run, lambda: self.queue, ATTEMPTS))

    def run(self, item: WorkItem) -> tuple[Outcome, ...]:
        if self.failure is not None:
            raise self.failure
        self.done.append(item)
        return (
            Outcome(True, "Applied revision: main@sha1:a", "ReconciliationSucceeded"),
            Outcome(False, "no"),
        )

    def push(self, data: bytes, attempt: int | None = None) -> tuple[int, Any]:
        """Status and body of the answer to a push."""
        return self.ask(request("/", pushed(data, attempt), headers=bearer()))[:2]


def test_the_work_is_done_and_the_outcomes_are_answered() -> None:
    site = Apply()
    status, body, _ = site.ask(request("/", encode(ITEM), headers=bearer()))
    assert status == 200
    assert body["outcomes"][0]["reason"] == "ReconciliationSucceeded"
    assert body["outcomes"][1] == {"ok": False, "message": "no"}
    assert site.done == [ITEM]


def test_what_may_succeed_later_is_503() -> None:
    site = Apply()
    site.failure = Transient("the API server is down", retry_after=9)
    for _ in range(ATTEMPTS + 1):
        status, _, headers = site.ask(request("/", encode(ITEM), headers=bearer()))
        assert (status, headers["Retry-After"]) == (503, "9")
    assert site.dead.buried == []


def test_to_find_another_process_at_it_is_an_outcome_and_no_error() -> None:
    """Threats B-04: sent again it would only find the same; whoever is at it has been told."""
    site = Apply()
    site.failure = Taken("another process is working on it")
    outcome = {"ok": False, "message": "another process is working on it", "reason": "AlreadyRunning"}
    status, body, _ = site.ask(request("/", encode(ITEM), headers=bearer()))
    assert (status, body["outcomes"]) == (200, [outcome])
    status, body = site.push(encode(ITEM), ATTEMPTS)
    assert (status, body["outcomes"]) == (200, [outcome])
    assert (site.dead.buried, site.queue.items) == ([], [])


REFUSED = [
    (b"", 400),
    (b"{}", 400),
    (encode(WorkItem(Function.TICK)), 400),
    (b'{"function": "apply", "kind": "Kustomization", "namespace": "a", "name": "../b"}', 400),
    (b" " * 1001, 413),
    (b"\xff", 400),
]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (encode(ITEM), {}, 401),
        (encode(ITEM), bearer("other"), 401),
        (pushed(encode(ITEM)), bearer("other"), 401),
        (encode(ITEM), {**bearer(), "Content-Encoding": "gzip"}, 415),
        (b" " * 200_000, bearer(), 413),
        *((body, bearer(), status) for body, status in REFUSED),
    ],
)
def test_what_is_no_work_of_ours_is_refused(body: bytes, headers: dict[str, str], status: int) -> None:
    site = Apply()
    assert site.ask(request("/", body, headers=headers))[0] == status
    assert site.done == []
    assert site.dead.buried == []


def test_a_push_beyond_the_limit_is_refused_by_the_limits_name() -> None:
    status, said, _ = Apply().ask(request("/", b" " * 200_000, headers=bearer()))
    assert status == 413
    assert "PENSTOCK_LIMIT_PUSH_BODY_BYTES" in said["error"]


def test_a_pushed_item_takes_the_same_way() -> None:
    site = Apply()
    assert site.push(encode(ITEM))[0] == 200
    assert site.push(encode(ITEM), 7)[0] == 200
    assert site.done == [ITEM, ITEM]
    assert site.dead.buried == []


@pytest.mark.parametrize(("data", "status"), REFUSED)
def test_a_message_that_is_no_work_item_is_parked_at_once(data: bytes, status: int) -> None:
    site = Apply()
    assert site.push(data, 1) == (200, {"status": "parked"})
    ((buried, why),) = site.dead.buried
    assert buried == data
    assert why["reason"]
    assert why["subscription"] == "projects/p/subscriptions/s"
    assert (why["message_id"], why["attempt"], why["function"]) == ("8103", "1", "apply")
    assert "given up" in site.told.getvalue()
    homeless = Apply(parks=False)
    assert homeless.push(data)[0] == status


@pytest.mark.parametrize(
    "changes",
    [
        {"message": "text"},
        {"message": {"data": "", "publishTime": "2030-01-01T00:00:00Z"}},
        {"message": {"data": "", "messageId": "1", "publishTime": "soon"}},
        {"message": {"data": "%%%", "messageId": "1", "publishTime": "2030-01-01T00:00:00Z"}},
        {"message": {"data": 7, "messageId": "1", "publishTime": "2030-01-01T00:00:00Z"}},
        {"message": {"messageId": "1", "publishTime": "2030-01-01T00:00:00Z", "attributes": ["a"]}},
        {"message": {"messageId": "x" * 1025, "publishTime": "2030-01-01T00:00:00Z"}},
        {"subscription": None},
        {"deliveryAttempt": 0},
        {"deliveryAttempt": "1"},
    ],
)
def test_what_only_looks_like_a_push_is_refused(changes: dict[str, Any]) -> None:
    site = Apply()
    assert site.ask(request("/", pushed(encode(ITEM), **changes), headers=bearer()))[0] == 400
    assert site.done == []
    assert site.dead.buried == []


def test_a_message_that_keeps_failing_is_parked_after_the_last_try_with_the_reason_and_no_secret() -> None:
    site = Apply()
    site.failure = Transient(f"the API server is down, said {TOKEN}")
    assert [site.push(encode(ITEM), attempt)[0] for attempt in (1, 2)] == [503, 503]
    assert site.dead.buried == []
    assert site.push(encode(ITEM), 3) == (200, {"status": "parked"})
    ((data, why),) = site.dead.buried
    assert data == encode(ITEM)
    assert why["reason"] == "the API server is down, said *****"
    assert TOKEN not in site.told.getvalue() + site.stream.getvalue()


def test_a_bug_costs_a_message_its_tries_and_not_more() -> None:
    site = Apply()
    site.failure = ZeroDivisionError("bug")
    assert [site.push(encode(ITEM), attempt)[0] for attempt in (1, 2, 3)] == [500, 500, 200]
    assert "ZeroDivisionError: bug" in site.dead.buried[0][1]["reason"]


def test_a_message_whose_deliveries_nobody_counts_is_never_parked_for_failures() -> None:
    site = Apply()
    site.failure = Transient("the API server is down")
    assert {site.push(encode(ITEM))[0] for _ in range(10)} == {503}
    assert site.dead.buried == []


@pytest.mark.parametrize(
    "failure",
    [Busy("another run is working on it", retry_after=5), Stopping("the process was told to end")],
)
def test_who_finds_the_claim_taken_is_never_parked_and_starts_anew_when_the_tries_are_used_up(
    failure: Transient,
) -> None:
    site = Apply()
    site.failure = failure
    assert [site.push(encode(ITEM), attempt)[0] for attempt in (1, 2)] == [503, 503]
    assert site.push(encode(ITEM), 3) == (200, {"status": "queued again"})
    assert site.queue.items == [ITEM]
    assert site.dead.buried == []


def test_nothing_is_acknowledged_that_could_not_be_kept_elsewhere() -> None:
    site = Apply()
    site.dead.failure = site.queue.failure = Transient("Pub/Sub is down")
    assert site.push(b"poison", 1)[0] == 503
    site.failure = Transient("the API server is down")
    assert site.push(encode(ITEM), 9)[0] == 503
    site.failure = Busy("another run is working on it")
    assert site.push(encode(ITEM), 9)[0] == 503


def test_a_scheduler_may_tick_without_a_body() -> None:
    site = Apply(Function.TICK)
    assert site.ask(request("/", b"", headers=bearer()))[0] == 200
    assert site.push(b"")[0] == 200
    assert site.done == [WorkItem(Function.TICK, reason="scheduler")] * 2


def test_where_there_is_a_queue_a_tick_is_kept() -> None:
    queue = FakeQueue()
    site = Site("/tick", KeepHandler(intake(), lambda: queue))
    assert site.ask(request("/tick", headers=bearer()))[0] == 202
    assert site.ask(request("/tick"))[0] == 401
    assert queue.items == [WorkItem(Function.TICK, reason="scheduler")]


def test_where_there_is_a_queue_a_pushed_item_is_kept_and_poison_is_parked() -> None:
    queue, dead = FakeQueue(), FakeDeadLetters()
    site = Site("/apply", KeepHandler(intake(Function.APPLY, dead=dead), lambda: queue))
    assert site.ask(request("/apply", pushed(encode(ITEM)), headers=bearer()))[0] == 202
    assert site.ask(request("/apply", pushed(b"poison"), headers=bearer()))[0] == 200
    assert queue.items == [ITEM]
    assert [data for data, _ in dead.buried] == [b"poison"]
