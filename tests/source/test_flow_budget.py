"""What fetch does when the time of its run is over, or the process is told to end (threats B-08)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import git_repository
from penstock.api.work import Function, Hint, WorkItem
from penstock.base.deadline import OutOfTime, Stop
from penstock.base.errors import Terminal, Transient
from penstock.source.flow import fetch

from tests.fakes.cluster import FakeCluster
from tests.source.world import ITEM, World, repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.cluster import Call

HINT = WorkItem(Function.FETCH, reason="push", hint=Hint(("https://host/r",), "refs/heads/main"))
NAMES = ("a", "b", "c")
BUDGET_S = 10.0


def push_for_three() -> World:
    return World(cluster=FakeCluster(*(repository(name) for name in NAMES)))


def run(world: World, item: WorkItem = HINT, **changes: Any) -> tuple[Any, ...]:
    return fetch(world.ports(budget_seconds=BUDGET_S, **changes), item)


def looked_at(world: World) -> list[str]:
    return [name for name in NAMES if world.status(name).get("artifact")]


def passing(world: World, seconds: float) -> Callable[[], None]:
    return lambda: world.clock.move(seconds)


def test_the_objects_of_a_push_that_it_did_not_get_to_are_one_item_each() -> None:
    world = push_for_three()
    world.fetcher.meanwhile = passing(world, 9.0)
    (outcome,) = run(world)
    assert outcome.ok
    assert looked_at(world) == ["a"]
    handed = [item for item in world.queue.items if item.reason == "handed over"]
    assert [(item.function, item.kind, item.namespace, item.name) for item in handed] == [
        (Function.FETCH, "GitRepository", "apps", name) for name in ("b", "c")
    ]
    assert not [line for line in world.events.lines() if line.startswith("error")]


def test_one_that_would_have_had_more_time_elsewhere_is_handed_over_and_has_not_failed() -> None:
    world = push_for_three()
    looks = iter([6.0, 3.0])

    def late() -> None:
        world.clock.move(next(looks))
        if len(world.fetcher.fetched) == 1:
            raise Transient("git did not end in time and was stopped")

    world.fetcher.meanwhile = late
    run(world)
    assert looked_at(world) == ["a"]
    assert [item.name for item in world.queue.items if item.reason == "handed over"] == ["b", "c"]
    assert "False" not in world.condition("Ready", "b")
    assert world.fetcher.fetched == ["main@sha1:" + "1" * 40]


def test_one_that_had_all_the_time_has_failed() -> None:
    world = World()
    world.fetcher.meanwhile = passing(world, 11.0)
    world.fetcher.fetch_error = Transient("git did not end in time and was stopped")
    outcome = world.fetch(budget_seconds=BUDGET_S)
    assert not outcome.ok
    assert "False" in world.condition("Ready")
    assert world.queue.items == []


def test_the_timeout_of_the_object_ends_the_look() -> None:
    world = World(cluster=FakeCluster(repository(timeout="7s")))
    assert world.fetch().ok
    (source,) = world.fetcher.asked
    assert source.deadline.remaining() == 7.0


def test_told_to_end_it_says_of_nothing_that_it_failed() -> None:
    stop, world = Stop(), World()
    world.fetcher.meanwhile = lambda: stop.tell(world.clock, 7.0)
    world.fetcher.fetch_error = Transient("git did not end in time and was stopped")
    with pytest.raises(OutOfTime):
        world.fetch(stop=stop)
    assert "False" not in world.condition("Ready")
    assert world.events.seen == []
    assert world.record() is None
    with pytest.raises(OutOfTime, match="told to end"):
        world.fetch(ITEM, stop=stop)
    world.fetcher.fetch_error = None
    assert world.fetch().ok


def test_where_there_is_no_queue_for_them_the_push_is_to_be_sent_again() -> None:
    world = push_for_three()
    world.fetcher.meanwhile = passing(world, 9.0)
    put = world.queue.put

    class Elsewhere:
        def put(self, item: WorkItem) -> None:
            if item.function is Function.FETCH:
                raise Terminal("there is no URL for fetch")
            put(item)

    with pytest.raises(OutOfTime) as caught:
        run(world, queue=Elsewhere())
    assert caught.value.retry_after == 1.0
    assert looked_at(world) == ["a"]


def test_a_push_of_which_nothing_could_be_begun_is_no_hand_over() -> None:
    world = push_for_three()

    def passes(call: Call) -> bool:
        if call.verb == "list":
            world.clock.move(9.0)
        return False

    world.cluster.fail(AssertionError(), passes)
    with pytest.raises(OutOfTime):
        run(world)
    assert world.queue.items == []


def test_each_object_of_a_push_is_looked_at_in_the_end() -> None:
    world = push_for_three()
    world.fetcher.meanwhile = passing(world, 9.0)
    items = [HINT]
    while items:
        run(world, items.pop(0))
        items += [item for item in world.queue.items if item.function is Function.FETCH]
        world.queue.items.clear()
    assert looked_at(world) == list(NAMES)
    assert world.object("a")["metadata"]["name"] == git_repository("apps", "a").name
