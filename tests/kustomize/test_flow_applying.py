"""apply: objects that are made anew, taken over, left alone or parked; waits for those that are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.cluster.errors import Conflict, Forbidden, Invalid, UnknownKind
from penstock.kustomize.selection import KIND_CAME

from tests.kustomize.builders import changed, config_map, crd, make, ref
from tests.kustomize.world import APPS, World, about

if TYPE_CHECKING:
    from tests.fakes.cluster import Call

GROUP = "kustomize.toolkit.fluxcd.io"
A, B = (config_map(name, data={"x": "1"}) for name in "ab")
A_REF = ref("ConfigMap", "a", "default")
WIDGET = make("example.com/v1", "Widget", "w", "default")
PARKED = 'Widget/default/w dry-run failed: no matches for kind "Widget" in version "example.com/v1"'
IMMUTABLE = Invalid("a is invalid: data: field is immutable", immutable=True)
WAITING = "Waiting for the deleted objects to be gone"
GONE_TOO_LATE = "failed to wait for resources termination"


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


def test_the_rest_is_applied_where_a_kind_is_unknown_and_nothing_is_pruned(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    assert world.one().ok
    world.forget()
    world.push({"apps/a.yaml": [changed(A, x="2"), WIDGET]})
    outcome = world.one()
    assert outcome.message == f"{PARKED}\nConfigMap/default/a configured"
    assert world.condition() == ("False", "ReconciliationFailed", outcome.message)
    assert world.inventory() == ["default_a__ConfigMap", "default_b__ConfigMap"]
    assert world.effects() == ["apply ConfigMap/default/a"]
    record = world.records.read(APPS)
    assert record is not None
    assert record.parked == ("example.com/v1/Widget",)


def test_a_parked_object_is_due_as_soon_as_its_kind_is_there(world: World) -> None:
    world.add(retryInterval="1h")
    world.push({"apps/a.yaml": [A, WIDGET]})
    assert not world.one().ok
    assert world.run() == ()
    world.cluster.seed(crd())
    assert world.one().ok
    assert KIND_CAME in [line.get("reason") for line in world.logged()]
    assert world.run() == ()
    assert world.inventory() == ["default_a__ConfigMap", "default_w_example.com_Widget"]


def test_a_kind_that_another_one_of_the_source_brings_is_used_in_the_same_run(world: World) -> None:
    for name in ("apps", "kinds"):
        world.add(name)
    world.push({"apps/w.yaml": WIDGET, "kinds/crd.yaml": crd()})
    assert [outcome.ok for outcome in world.run()] == [True, True]
    assert "Widget/default/w" in world.owned()


def test_a_parked_object_stays_parked_while_another_fails(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, WIDGET]})
    world.cluster.fail(Invalid("no"), about("a"), once=True)
    assert world.one().message.splitlines() == ["ConfigMap/default/a dry-run failed (Invalid): no", PARKED]
    assert world.effects() == []


def test_a_kind_that_goes_while_it_is_written_is_an_error_of_its_object(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.cluster.fail(UnknownKind("no matches"), about("a", dry_run=False))
    assert world.one().message == "ConfigMap/default/a apply failed: no matches"


def being_deleted(world: World, **spec: Any) -> None:
    """The Kustomization is deleted while its one object has a finalizer."""
    world.add(deletionPolicy="WaitForTermination", timeout="1m", **spec)
    world.push({"apps/a.yaml": {**A, "metadata": {**A["metadata"], "finalizers": ["example.com/x"]}}})
    assert world.one().ok
    world.forget()
    world.cluster.delete(APPS, uid=None)


def watched(world: World, *, lets_go_after: int = 1000) -> None:
    """Each watch takes 3 s; so many of them later the finalizer goes."""
    watches: list[Call] = []

    def passes(call: Call) -> bool:
        if call.verb == "watch":
            watches.append(call)
            world.clock.move(3)
            if len(watches) == lets_go_after:
                world.patch(A_REF, {"metadata": {"finalizers": None}})
        return False

    world.cluster.fail(AssertionError(), passes)


def test_the_kustomization_goes_when_its_objects_are_gone(world: World) -> None:
    being_deleted(world)
    watched(world, lets_go_after=4)
    assert world.one().changes == ("ConfigMap/default/a deleted",)
    assert world.cluster.objects("Kustomization") == world.cluster.objects("ConfigMap") == ()
    assert world.events.lines() == [
        "info Kustomization/flux-system/apps ReconciliationSucceeded: ConfigMap/default/a deleted"
    ]


def test_after_the_timeout_it_goes_all_the_same_and_says_so(world: World) -> None:
    being_deleted(world)
    watched(world)
    assert world.one().ok
    assert world.cluster.objects("Kustomization") == ()
    assert world.events.lines()[-1] == (
        f"error Kustomization/flux-system/apps ReconciliationSucceeded: {GONE_TOO_LATE}"
    )


def test_the_wait_goes_on_in_the_next_run_and_the_timeout_counts_over_all(world: World) -> None:
    world = World(budget_seconds=20.0)
    being_deleted(world)
    watched(world)
    started = world.clock.monotonic()
    assert world.one().reason == "HandedOver"
    assert world.condition("Reconciling")[2] == WAITING
    runs = 1
    while world.cluster.objects("Kustomization"):
        runs += 1
        assert world.one().reason in {"HandedOver", "Deleted"}
    assert (3 <= runs <= 6, world.clock.monotonic() - started < 80) == (True, True)
    told = [line for line in world.events.lines() if "deleted" in line]
    assert len(told) == 1
    assert world.events.lines()[-1].endswith(GONE_TOO_LATE)


def test_other_policies_wait_for_nothing(world: World) -> None:
    being_deleted(world)
    world.patch(APPS, {"spec": {"deletionPolicy": "Delete"}})
    assert world.one().ok
    assert world.cluster.objects("Kustomization") == ()
    assert len(world.cluster.objects("ConfigMap")) == 1


def test_ignored_fields_are_neither_drift_nor_applied(world: World) -> None:
    world.add(ignore=[{"paths": ["/data/x"], "target": {"kind": "ConfigMap"}}])
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    world.patch(A_REF, {"data": {"x": "by hand"}})
    world.forget()
    assert world.one().changes == ()
    world.push({"apps/a.yaml": config_map("a", data={"x": "1", "y": "2"})})
    assert world.one().changes == ("ConfigMap/default/a configured",)
    assert world.get(A_REF)["data"] == {"x": "by hand", "y": "2"}
