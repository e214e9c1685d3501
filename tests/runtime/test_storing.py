from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.awaited import Awaited
from penstock.api.work import Function, Outcome, WorkItem
from penstock.base.deadline import Stop
from penstock.runtime.storing import Storing

from tests.admission.reviews import flux_object
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster

if TYPE_CHECKING:
    from penstock.api.objects import Json


class World:
    """A change that is stored at the k-th pause, or never."""

    def __init__(self, change: Json | None = None, at: int = 1) -> None:
        self.cluster, self.clock, self.stop = FakeCluster(), FakeClock(), Stop()
        self.pauses: list[float] = []
        self._change, self._at = change, at
        self.storing = Storing(lambda: self.cluster, self.clock, self.stop, self._pause)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.move(seconds)
        if self._change is not None and len(self.pauses) == self._at:
            self.cluster.seed(self._change)


NEW = flux_object("Kustomization", "web")


def awaited(obj: Json) -> Awaited:
    meta = obj["metadata"]
    return Awaited(obj["kind"], meta["namespace"], meta["name"], meta["generation"])


def test_a_look_begins_once_what_it_is_about_is_stored() -> None:
    world = World(NEW, at=3)
    seen = []

    def flow(item: WorkItem) -> tuple[Outcome, ...]:
        seen.append((item, len(world.pauses), len(world.cluster.objects("Kustomization"))))
        return (Outcome(True, "done"),)

    item = WorkItem(Function.APPLY, "GitRepository", "apps", "fleet", awaits=(awaited(NEW),))
    assert world.storing.first(flow)(item) == (Outcome(True, "done"),)
    assert seen == [(item, 3, 1)]
    assert world.pauses == [0.01, 0.02, 0.04]


def test_what_waits_for_nothing_costs_nothing() -> None:
    world = World()
    assert world.storing.wait(())
    assert (world.cluster.calls, world.pauses) == ([], [])


def test_what_is_stored_already_costs_one_request_each() -> None:
    world = World()
    other = flux_object("GitRepository", "fleet", generation=4, asked="now")
    world.cluster.seed(NEW, other)
    assert world.storing.wait((awaited(NEW), awaited(other)))
    assert [call.verb for call in world.cluster.calls] == ["get", "get"]


def test_what_is_never_stored_is_waited_for_a_moment_only() -> None:
    world = World()
    assert not world.storing.wait((awaited(NEW),))
    assert 3.0 <= sum(world.pauses) < 3.3
    assert max(world.pauses) == 0.2


def test_a_process_that_ends_waits_for_nothing() -> None:
    world = World()
    world.stop.tell(world.clock, 1)
    assert not world.storing.wait((awaited(NEW),))
    assert world.pauses == []
