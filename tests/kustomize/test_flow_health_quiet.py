"""apply: health at looks that find nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kustomize.builders import config_map, crd
from tests.kustomize.healthy import at_watch, push_widgets, put, says, widget

if TYPE_CHECKING:
    from tests.kustomize.world import World


@pytest.fixture
def quiet(waiting: World) -> World:
    """The same, healthy and applied; looked at ten minutes later."""
    waiting.be_quiet()
    put(waiting, says("True"))()
    push_widgets(waiting)
    assert waiting.one().ok
    _later(waiting)
    return waiting


def _later(world: World) -> None:
    world.forget()
    world.clock.move(601 - 3600)
    world.builder.paths.clear()
    world.judge.judged.clear()


def test_a_quiet_look_judges_nothing_that_has_not_moved(quiet: World) -> None:
    assert quiet.one().ok
    assert (quiet.builder.paths, quiet.judge.judged, quiet.status_writes()) == ([], [], [])
    assert quiet.condition("Healthy")[0] == "True"


def test_a_quiet_look_does_not_count_who_is_left_alone(waiting: World) -> None:
    waiting.be_quiet()
    alone = {"kustomize.toolkit.fluxcd.io/ssa": "Ignore"}
    left = {**widget("w"), "metadata": {**widget("w")["metadata"], "annotations": alone}}
    waiting.push({"apps/w.yaml": [left, widget("v")]})
    assert waiting.one().ok
    _later(waiting)
    assert waiting.one().ok
    assert (waiting.builder.paths, waiting.judge.judged, waiting.status_writes()) == ([], [], [])


def test_a_quiet_look_judges_what_moved_and_builds_nothing_for_it(quiet: World) -> None:
    put(quiet, {**says("True"), "seen": 5})()
    assert quiet.one().ok
    assert quiet.builder.paths == []
    assert "w" in quiet.judge.judged
    assert quiet.status_writes() == []


def test_a_quiet_look_sees_who_is_not_healthy_any_more(quiet: World) -> None:
    put(quiet, says("True", "Stalled"))()
    outcome = quiet.one()
    assert outcome.reason == "HealthCheckFailed"
    assert quiet.builder.paths == []
    assert quiet.condition()[:2] == ("False", "HealthCheckFailed")


def test_a_quiet_look_waits_for_who_is_being_put_right(quiet: World) -> None:
    put(quiet, says("False"))()
    at_watch(quiet, put(quiet, says("True")))
    assert quiet.one().ok
    assert quiet.builder.paths == []
    assert quiet.condition("Healthy")[0] == "True"


def test_a_quiet_look_sees_a_named_object_that_is_not_its_own(world: World) -> None:
    world.be_quiet()
    world.cluster.seed(crd(), {**widget(), "status": says("True")})
    check = {"apiVersion": "example.com/v1", "kind": "Widget", "name": "w", "namespace": "default"}
    world.add(healthChecks=[check])
    world.push({"apps/a.yaml": config_map("a")})
    assert world.one().ok
    _later(world)
    assert world.one().ok
    assert (world.builder.paths, world.status_writes()) == ([], [])
    _later(world)
    put(world, says("True", "Stalled"))()
    assert world.one().reason == "HealthCheckFailed"
