"""A tick has an end, however many objects there are and however slow all is (threats B-33)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import git_repository, kustomization
from penstock.base.deadline import OutOfTime, Stop
from penstock.schedule.flow import tick
from penstock.store.records import Record, Records

from tests.fakes.bucket import MemoryBucket
from tests.schedule.world import TICK, World

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.api.refs import ObjectRef
    from penstock.api.work import WorkItem

APPS = 500
BUDGET_S = 100.0


class Slow(Records):
    """Each record takes a second to be read."""

    def __init__(self, bucket: MemoryBucket, world: World) -> None:
        super().__init__(bucket, world.cluster.identity())
        self._clock = world.clock

    def read(self, ref: ObjectRef) -> Record | None:
        """The record, a second later."""
        self._clock.move(1.0)
        return super().read(ref)


@pytest.fixture
def crowd(tmp_path: Path) -> World:
    """500 Kustomizations of ten sources, all of them due."""
    world = World(tmp_path)
    world.records = Records(MemoryBucket(), world.cluster.identity())
    for n in range(10):
        world.settle(git_repository("apps", f"s{n}"))
    for n in range(APPS):
        world.settle(kustomization("apps", f"k{n:03}"), source=f"s{n % 10}")
    world.clock.move(3600)
    world.ports = replace(world.ports, budget_seconds=BUDGET_S, records=world.records)
    return world


def test_five_hundred_objects_that_are_due_at_once_are_two_items_for_each_source(crowd: World) -> None:
    started = crowd.clock.monotonic()
    assert len(tick(crowd.ports, TICK)) == 20
    assert crowd.clock.monotonic() == started


def test_a_tick_that_cannot_look_at_all_of_them_queues_what_it_found_and_says_so(crowd: World) -> None:
    ports = replace(crowd.ports, records=Slow(MemoryBucket(), crowd))
    with pytest.raises(OutOfTime, match=r"looked at 90 of 510 objects .* PENSTOCK_TICK_BUDGET_SECONDS"):
        tick(ports, TICK)
    assert len(crowd.queue.items) == 20


def test_a_queue_that_takes_its_time_does_not_hold_the_tick_for_ever(crowd: World) -> None:
    put = crowd.queue.put

    class Slowly:
        def put(self, item: WorkItem) -> None:
            crowd.clock.move(30.0)
            put(item)

    with pytest.raises(OutOfTime, match="queued 4 of 20 items"):
        tick(replace(crowd.ports, queue=Slowly()), TICK)
    assert len(crowd.queue.items) == 4


def test_told_to_end_it_looks_no_further(crowd: World) -> None:
    stop = Stop()
    stop.tell(crowd.clock, 7.0)
    with pytest.raises(OutOfTime):
        tick(replace(crowd.ports, stop=stop), TICK)
    assert crowd.queue.items == []
