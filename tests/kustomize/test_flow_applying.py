"""apply: objects that are made anew, taken over, left alone or parked; waits for those that are deleted."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.cluster.errors import Conflict

from tests.kustomize.builders import changed, config_map, ref
from tests.kustomize.world import APPS, World, about

GROUP = "kustomize.toolkit.fluxcd.io"
A, B = (config_map(name, data={"x": "1"}) for name in "ab")
A_REF = ref("ConfigMap", "a", "default")


def _written_by(manager: str) -> dict[str, Any]:
    fields: Any = {"f:data": {"f:x": {}, "f:more": {}}}
    entry = {"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsV1": fields}
    obj = config_map("a", data={"x": "1", "more": "2"})
    obj["metadata"]["managedFields"] = [entry]
    return obj


def test_fields_of_kubectl_are_taken_over_before_the_object_is_applied(world: World) -> None:
    world.cluster.seed(_written_by("kubectl-create"))
    world.add()
    world.push({"apps/a.yaml": A})
    assert world.one().changes == ("ConfigMap/default/a configured",)
    assert world.effects() == ["patch ConfigMap/default/a", "apply ConfigMap/default/a"]
    (entry,) = world.get(A_REF)["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("kustomize-controller", "Apply")


def test_a_take_over_that_meets_another_writer_looks_again(world: World) -> None:
    world.cluster.seed(_written_by("kubectl-create"))
    world.add()
    world.push({"apps/a.yaml": A})
    patches = about("a", verb="patch", dry_run=False)
    world.cluster.fail(Conflict("modified"), patches, once=True)
    assert world.one().ok
    world.cluster.fail(Conflict("modified"), patches)
    world.cluster.seed(_written_by("kubectl-create"))
    assert "changes faster than its fields can be taken over" in world.one(APPS).message


def test_a_look_is_quiet_until_kubectl_writes_and_sees_that_even_if_no_value_changes(world: World) -> None:
    world.be_quiet()
    world.add()
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    world.cluster.calls.clear()
    assert world.one(APPS).ok
    assert not [call for call in world.cluster.calls if call.dry_run]
    found = world.get(A_REF)
    found["metadata"]["managedFields"] = _written_by("kubectl-apply")["metadata"]["managedFields"]
    world.cluster.seed(found)
    assert world.one(APPS).changes == ("ConfigMap/default/a configured",)


@pytest.mark.parametrize(("value", "made"), [("IfNotPresent", True), ("Ignore", False)])
def test_who_is_left_alone_without_our_labels_makes_no_look_a_full_one_until_it_is_missing(
    world: World, value: str, made: bool
) -> None:
    world.be_quiet()
    world.cluster.seed(A)
    world.add()
    world.push({"apps/a.yaml": config_map("a", data={"x": "2"}, annotations={f"{GROUP}/ssa": value})})
    for _ in range(3):
        world.cluster.calls.clear()
        outcome = world.one(APPS)
        assert (outcome.ok, outcome.changes) == (True, ())
    assert not [call for call in world.cluster.calls if call.dry_run]
    assert world.get(A_REF)["data"] == {"x": "1"}
    assert world.inventory() == ["default_a__ConfigMap"]
    world.cluster.delete(A_REF, uid=None)
    assert world.one(APPS).changes == (("ConfigMap/default/a created",) if made else ())


def test_a_mark_in_the_cluster_is_looked_for_each_time(world: World) -> None:
    world.be_quiet()
    world.cluster.seed({**A, "metadata": {**A["metadata"], "labels": {f"{GROUP}/reconcile": "disabled"}}})
    world.add()
    world.push({"apps/a.yaml": changed(A, x="2")})
    assert world.one(APPS).changes == ()
    world.patch(A_REF, {"metadata": {"labels": {f"{GROUP}/reconcile": None}}})
    assert world.one(APPS).changes == ("ConfigMap/default/a configured",)
