"""apply where two Kustomizations have the same object (threats A-52, B-12; promise C-11)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.cluster.errors import Forbidden
from penstock.kustomize.owner import owned_by

from tests.kustomize.builders import config_map
from tests.kustomize.world import APPS, World

if TYPE_CHECKING:
    from tests.fakes.cluster import Call

A, B = (config_map(name, data={"x": "1"}) for name in "ab")
MINE = {**A, "data": {"x": "2"}}


def shared(world: World) -> None:
    """`other` has applied `a`, which `apps` has as well."""
    world.push({"other/a.yaml": A, "apps/a.yaml": [MINE, B]})
    other = world.add("other")
    assert world.one(other).ok
    world.forget()
    world.add()


def warnings(world: World) -> list[str]:
    return [event.message for event in world.events.seen if event.reason == "TakenOver"]


def test_the_last_one_has_it_and_a_warning_names_the_other(world: World) -> None:
    shared(world)
    assert world.one(APPS).ok
    (live,) = (obj for obj in world.cluster.objects("ConfigMap") if obj["metadata"]["name"] == "a")
    assert (live["data"], owned_by(live, APPS)) == ({"x": "2"}, True)
    told = "ConfigMap/default/a was applied by Kustomization/flux-system/other too: leave it to one of them"
    assert warnings(world) == [told]
    assert str(world.events.seen[0].severity) == "error"


def test_where_sharing_is_refused_nothing_is_taken_over(world: World) -> None:
    shared(world)
    world.ports = replace(world.ports, refuse_shared=True)
    outcome = world.one(APPS)
    assert (outcome.ok, outcome.reason) == (False, "ReconciliationFailed")
    assert "was applied by Kustomization/flux-system/other too" in outcome.message
    assert "PENSTOCK_SHARED_OBJECTS" in outcome.message
    assert world.effects() == []


def test_what_nobody_owns_is_taken_over_in_silence(world: World) -> None:
    world.cluster.seed(A)
    world.ports = replace(world.ports, refuse_shared=True)
    world.push({"apps/a.yaml": [MINE, B]})
    world.add()
    assert world.one(APPS).ok
    assert warnings(world) == []


def test_an_object_that_may_not_be_read_counts_where_sharing_is_refused(world: World) -> None:
    shared(world)

    def a_read(call: Call) -> bool:
        return call.verb == "get" and call.ref.name == "a"

    world.cluster.fail(Forbidden("no"), a_read)
    world.ports = replace(world.ports, refuse_shared=True)
    assert "ConfigMap/default/a cannot be read to see whose it is" in world.one(APPS).message
    world.ports = replace(world.ports, refuse_shared=False)
    world.clock.move(3600)
    assert world.one(APPS).ok


def test_nothing_is_read_when_nothing_is_taken_over(world: World) -> None:
    world.push({"apps/a.yaml": [A, B]})
    world.add()
    assert world.one(APPS).ok
    world.forget()
    world.push({"apps/a.yaml": [MINE, B]})
    assert world.one(APPS).ok
    assert [call for call in world.cluster.calls if call.verb == "get" and call.ref.kind == "ConfigMap"] == []
