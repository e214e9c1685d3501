"""Approving held deletions, on a cluster in memory."""

from __future__ import annotations

import pytest
from penstock.base.errors import Transient
from penstock.cluster.errors import Conflict
from penstock.kustomize.approve import NothingHeld, approve, pending

from tests.kustomize.builders import config_map
from tests.kustomize.world import APPS, World

A, B = (config_map(name) for name in "ab")


def _held(world: World) -> str:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()
    revision = world.push({"apps/a.yaml": ""})
    world.one()
    return revision


def test_what_changed_meanwhile_is_approved_only_if_it_is_still_the_same_revision(world: World) -> None:
    revision = _held(world)
    found = pending(world.cluster, APPS, world.runs)
    world.patch(APPS, {"metadata": {"labels": {"x": "y"}}})
    approve(world.cluster, found)
    assert world.get()["metadata"]["annotations"] == {"penstock.dev/approve": revision}
    again = pending(world.cluster, APPS, None)
    assert (again.approved, again.held) == (True, None)


def test_another_revision_is_never_approved_in_its_place(world: World) -> None:
    _held(world)
    found = pending(world.cluster, APPS, world.runs)
    world.push({"apps/a.yaml": "# nothing\n"})
    world.one()
    with pytest.raises(NothingHeld, match="by now"):
        approve(world.cluster, found)
    assert "annotations" not in world.get()["metadata"]


def test_an_object_that_never_stands_still_is_told(world: World) -> None:
    _held(world)
    found = pending(world.cluster, APPS, world.runs)
    world.cluster.fail(Conflict("changed"), lambda call: call.verb == "patch")
    with pytest.raises(Transient, match="try again"):
        approve(world.cluster, found)


def test_an_approved_revision_lets_the_next_run_delete(world: World) -> None:
    _held(world)
    approve(world.cluster, pending(world.cluster, APPS, world.runs))
    assert world.one().ok
    assert world.owned() == []
    with pytest.raises(NothingHeld, match="holds no deletions"):
        pending(world.cluster, APPS, world.runs)
