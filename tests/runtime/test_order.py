"""Pushes that overtake each other within one process: the newest is what stays (threats B-03)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec
import pytest
from penstock.api.work import Function, Outcome, WorkItem
from penstock.base.clock import SystemClock
from penstock.queue.folder import FolderQueue
from penstock.runtime.worker import Worker
from penstock.source.flow import fetch

from tests.source.world import ITEM, ONE, TWO, World
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Process:
    """A queue and four workers that fetch; what they are told to apply is remembered."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self.world = World()
        self.queue = FolderQueue(folder, clock=clock, most_items=100, most_attempts=3)
        self.ports = self.world.ports(queue=self.queue)
        self.applied: list[str] = []
        self.held, self.released = threading.Event(), threading.Event()
        self.worker = Worker(self.queue, self._run, self.ports.log, clock, threads=4)

    def _run(self, item: WorkItem) -> tuple[Outcome, ...]:
        if item.function is Function.FETCH:
            return fetch(self.ports, item)
        self.applied.append(self.world.status()["artifact"]["revision"])
        return ()

    def hold_once(self) -> None:
        """The next fetch of a commit waits, with the commit at hand, until it is released."""
        self.world.fetcher.meanwhile = self._wait

    def _wait(self) -> None:
        self.world.fetcher.meanwhile = lambda: None
        self.held.set()
        self.released.wait(60)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    process.worker.start()
    yield process
    process.released.set()
    process.worker.stop()
    eventually(lambda: not process.worker.running(), "the worker's end")
    process.queue.close()


@pytest.mark.parametrize("hints", [1, 20])
def test_a_push_during_a_fetch_is_what_stays_however_late_that_ends(process: Process, hints: int) -> None:
    process.hold_once()
    process.queue.put(ITEM)
    assert process.held.wait(60)
    process.world.fetcher.commit = TWO
    for number in range(hints):
        process.queue.put(msgspec.structs.replace(ITEM, token=str(number)))
    assert process.queue.counts() == (1, 1, 0)
    process.released.set()
    eventually(lambda: process.queue.counts() == (0, 0, 0), "the end of all work")
    assert process.world.fetcher.fetched == [f"main@sha1:{commit}" for commit in (ONE, TWO)]
    assert process.world.status()["artifact"]["revision"] == f"main@sha1:{TWO}"
    assert process.applied[-1] == f"main@sha1:{TWO}"
    assert process.applied == sorted(process.applied)
