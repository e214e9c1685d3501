"""The run that rolls back, and the one that ends that, killed at every call of a port."""

from __future__ import annotations

import pytest
from penstock.api.objects import annotations_of
from penstock.api.rollback import ROLLBACK_ANNOTATION

from tests.kustomize.rollbacks import NEWER, data_of, roll_back, two_revisions
from tests.kustomize.world import World

_MOST_CALLS = 300


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_the_run_that_rolls_back_may_die_anywhere(after: bool, quiet: bool) -> None:
    for k in range(1, _MOST_CALLS):
        world = World()
        if quiet:
            world.be_quiet()
        world.add()
        good, bad = two_revisions(world)
        roll_back(world, good, bad)
        died = world.run_killed(k, after=after)
        _settle(world)
        assert (data_of(world), world.status()["lastAppliedRevision"]) == ("1", good["revision"])
        assert world.owned() == ["ConfigMap/default/a", "ConfigMap/default/b"]
        assert ROLLBACK_ANNOTATION in annotations_of(world.get())
        if not died:
            return
    raise AssertionError("the sweep has no end")


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_the_run_that_ends_it_may_die_anywhere(after: bool, quiet: bool) -> None:
    for k in range(1, _MOST_CALLS):
        world = World()
        if quiet:
            world.be_quiet()
        world.add()
        good, bad = two_revisions(world)
        roll_back(world, good, bad)
        world.run()
        newer = world.push({"apps/all.yaml": NEWER})
        died = world.run_killed(k, after=after)
        _settle(world)
        assert (data_of(world), world.status()["lastAppliedRevision"]) == ("3", newer)
        assert ROLLBACK_ANNOTATION not in annotations_of(world.get())
        assert world.condition()[2] == f"Applied revision: {newer}"
        if not died:
            return
    raise AssertionError("the sweep has no end")


def _settle(world: World) -> None:
    for _ in range(6):
        if not world.run():
            break
    world.clock.move(700)
    world.run()
