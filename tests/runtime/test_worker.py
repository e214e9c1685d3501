from __future__ import annotations

import io
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.work import Function, Outcome, WorkItem
from penstock.base.clock import SystemClock
from penstock.base.deadline import OutOfTime
from penstock.base.errors import Transient
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.queue.claims import Busy
from penstock.queue.folder import Claimed, FolderQueue
from penstock.runtime.backoff import delay_s
from penstock.runtime.worker import Worker

from tests.fakes.clock import FakeClock
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from penstock.base.clock import Clock

APPLY = WorkItem(Function.APPLY, "Kustomization", "apps", "podinfo")


class World:
    """A queue and a worker whose work is `run`."""

    def __init__(self, folder: Path, run: Callable[[WorkItem], Any], clock: Clock, threads: int = 1) -> None:
        self.queue = FolderQueue(folder, clock=clock, most_items=100, most_attempts=3)
        self.stream = io.StringIO()
        log = Log(Masker(), stream=self.stream)
        self.worker = Worker(self.queue, run, log, clock, threads=threads, fraction=lambda: 0.0)

    def step(self) -> bool:
        claimed = self.queue.claim()
        if claimed is not None:
            self.worker.work(claimed)
        return claimed is not None

    @property
    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


def failing(error: Exception) -> Callable[[WorkItem], tuple[Outcome, ...]]:
    def run(_: WorkItem) -> tuple[Outcome, ...]:
        raise error

    return run


def test_work_that_is_done_leaves_the_queue_whatever_came_of_it(tmp_path: Path) -> None:
    world = World(tmp_path, lambda _: (Outcome(False, "written to the status"),), FakeClock())
    world.queue.put(APPLY)
    assert world.step()
    assert world.queue.counts() == (0, 0, 0)


def test_a_transient_failure_is_tried_again_later_and_later_and_parked_in_the_end(tmp_path: Path) -> None:
    clock = FakeClock()
    world = World(tmp_path, failing(Transient("no answer")), clock)
    world.queue.put(APPLY)
    assert world.step()
    assert not world.step()
    clock.move(1)
    assert world.step()
    clock.move(1)
    assert not world.step()
    clock.move(1)
    assert world.step()
    assert world.queue.counts() == (0, 0, 1)
    assert [line["severity"] for line in world.logged] == ["WARNING", "WARNING", "ERROR"]
    assert world.logged[0]["error"] == "no answer"
    assert world.logged[1]["delay_seconds"] == 2.0


def test_the_servers_wish_to_be_left_alone_is_honoured(tmp_path: Path) -> None:
    clock = FakeClock()
    world = World(tmp_path, failing(Transient("slow down", retry_after=40)), clock)
    world.queue.put(APPLY)
    world.step()
    clock.move(39)
    assert not world.step()
    clock.move(1)
    assert world.step()


def test_to_find_the_source_busy_is_no_failure(tmp_path: Path) -> None:
    clock = FakeClock()
    world = World(tmp_path, failing(Busy("another run", retry_after=5)), clock)
    world.queue.put(APPLY)
    for _ in range(20):
        assert world.step()
        clock.move(5)
    assert world.queue.counts() == (1, 0, 0)
    assert world.logged == []


class BrokenQueue(FolderQueue):
    """Fails at its next calls, with these errors."""

    errors: tuple[Exception, ...] = ()

    def _fail(self) -> None:
        if self.errors:
            error, *rest = self.errors
            self.errors = tuple(rest)
            raise error

    def done(self, claimed: Claimed) -> None:
        self._fail()
        super().done(claimed)

    def wait(self, timeout_s: float) -> None:
        self._fail()
        super().wait(timeout_s)


def setting(done: threading.Event, queue: FolderQueue, stream: io.StringIO) -> Worker:
    """A worker whose work is to set the event."""

    def run(_: WorkItem) -> tuple[Outcome, ...]:
        done.set()
        return ()

    log = Log(Masker(), stream=stream)
    return Worker(queue, run, log, SystemClock(), threads=1, broken_s=0.01)


def test_a_queue_that_fails_hears_later_that_the_work_is_done(tmp_path: Path) -> None:
    done = threading.Event()
    queue = BrokenQueue(tmp_path, clock=SystemClock(), most_items=9, most_attempts=3)
    stream = io.StringIO()
    worker = setting(done, queue, stream)
    queue.errors = (Transient("no space left"),) * 2
    queue.put(APPLY)
    worker.start()
    assert done.wait(60)
    eventually(lambda: queue.counts() == (0, 0, 0), "the queue to have heard it")
    worker.stop()
    eventually(lambda: not worker.running(), "the worker's end")
    assert "no space left" in stream.getvalue()


