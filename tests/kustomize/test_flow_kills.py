"""apply killed at every call of a port: before it had its effect, and just after (threats B-06, B-07).

The ports are the cluster, the bucket (artifacts, records), the queue and whoever takes events.

Whatever the moment: everything that carries our labels is in the inventory, and the next runs end where an
undisturbed one would have ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import ObjectRef

from tests.kustomize.builders import changed, config_map, crd, make
from tests.kustomize.world import APPS, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json

    from tests.fakes.cluster import Call

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")
WIDGET = make("example.com/v1", "Widget", "w", "team")
FIRST: list[Json] = [A, B, make("v1", "Secret", "s", "default")]
SECOND: list[Json] = [
    changed(A, x="2"),
    C,
    crd(),
    WIDGET,
    make("v1", "Namespace", "team"),
    make("storage.k8s.io/v1", "StorageClass", "fast"),
]
AFTER_FIRST = ["ConfigMap/default/a", "ConfigMap/default/b", "Secret/default/s"]
AFTER_SECOND = [
    "ConfigMap/default/a",
    "ConfigMap/default/c",
    "CustomResourceDefinition/widgets.example.com",
    "Namespace/team",
    "StorageClass/fast",
    "Widget/team/w",
]
_MOST_CALLS = 300


def _world(*, quiet: bool = False) -> World:
    world = World()
    if quiet:
        world.be_quiet()
    world.add()
    return world


def _nothing_is_lost(world: World) -> None:
    """Every object with our labels is in the inventory of the status."""
    listed = {tuple(entry.split("_")[i] for i in (0, 1, 3)) for entry in world.inventory()}
    owned = {tuple(part for part in name.split("/")) for name in world.owned()}
    named = {(parts[1] if len(parts) == 3 else "", parts[-1], parts[0]) for parts in owned}
    assert named <= listed


def _settle(world: World) -> None:
    """What the queue and the tick do: they come again until nothing is due."""
    for _ in range(5):
        if not world.run():
            return
    raise AssertionError("it never comes to rest")


def _ends_as(world: World, expected: list[str]) -> None:
    assert world.owned() == expected
    _nothing_is_lost(world)
    _check_again(world)
    assert world.owned() == expected
    assert len(world.inventory()) == len(expected)
    assert world.condition()[0] == "True"
    assert world.condition("Reconciling") == ("", "", "")


def _check_again(world: World) -> None:
    """At the next interval: what might have come into being after its run was cut off has not."""
    world.clock.move(600)
    world.run()


@pytest.mark.parametrize("after", [False, True])
def test_a_first_run_may_die_anywhere(after: bool) -> None:
    for k in range(1, _MOST_CALLS):
        world = _world()
        world.push({"apps/a.yaml": SECOND})
        died = world.run_killed(k, after=after)
        _nothing_is_lost(world)
        _settle(world)
        _ends_as(world, AFTER_SECOND)
        if not died:
            return
    raise AssertionError("the sweep has no end")


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_an_update_may_die_anywhere(after: bool, quiet: bool) -> None:
    for k in range(1, _MOST_CALLS):
        world = _world(quiet=quiet)
        world.push({"apps/a.yaml": FIRST})
        world.run()
        world.push({"apps/a.yaml": SECOND})
        died = world.run_killed(k, after=after)
        _nothing_is_lost(world)
        _settle(world)
        _ends_as(world, AFTER_SECOND)
        if not died:
            return
    raise AssertionError("the sweep has no end")


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_what_a_dead_run_made_goes_if_the_next_revision_lacks_it(after: bool, quiet: bool) -> None:
    for k in range(1, _MOST_CALLS):
        world = _world(quiet=quiet)
        world.push({"apps/a.yaml": FIRST})
        world.run()
        world.push({"apps/a.yaml": SECOND})
        died = world.run_killed(k, after=after)
        world.push({"apps/a.yaml": FIRST})
        _settle(world)
        _ends_as(world, AFTER_FIRST)
        if not died:
            return
    raise AssertionError("the sweep has no end")


@pytest.mark.parametrize("after", [False, True])
def test_a_quiet_look_may_die_anywhere(after: bool) -> None:
    """Also what a person changed in the meantime is put right in the end."""
    for k in range(1, _MOST_CALLS):
        world = _world(quiet=True)
        world.push({"apps/a.yaml": FIRST})
        world.run()
        world.push({"apps/a.yaml": FIRST, "README": "second"})
        died = world.run_killed(k, after=after)
        world.patch(ObjectRef.from_object(A), {"data": {"x": "by hand"}})
        _settle(world)
        _ends_as(world, AFTER_FIRST)
        assert world.get(ObjectRef.from_object(A))["data"] == A["data"]
        if not died:
            return
    raise AssertionError("the sweep has no end")


@pytest.mark.parametrize("after", [False, True])
def test_a_deletion_may_die_anywhere(after: bool) -> None:
    for k in range(1, _MOST_CALLS):
        world = _world()
        world.push({"apps/a.yaml": FIRST})
        world.run()
        world.cluster.delete(APPS, uid=None)
        died = world.run_killed(k, after=after)
        _settle(world)
        assert world.owned() == []
        assert world.cluster.objects("Kustomization") == ()
        if not died:
            return
    raise AssertionError("the sweep has no end")


@pytest.mark.parametrize("after", [False, True])
def test_a_run_that_hands_over_may_die_anywhere(after: bool) -> None:
    for k in range(1, _MOST_CALLS):
        world = World(budget_seconds=10.0)
        world.add()
        world.push({"apps/a.yaml": FIRST})
        world.run()
        world.push({"apps/a.yaml": SECOND})
        world.cluster.fail(AssertionError(), _slow(world))
        died = world.run_killed(k, after=after)
        assert world.owned() != AFTER_SECOND
        _nothing_is_lost(world)
        _settle(world)
        _ends_as(world, AFTER_SECOND)
        if not died:
            assert world.queue.items[0].reason == "handed over"
            return
    raise AssertionError("the sweep has no end")


def _slow(world: World) -> Callable[[Call], bool]:
    """Each write takes so long that two of them fill a run's budget."""

    def passes(call: Call) -> bool:
        if call.verb == "apply" and not call.dry_run:
            world.clock.move(4.5)
        return False

    return passes


def test_two_deaths_in_a_row_lose_nothing() -> None:
    for k in range(8, 40, 3):
        world = _world()
        world.push({"apps/a.yaml": SECOND})
        world.run_killed(k, after=True)
        world.push({"apps/a.yaml": FIRST})
        world.run_killed(k, after=False)
        _nothing_is_lost(world)
        _settle(world)
        _ends_as(world, AFTER_FIRST)
