"""apply: objects with a field that cannot be changed, and what keeps them from being made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.cluster.errors import Conflict, Forbidden, Invalid

from tests.kustomize.builders import changed, config_map, ref
from tests.kustomize.world import APPS, World, about

if TYPE_CHECKING:
    from tests.fakes.cluster import Call


A, B = (config_map(name, data={"x": "1"}) for name in "ab")
A_REF = ref("ConfigMap", "a", "default")
IMMUTABLE = Invalid("a is invalid: data: field is immutable", immutable=True)


def applied(world: World, **spec: Any) -> None:
    world.add(**spec)
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    world.forget()
    world.push({"apps/a.yaml": changed(A, x="2")})


def refuses(world: World, error: Invalid = IMMUTABLE) -> None:
    """The API server refuses to change `a`, as long as it is the same object."""
    (old,) = (obj for obj in world.cluster.objects("ConfigMap") if obj["metadata"]["name"] == "a")

    def same(call: Call) -> bool:
        there = [obj["metadata"]["uid"] for obj in world.cluster.objects("ConfigMap")]
        return about("a")(call) and old["metadata"]["uid"] in there

    world.cluster.fail(error, same)


def test_with_force_an_object_is_tried_anew_then_deleted_and_made(world: World) -> None:
    applied(world, force=True)
    refuses(world)
    world.cluster.calls.clear()
    assert world.one().changes == ("ConfigMap/default/a created",)
    verbs = [
        (call.verb, call.dry_run) for call in world.cluster.calls if call.ref == A_REF and call.verb != "get"
    ]
    assert verbs == [("apply", True), ("create", True), ("delete", False), ("apply", False)]
    assert world.get(A_REF)["data"] == {"x": "2"}


@pytest.mark.parametrize(
    ("spec", "error"),
    [({"force": False}, IMMUTABLE), ({"force": True}, Invalid("a is invalid: data: too long"))],
)
def test_without_force_or_proof_nothing_is_deleted(
    world: World, spec: dict[str, Any], error: Invalid
) -> None:
    applied(world, **spec)
    refuses(world, error)
    assert "dry-run failed (Invalid)" in world.one().message
    assert world.effects() == []


def test_a_conflict_deletes_nothing(world: World) -> None:
    applied(world, force=True)
    world.cluster.fail(Conflict("the field is immutable"), about("a"))
    assert not world.one().ok
    assert world.effects() == []


def test_a_new_object_that_would_be_refused_keeps_the_old_one(world: World) -> None:
    applied(world, force=True)
    refuses(world)
    world.cluster.fail(Forbidden("a quota says no"), about("a", verb="create"))
    assert "would be refused: a quota says no" in world.one().message
    assert world.effects() == []


def test_what_changed_since_it_was_judged_is_not_deleted(world: World) -> None:
    applied(world, force=True)
    refuses(world)

    def touched(call: Call) -> bool:
        if about("a", verb="delete", dry_run=False)(call):
            world.patch(A_REF, {"data": {"by": "somebody"}})
        return False

    world.cluster.fail(Forbidden("never"), touched)
    assert "ConfigMap/default/a apply failed: " in world.one().message
    assert world.get(A_REF)["data"]["by"] == "somebody"


def test_an_object_that_may_not_be_deleted_stays_and_is_told(world: World) -> None:
    """Threats B-17."""
    applied(world, force=True)
    refuses(world)
    world.cluster.fail(Forbidden("a policy says no"), about("a", verb="delete", dry_run=False))
    assert world.one().message == "ConfigMap/default/a apply failed: a policy says no"
    assert world.get(A_REF)["data"] == {"x": "1"}
    assert world.inventory() == ["default_a__ConfigMap"]


def test_a_finalizer_that_nobody_removes_is_waited_for_until_the_timeout(world: World) -> None:
    """Threats B-17: then it is told, and the object is made anew once it is gone."""
    applied(world, force=True, timeout="1m")
    world.patch(A_REF, {"metadata": {"finalizers": ["example.com/never"]}})
    refuses(world)

    def passes(call: Call) -> bool:
        if call.verb == "watch":
            world.clock.move(3)
        return False

    world.cluster.fail(AssertionError(), passes)
    outcome = world.one()
    assert (outcome.ok, outcome.reason) == (False, "ReconciliationFailed")
    assert "ConfigMap/default/a immutable field detected, failed to wait for object" in outcome.message
    assert world.inventory() == ["default_a__ConfigMap"]
    world.patch(A_REF, {"metadata": {"finalizers": None}})
    assert world.one(APPS).changes == ("ConfigMap/default/a created",)
    assert world.get(A_REF)["data"] == {"x": "2"}


def _to_be_made_anew() -> World:
    world = World()
    applied(world, force=True)
    refuses(world)
    return world


@pytest.mark.parametrize("after", [False, True])
def test_a_process_that_dies_at_any_call_leaves_the_rest_to_the_next(after: bool) -> None:
    for k in range(1, 100):
        world = _to_be_made_anew()
        died = world.run_killed(k, after=after)
        assert world.inventory() == ["default_a__ConfigMap"]
        world.clock.move(3600)
        assert all(outcome.ok for outcome in world.run(APPS))
        assert world.get(A_REF)["data"] == {"x": "2"}
        if not died:
            return
    pytest.fail("it makes more calls than that")
