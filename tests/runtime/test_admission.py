from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.admission.configuration import PREFIX, secret_part
from penstock.admission.review import PROBE, Scope, reached
from penstock.api.work import Function, WorkItem
from penstock.base.clock import SystemClock
from penstock.base.errors import Transient
from penstock.base.limits import Limits
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.queue.folder import FolderQueue
from penstock.runtime.admission import AdmissionHook
from penstock.runtime.measured import MeasuredReviews
from penstock.runtime.rate import Rate
from penstock.runtime.routes import Route, Routes

from tests.admission.reviews import UID, body, call, flux_object
from tests.fakes.clock import FakeClock
from tests.fakes.metrics import FakeMetrics
from tests.fakes.queue import FakeQueue
from tests.runtime.requesting import Endless, request, streamed

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.queue.queue import Queue

PARTS = (secret_part("new"), secret_part("old"))
PATH = PREFIX + PARTS[0]
LIMITS = Limits(admission_body_bytes=4000, admission_reviews=1000)
CHANGE = call("UPDATE", flux_object(generation=2), flux_object(generation=1))


class Door:
    """The hook behind its routes, with its log and what was counted."""

    def __init__(self, queue: Queue | None = None, limits: Limits = LIMITS, clock: Any = None) -> None:
        self.fake = FakeQueue()
        self.metrics, self.stream, clock = FakeMetrics(), io.StringIO(), clock or FakeClock()
        rate = Rate(limits.admission_reviews, clock)
        hook = AdmissionHook(PARTS, Scope(("apps",)), limits, rate, lambda: queue or self.fake)
        masker = Masker(*PARTS)
        below = {PREFIX: Route("POST", MeasuredReviews(hook, self.metrics))}
        self.routes = Routes({}, clock, Log(masker, stream=self.stream), masker, below)

    def ask(self, review: Any, path: str = PATH) -> tuple[int, Any]:
        sent = review if isinstance(review, bytes) else body(review)
        answer, status, _ = self.routes(request(path, sent))
        return status, json.loads(answer)

    @property
    def results(self) -> list[object]:
        return [told[1] for told in self.metrics.told]


def test_a_change_is_stored_as_a_look_before_it_is_allowed() -> None:
    door = Door()
    status, answered = door.ask(CHANGE)
    assert (status, answered["response"]) == (200, {"uid": UID, "allowed": True})
    (item,) = door.fake.items
    assert (item.function, item.name, item.reason) == (Function.FETCH, "fleet", "changed")
    line = json.loads(door.stream.getvalue())
    assert (line["object"], line["cause"]) == ("GitRepository/apps/fleet", "changed")
    assert line["result"] == "accepted"


def test_a_change_that_cannot_be_noted_is_allowed_and_the_person_is_told() -> None:
    door = Door()
    door.fake.failure = Transient("the queue is full")
    status, answered = door.ask(CHANGE)
    assert (status, answered["response"]["allowed"]) == (200, True)
    assert answered["response"]["warnings"] == [
        "penstock could not take note of this change: it is acted on at the next tick"
    ]
    assert door.results == ["failed"]
    assert "the queue is full" in door.stream.getvalue()


@pytest.mark.parametrize(
    "review",
    [
        {**CHANGE, "request": {**CHANGE["request"], "dryRun": True}},
        call("UPDATE", flux_object(labels={"a": "b"}), flux_object()),
        call("CREATE", {**flux_object(), "metadata": {"namespace": "other", "name": "x"}}),
    ],
)
def test_what_asks_for_no_look_is_allowed_and_nothing_else_happens(review: Any) -> None:
    door = Door()
    assert door.ask(review)[1]["response"] == {"uid": UID, "allowed": True}
    assert (door.fake.items, door.results) == ([], ["ignored"])


def test_a_probe_is_answered_with_its_mark_and_asks_for_no_look() -> None:
    door = Door()
    probe = call("CREATE", flux_object(annotations={PROBE: "abc"}), dryRun=True)
    assert door.ask(probe)[1]["response"]["warnings"] == [reached("abc")]
    assert (door.fake.items, door.results) == ([], ["probe"])


