"""apply and the brake: what is held, what goes ahead all the same, what an approval is for (decision 9)."""

from __future__ import annotations

from dataclasses import replace

from penstock.cluster.errors import Forbidden
from penstock.kustomize.brake import Brake

from tests.kustomize.builders import changed, config_map, make
from tests.kustomize.world import APPS, World, about

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")


def test_a_build_that_became_empty_holds_its_deletions(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()
    world.forget()
    revision = world.push({"apps/a.yaml": ""})
    outcome = world.one()
    assert (outcome.ok, outcome.reason) == (False, "PruneFailed")
    assert "the build is empty and would delete all 2 objects" in outcome.message
    assert world.effects() == []
    assert world.inventory() == ["default_a__ConfigMap", "default_b__ConfigMap"]
    assert world.condition("Stalled")[1] == world.condition("Ready")[1] == "PruneFailed"
    assert world.events.lines() == [f"error Kustomization/flux-system/apps PruneFailed: {outcome.message}"]
    world.cluster.calls.clear()
    assert world.run() == ()
    world.patch(APPS, {"metadata": {"annotations": {"penstock.dev/approve": revision}}})
    assert world.one().changes == ("ConfigMap/default/b deleted", "ConfigMap/default/a deleted")
    assert world.owned() == []
    assert world.condition()[0] == "True"


def test_held_deletions_do_not_hold_the_rest(world: World) -> None:
    many = [config_map(f"m{number}") for number in range(22)]
    world.add()
    world.push({"apps/a.yaml": [A, *many]})
    world.one()
    world.push({"apps/a.yaml": [changed(A, x="2"), C]})
    outcome = world.one()
    assert outcome.changes == ("ConfigMap/default/a configured", "ConfigMap/default/c created")
    assert "the build would delete 22 of 23 objects" in outcome.message
    assert len(world.inventory()) == 24


def test_what_was_held_stays_held_though_its_share_of_the_inventory_shrinks(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [config_map(f"old{number}") for number in range(30)]})
    world.one()
    world.push({"apps/a.yaml": [config_map(f"new{number}") for number in range(90)]})
    for _ in range(3):
        outcome = world.one()
        assert "the build would delete 30 of 30 objects" in outcome.message
        assert len(world.inventory()) == 120
        world.forget()


def test_without_a_record_of_what_there_was_many_deletions_are_held(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [config_map(f"m{number}") for number in range(100)]})
    world.one()
    world.records.delete(APPS)
    world.push({"apps/a.yaml": [config_map(f"m{number}") for number in range(79)]})
    assert "21 objects, and it is not known how many there were" in world.one().message
    world.push({"apps/a.yaml": [config_map(f"m{number}") for number in range(80)]})
    assert world.one().ok


def test_kinds_that_are_always_held_let_the_others_go(world: World) -> None:
    world.ports = replace(world.ports, brake=Brake(kinds=("Namespace",)))
    world.add()
    world.push({"apps/a.yaml": [A, B, make("v1", "Namespace", "team")]})
    world.one()
    revision = world.push({"apps/a.yaml": A})
    outcome = world.one()
    assert outcome.changes == ("ConfigMap/default/b deleted",)
    assert "1 Namespace would be deleted, which is always held. Held: Namespace/team." in outcome.message
    assert world.inventory() == ["default_a__ConfigMap", "_team__Namespace"]
    assert world.condition("Stalled")[1] == "PruneFailed"
    world.patch(APPS, {"metadata": {"annotations": {"penstock.dev/approve": revision}}})
    assert world.one().changes == ("Namespace/team deleted",)
    assert world.condition()[0] == "True"


def test_what_could_not_be_deleted_is_told_beside_what_is_held(world: World) -> None:
    world.ports = replace(world.ports, brake=Brake(kinds=("Namespace",)))
    world.add()
    world.push({"apps/a.yaml": [A, B, make("v1", "Namespace", "team")]})
    world.one()
    world.cluster.fail(Forbidden("policy says no"), about("b", verb="delete", dry_run=False), once=True)
    world.push({"apps/a.yaml": A})
    told = world.one().message.splitlines()
    assert told[0].startswith("deletion held at revision main@sha1:")
    assert told[1] == "delete failed, errors: ConfigMap/default/b delete failed: policy says no;"
    assert sorted(world.inventory()) == ["_team__Namespace", "default_a__ConfigMap", "default_b__ConfigMap"]
