from __future__ import annotations

import pytest
from penstock.api.work import Function, Outcome, WorkItem, encode
from penstock.base.errors import Transient
from penstock.runtime.gate import Gate
from penstock.runtime.work import TickHandler, WorkHandler

from tests.fakes.queue import FakeQueue
from tests.runtime.requesting import LIMITS, TOKEN, Site, bearer, request

ITEM = WorkItem(Function.APPLY, "Kustomization", "apps", "podinfo", "interval")


class Apply(Site):
    """The apply function with a flow that remembers."""

    def __init__(self, function: Function = Function.APPLY) -> None:
        self.done: list[WorkItem] = []
        self.failure: Exception | None = None
        super().__init__("/", WorkHandler(function, Gate((TOKEN,)), LIMITS, self.run))

    def run(self, item: WorkItem) -> tuple[Outcome, ...]:
        if self.failure is not None:
            raise self.failure
        self.done.append(item)
        return (
            Outcome(True, "Applied revision: main@sha1:a", "ReconciliationSucceeded"),
            Outcome(False, "no"),
        )


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
    status, _, headers = site.ask(request("/", encode(ITEM), headers=bearer()))
    assert (status, headers["Retry-After"]) == (503, "9")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (encode(ITEM), {}, 401),
        (encode(ITEM), bearer("other"), 401),
        (b"", bearer(), 400),
        (b"{}", bearer(), 400),
        (encode(WorkItem(Function.TICK)), bearer(), 400),
        (b'{"function": "apply", "kind": "Kustomization", "namespace": "a", "name": "../b"}', bearer(), 400),
        (b" " * 1001, bearer(), 413),
        (encode(ITEM), {**bearer(), "Content-Encoding": "gzip"}, 415),
    ],
)
def test_what_is_no_work_of_ours_is_refused(body: bytes, headers: dict[str, str], status: int) -> None:
    site = Apply()
    assert site.ask(request("/", body, headers=headers))[0] == status
    assert site.done == []


def test_a_scheduler_may_tick_without_a_body() -> None:
    site = Apply(Function.TICK)
    assert site.ask(request("/", b"", headers=bearer()))[0] == 200
    assert site.done == [WorkItem(Function.TICK, reason="scheduler")]


def test_where_there_is_a_queue_a_tick_is_kept() -> None:
    queue = FakeQueue()
    site = Site("/tick", TickHandler(Gate((TOKEN,)), LIMITS, lambda: queue))
    assert site.ask(request("/tick", headers=bearer()))[0] == 202
    assert site.ask(request("/tick"))[0] == 401
    assert queue.items == [WorkItem(Function.TICK, reason="scheduler")]
