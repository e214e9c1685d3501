"""Many that are due at once, and ticks that come twice, late or during a run (threats B-29, B-33)."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.work import Function, WorkItem
from penstock.kustomize.flow import apply
from penstock.schedule.flow import TickPorts, tick

from tests.fakes.builder import FakeBuilder
from tests.kustomize.builders import config_map
from tests.kustomize.world import REPOSITORY, World
from tests.queue.folders import claimed, opened

if TYPE_CHECKING:
    from pathlib import Path

APPS = 240
AT_ONCE = 4


TICK = WorkItem(Function.TICK)


def ticking(world: World) -> TickPorts:
    """The tick of this world."""
    ports = world.ports
    return TickPorts(ports.cluster, ports.records, ports.queue, ports.claims, ports.clock, ports.log)


class Crowd(FakeBuilder):
    """Counts the builds under way; each waits for three others as long as so many are to be had."""

    def __init__(self, at_once: int) -> None:
        super().__init__()
        self.most = 0
        self._running = 0
        self._changed = threading.Condition()
        self._together = threading.Barrier(at_once)

    def build(self, *args: Any, **kwargs: Any) -> Any:
        with self._changed:
            self._running += 1
            self.most = max(self.most, self._running)
        try:
            self._together.wait(60)
            return super().build(*args, **kwargs)
        finally:
            with self._changed:
                self._running -= 1


def test_all_of_a_source_are_one_item_and_no_more_than_so_many_run_at_once(world: World) -> None:
    builder = Crowd(AT_ONCE)
    world.ports = replace(world.ports, kustomizations=AT_ONCE, builder=builder)
    for n in range(APPS):
        world.add(f"k{n:03}", path="./apps")
    world.push({"apps/a.yaml": config_map("a")})
    items = [item for item in tick(ticking(world), TICK) if item.function is Function.APPLY]
    assert [(item.kind, item.name) for item in items] == [(REPOSITORY.kind, REPOSITORY.name)]
    outcomes = apply(world.ports, items[0])
    assert (len(outcomes), all(outcome.ok for outcome in outcomes)) == (APPS, True)
    assert builder.most == AT_ONCE
    assert apply(world.ports, items[0]) == ()


@pytest.mark.parametrize("set_back_s", [0, -3600, 7200])
def test_ticks_that_come_twice_late_or_during_a_run_are_one_run(
    world: World, tmp_path: Path, set_back_s: float
) -> None:
    """Threats B-29: five intervals were missed, the clock may have been set, and each tick comes twice."""
    world.add()
    world.push({"apps/a.yaml": config_map("a")})
    queue = opened(tmp_path, world.clock)
    world.ports = replace(world.ports, queue=queue)
    assert world.one().ok
    world.forget()
    world.clock.set_back(set_back_s)
    for _ in range(2):
        tick(ticking(world), TICK)
    item = next(one for one in (claimed(queue), claimed(queue)) if one.item.function is Function.APPLY)
    for _ in range(2):
        tick(ticking(world), TICK)
    assert [outcome.ok for outcome in apply(world.ports, item.item)] == [True]
    queue.done(item)
    again = claimed(queue)
    assert again.item.function is Function.APPLY
    assert apply(world.ports, again.item) == ()
    queue.done(again)
    assert queue.claim() is None
    assert world.effects() == []