def test_a_bug_in_the_queue_ends_no_thread(tmp_path: Path) -> None:
    done = threading.Event()
    queue = BrokenQueue(tmp_path, clock=SystemClock(), most_items=9, most_attempts=3)
    stream = io.StringIO()
    worker = setting(done, queue, stream)
    queue.errors = (ZeroDivisionError("oops"), OSError("oops"))
    worker.start()
    eventually(lambda: not queue.errors, "the worker to meet them")
    queue.put(APPLY)
    assert done.wait(60)
    worker.stop()
    eventually(lambda: not worker.running(), "the worker's end")
    assert "ZeroDivisionError" in stream.getvalue()


def test_who_stops_does_not_wait_for_a_queue_that_does_not_work(tmp_path: Path) -> None:
    world = World(tmp_path, lambda _: (), FakeClock())
    world.queue.put(APPLY)
    claimed = world.queue.claim()
    assert claimed is not None
    (tmp_path / ".lock").unlink()
    world.queue.close()
    world.worker.stop()
    world.worker.work(claimed)
    assert "the queue does not work" in world.stream.getvalue()


def test_a_bug_costs_the_item_its_tries_and_nobody_else(tmp_path: Path) -> None:
    clock = FakeClock()
    world = World(tmp_path, failing(ZeroDivisionError("oops")), clock)
    world.queue.put(APPLY)
    for _ in range(3):
        assert world.step()
        clock.move(300)
    assert world.queue.counts() == (0, 0, 1)
    assert "ZeroDivisionError: oops at" in world.logged[0]["error"]


def test_threads_work_until_they_are_stopped_and_finish_what_they_began(tmp_path: Path) -> None:
    clock = SystemClock()
    begun, may_end = threading.Event(), threading.Event()
    done: list[str] = []

    def run(item: WorkItem) -> tuple[Outcome, ...]:
        begun.set()
        may_end.wait(60)
        done.append(item.name)
        return ()

    world = World(tmp_path, run, clock)
    world.queue.put(APPLY)
    world.worker.start()
    assert begun.wait(60)
    world.queue.put(WorkItem(Function.APPLY, "Kustomization", "apps", "later"))
    world.worker.stop()
    may_end.set()
    eventually(lambda: not world.worker.running(), "the worker's end")
    assert done == ["podinfo"]
    assert world.queue.counts() == (1, 0, 0)


def test_what_does_not_end_in_time_is_counted_and_left_to_the_next(tmp_path: Path) -> None:
    clock = SystemClock()
    begun, may_end = threading.Event(), threading.Event()

    def run(_: WorkItem) -> tuple[Outcome, ...]:
        begun.set()
        may_end.wait(60)
        return ()

    world = World(tmp_path, run, clock)
    world.queue.put(APPLY)
    world.worker.start()
    assert begun.wait(60)
    world.worker.stop()
    assert world.worker.running() == 1
    assert world.queue.counts() == (0, 1, 0)
    may_end.set()
    eventually(lambda: not world.worker.running(), "the worker's end")


def test_an_item_that_is_cut_short_by_the_end_goes_back_and_its_try_does_not_count(tmp_path: Path) -> None:
    stopped = threading.Event()

    def run(_: WorkItem) -> tuple[Outcome, ...]:
        world.worker.stop()
        stopped.set()
        raise OutOfTime("the process was told to end", retry_after=1.0)

    world = World(tmp_path, run, SystemClock())
    world.queue.put(APPLY)
    world.worker.start()
    assert stopped.wait(60)
    eventually(lambda: not world.worker.running(), "the worker's end")
    assert world.queue.counts() == (1, 0, 0)
    again = world.queue.claim()
    assert again is not None, "it waits for nothing"
    assert again.attempt == 1


def test_a_queue_that_breaks_for_a_moment_stops_no_worker(tmp_path: Path) -> None:
    clock = SystemClock()
    done = threading.Event()

    def run(_: WorkItem) -> tuple[Outcome, ...]:
        done.set()
        return ()

    world = World(tmp_path, run, clock)
    world.queue.put(APPLY)
    (tmp_path / "claimed").rename(tmp_path / "gone")
    world.worker.start()
    eventually(lambda: "the queue does not work" in world.stream.getvalue())
    (tmp_path / "gone").rename(tmp_path / "claimed")
    assert done.wait(60)
    world.worker.stop()
    eventually(lambda: not world.worker.running(), "the worker's end")


@given(
    attempt=st.integers(1, 1000),
    retry_after=st.none() | st.floats(0, 600),
    fraction=st.floats(0, 1, exclude_max=True),
)
def test_delays_grow_are_bounded_and_honour_the_servers_wish(
    attempt: int, retry_after: float | None, fraction: float
) -> None:
    delay = delay_s(attempt, retry_after, fraction)
    assert delay >= (retry_after or 0)
    assert delay <= max(300, retry_after or 0)
    assert delay_s(attempt + 1, None, fraction) >= delay_s(attempt, None, fraction) > 0


@pytest.mark.parametrize(
    ("attempt", "expected"), [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (10**9, 300)]
)
def test_each_failure_doubles_the_delay(attempt: int, expected: float) -> None:
    assert delay_s(attempt, None, 0.0) == expected
