"""A Kustomization that is deleted (contract C7b)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from penstock.api.crds import manifests
from penstock.api.refs import kustomization
from penstock.cluster.errors import Forbidden

from tests.kustomize.builders import config_map, make, ref
from tests.kustomize.world import APPS, REPOSITORY, World

A, B = (config_map(name, data={"x": "1"}) for name in "ab")
GROUP = "kustomize.toolkit.fluxcd.io"


def _applied(world: World, **spec: Any) -> None:
    world.add(**spec)
    world.push({"apps/a.yaml": [A, B, make("v1", "Namespace", "team")]})
    world.one()
    world.forget()


def test_its_objects_go_first_in_reverse_order_then_the_finalizer(world: World) -> None:
    _applied(world)
    world.cluster.delete(APPS, uid=None)
    world.cluster.calls.clear()
    outcome = world.one()
    assert outcome.ok
    assert outcome.changes == (
        "ConfigMap/default/b deleted",
        "ConfigMap/default/a deleted",
        "Namespace/team deleted",
    )
    assert world.owned() == []
    assert world.cluster.objects("Kustomization") == ()
    lines = "\n".join(outcome.changes)
    assert world.events.lines() == [f"info Kustomization/flux-system/apps ReconciliationSucceeded: {lines}"]
    assert world.records.read(APPS) is None


def test_with_its_kind_go_the_objects_of_flux_and_nothing_that_they_applied(world: World) -> None:
    _applied(world)
    (crd,) = (one for one in manifests() if one["metadata"]["name"] == f"kustomizations.{GROUP}")
    crd["metadata"] |= {"deletionTimestamp": "2030-01-01T12:00:00Z", "finalizers": ["cleanup"]}
    world.cluster.seed(crd)
    world.cluster.delete(APPS, uid=None)
    assert world.one().ok
    assert len(world.owned()) == 3
    assert world.cluster.objects("Kustomization") == ()


def test_who_may_not_see_the_kinds_deletes_as_ever(world: World) -> None:
    _applied(world)
    world.cluster.fail(Forbidden("no"), lambda call: call.ref.kind == "CustomResourceDefinition")
    world.cluster.delete(APPS, uid=None)
    assert world.one().ok
    assert world.owned() == []


@pytest.mark.parametrize(
    ("spec", "left"),
    [
        ({"prune": False}, 3),
        ({"prune": True, "suspend": True}, 3),
        ({"prune": True, "deletionPolicy": "Orphan"}, 3),
        ({"prune": False, "deletionPolicy": "Delete"}, 0),
        ({"prune": True, "deletionPolicy": "Unheard"}, 0),
    ],
)
def test_the_policy_says_what_becomes_of_the_objects(world: World, spec: dict[str, Any], left: int) -> None:
    _applied(world)
    world.patch(APPS, {"spec": spec})
    world.cluster.delete(APPS, uid=None)
    assert world.one(APPS).ok
    assert len(world.owned()) == left
    assert world.cluster.objects("Kustomization") == ()


def test_a_suspended_one_only_loses_its_finalizer(world: World) -> None:
    _applied(world)
    world.patch(APPS, {"spec": {"suspend": True}})
    world.cluster.delete(APPS, uid=None)
    world.cluster.calls.clear()
    assert world.one().ok
    assert [call.verb for call in world.cluster.writes()] == ["patch"]
    assert world.events.seen == []


def test_foreign_and_kept_objects_stay(world: World) -> None:
    _applied(world)
    world.patch(ref("ConfigMap", "a", "default"), {"metadata": {"labels": {f"{GROUP}/name": "x"}}})
    world.patch(
        ref("ConfigMap", "b", "default"), {"metadata": {"annotations": {f"{GROUP}/prune": "disabled"}}}
    )
    world.cluster.delete(APPS, uid=None)
    assert world.one().changes == (
        "ConfigMap/default/b skipped",
        "ConfigMap/default/a skipped",
        "Namespace/team deleted",
    )


def test_all_of_a_source_go_in_one_run_and_before_those_that_stay(world: World) -> None:
    world.ports = replace(world.ports, kustomizations=1)
    for name in ("apps", "more", "stays"):
        world.add(name, path=f"./{name}")
    world.push({f"{name}/a.yaml": config_map(name) for name in ("apps", "more", "stays")})
    world.run()
    world.push({"stays/a.yaml": config_map("stays", data={"x": "2"})})
    for name in ("apps", "more"):
        world.cluster.delete(kustomization(APPS.namespace, name), uid=None)
    assert [outcome.reason for outcome in world.run()] == ["Deleted", "Deleted", "ReconciliationSucceeded"]
    assert [obj["metadata"]["name"] for obj in world.cluster.objects("ConfigMap")] == ["stays"]


def test_without_its_source_it_goes_as_well(world: World) -> None:
    _applied(world)
    world.cluster.delete(REPOSITORY, uid=None)
    world.cluster.delete(APPS, uid=None)
    assert world.one().reason == "Deleted"
    assert world.owned() == []


def test_a_refused_delete_keeps_the_finalizer_and_says_why(world: World) -> None:
    _applied(world)
    world.cluster.fail(
        Forbidden("no"), lambda call: call.verb == "delete" and call.ref.name == "b", once=True
    )
    world.cluster.delete(APPS, uid=None)
    outcome = world.one()
    message = "delete failed, errors: ConfigMap/default/b delete failed: no;"
    assert (outcome.ok, outcome.message) == (False, message)
    assert world.condition() == ("False", "PruneFailed", message)
    assert world.events.lines() == [
        "error Kustomization/flux-system/apps PruneFailed: pruning for deleted resource failed"
    ]
    assert world.owned() == ["ConfigMap/default/b"]
    assert world.one().ok
    assert world.owned() == []
    assert world.cluster.objects("Kustomization") == ()


def test_a_kind_nobody_can_tell_of_keeps_the_finalizer(world: World) -> None:
    _applied(world)
    entries = [{"id": "x_w_example.com_Widget", "v": "v1"}]
    world.patch(APPS, {"status": {"inventory": {"entries": entries}}}, "status")
    world.cluster.partial = frozenset({"example.com"})
    world.cluster.discovery().refresh()
    world.cluster.delete(APPS, uid=None)
    assert "does not show all of the API group" in world.one().message
    assert len(world.cluster.objects("Kustomization")) == 1


def test_a_version_that_is_no_longer_served_is_found_in_another(world: World) -> None:
    _applied(world)
    entries = [{"id": "default_a__ConfigMap", "v": "v1beta1"}]
    world.patch(APPS, {"status": {"inventory": {"entries": entries}}}, "status")
    world.cluster.delete(APPS, uid=None)
    assert world.one().changes == ("ConfigMap/default/a deleted",)


def test_a_spec_that_cannot_be_read_does_not_keep_it(world: World) -> None:
    _applied(world)
    world.patch(APPS, {"spec": {"interval": 7}})
    world.cluster.delete(APPS, uid=None)
    assert world.one().ok
    assert world.owned() == []


def test_an_inventory_that_cannot_be_read_keeps_it(world: World) -> None:
    _applied(world)
    world.patch(APPS, {"status": {"inventory": {"entries": 7}}}, "status")
    world.cluster.delete(APPS, uid=None)
    outcome = world.one()
    assert not outcome.ok
    assert "status.inventory cannot be read: " in outcome.message
    assert len(world.owned()) == 3


def test_without_an_inventory_there_is_nothing_to_delete(world: World) -> None:
    world.add()
    world.run()
    world.cluster.delete(APPS, uid=None)
    assert world.one().ok
    assert world.cluster.objects("Kustomization") == ()


def test_who_waits_for_the_finalizers_of_others_is_left_alone(world: World) -> None:
    _applied(world)
    world.patch(APPS, {"metadata": {"finalizers": ["example.com/x"]}})
    world.cluster.delete(APPS, uid=None)
    world.cluster.calls.clear()
    assert world.run() == ()
    assert world.one(APPS).ok
    assert world.cluster.writes() == ()


def test_a_change_at_that_moment_is_looked_at_again(world: World) -> None:
    _applied(world)
    world.cluster.delete(APPS, uid=None)
    done: list[bool] = []

    def touch(call: Any) -> bool:
        if call.verb == "delete" and not done:
            done.append(True)
            world.patch(APPS, {"metadata": {"annotations": {"x": "y"}}})
        return False

    world.cluster.fail(Forbidden("never"), touch)
    assert world.one().ok
    assert world.cluster.objects("Kustomization") == ()


@pytest.mark.parametrize("verb", ["apply", "patch", "delete"])
def test_a_deletion_in_the_middle_of_a_run_wins(world: World, verb: str) -> None:
    _applied(world)
    c = config_map("c", data={"x": "1"})
    world.push({"apps/a.yaml": [A, c]})
    done: list[bool] = []

    def deleted(call: Any) -> bool:
        about_objects = call.verb == verb and not call.dry_run and (verb == "patch" or call.ref != APPS)
        if about_objects and not done:
            done.append(True)
            world.cluster.delete(APPS, uid=None)
        return False

    world.cluster.fail(Forbidden("never"), deleted)
    for _ in range(2):
        world.run(APPS)
    assert done
    assert world.owned() == []
    assert world.cluster.objects("Kustomization") == ()