@pytest.mark.parametrize(
    "path",
    [
        PREFIX,
        PREFIX + "x",
        PREFIX + secret_part("other"),
        PREFIX + PARTS[0][:-1],
        PREFIX + PARTS[0] + "/",
        PREFIX + PARTS[0].upper(),
        PREFIX + "é",
        PREFIX + "%00",
        PREFIX + "a" * 100_000,
        "/admission",
        "/admissions/x",
    ],
)
def test_who_does_not_know_the_path_is_told_that_there_is_nothing(path: str) -> None:
    door = Door()
    status, answered = door.ask(b"x" * 5000, path)
    assert (status, answered) == (404, {"error": "there is nothing at this path"})
    assert door.fake.items == []
    assert path.removeprefix(PREFIX)[:30] not in door.stream.getvalue() or path in {PREFIX, PREFIX + "x"}


def test_both_paths_are_good_while_the_token_is_rotated() -> None:
    door = Door()
    assert [door.ask(CHANGE, PREFIX + part)[0] for part in PARTS] == [200, 200]


def test_the_path_is_shown_nowhere() -> None:
    door = Door()
    door.ask(CHANGE)
    door.ask(PARTS[0].encode())
    assert PARTS[0] not in door.stream.getvalue()
    assert json.loads(door.stream.getvalue().splitlines()[0])["message"] == f"POST {PREFIX}*****"


def test_what_is_no_review_is_refused_with_400_and_not_repeated() -> None:
    door = Door()
    for sent in (b"", b"{}", b'{"kind": "canary', body({**CHANGE, "request": {"canary": 1}})):
        status, answered = door.ask(sent)
        assert status == 400
        assert "canary" not in json.dumps(answered)
    assert door.results == ["refused"] * 4
    assert "canary" not in door.stream.getvalue()


def test_only_post_is_taken() -> None:
    answer, status, headers = Door().routes(request(PATH, b"", method="GET"))
    assert (status, headers["Allow"]) == (405, "POST"), answer


def test_a_body_beyond_the_limit_is_413() -> None:
    door = Door()
    status, answered = door.ask(b"x" * 4001)
    assert (status, "PENSTOCK_LIMIT_ADMISSION_BODY_BYTES" in answered["error"]) == (413, True)
    assert door.routes(streamed(PATH, Endless(), {}))[1] == 413


def test_what_comes_too_fast_is_left_to_one_tick() -> None:
    clock = FakeClock()
    door = Door(limits=Limits(admission_reviews=2), clock=clock)
    for _ in range(4):
        assert door.ask(CHANGE)[1]["response"]["allowed"]
    tick = WorkItem(Function.TICK, reason="many changes")
    assert [item.function for item in door.fake.items[:2]] == [Function.FETCH] * 2
    assert door.fake.items[2:] == [tick, tick]
    clock.move(60)
    door.ask(CHANGE)
    assert door.fake.items[-1].function is Function.FETCH


def test_a_thousand_changes_of_one_object_are_one_look_that_runs_and_one_that_waits(quick_path: Path) -> None:
    queue = FolderQueue(quick_path, clock=SystemClock(), most_items=100, most_attempts=3)
    door = Door(queue)
    running = []
    for number in range(1, 1001):
        change = call("UPDATE", flux_object(generation=number + 1), flux_object(generation=number))
        assert door.ask(change)[0] == 200
        running += [claimed for claimed in [queue.claim()] if claimed is not None]
    assert (len(running), queue.counts()) == (1, (1, 1, 0))
    queue.done(running[0])
    last = queue.claim()
    assert last is not None
    assert [one.generation for one in last.item.awaits] == [1001]
    queue.done(last)
    queue.close()


def test_a_thousand_kustomizations_of_one_source_are_one_look(quick_path: Path) -> None:
    queue = FolderQueue(quick_path, clock=SystemClock(), most_items=100, most_attempts=3)
    door = Door(queue)

    def create(number: int) -> int:
        return door.ask(call("CREATE", flux_object("Kustomization", f"k{number}")))[0]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(create, range(1000))) == {200}
    assert queue.counts() == (1, 0, 0)
    queue.close()


@given(body=st.binary(max_size=300), path=st.sampled_from([PATH, PREFIX]) | st.text(max_size=60))
def test_any_bytes_at_any_path_are_refused_and_stored_nowhere(body: bytes, path: str) -> None:
    door = Door()
    status, _ = door.ask(body, "/" + path.lstrip("/"))
    assert status in {400, 404}
    assert door.fake.items == []
