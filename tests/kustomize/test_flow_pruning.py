"""What apply does not touch, what it cannot delete, and what it will not without approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.cluster.errors import Conflict, Forbidden, Unavailable, UnknownKind

from tests.kustomize.builders import changed, config_map, crd, make, ref
from tests.kustomize.world import APPS, World, about

if TYPE_CHECKING:
    from tests.fakes.cluster import Call

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")
GROUP = "kustomize.toolkit.fluxcd.io"
WIDGETS = ref("CustomResourceDefinition", "widgets.example.com", "", "apiextensions.k8s.io")


@pytest.mark.parametrize("mark", ["reconcile", "ssa"])
def test_objects_marked_in_the_source_are_skipped(world: World, mark: str) -> None:
    value = {"reconcile": "disabled", "ssa": "Ignore"}[mark]
    world.add()
    world.push({"apps/a.yaml": [A, config_map("m", annotations={f"{GROUP}/{mark}": value})]})
    assert world.one().changes == ("ConfigMap/default/a created",)
    assert world.effects() == ["apply ConfigMap/default/a"]
    assert world.inventory() == ["default_a__ConfigMap", "default_m__ConfigMap"]


def test_objects_marked_in_the_cluster_are_skipped(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()
    marks = {"metadata": {"annotations": {f"{GROUP}/reconcile": "disabled"}}}
    world.patch(ref("ConfigMap", "a", "default"), marks)
    world.forget()
    world.push({"apps/a.yaml": [changed(A, x="2"), changed(B, x="2")]})
    assert world.one().changes == ("ConfigMap/default/b configured",)
    assert "default_a__ConfigMap" in world.inventory()


def test_prune_disabled_keeps_an_object_and_forgets_it(world: World) -> None:
    world.add()
    kept = config_map("k", annotations={f"{GROUP}/prune": "disabled"})
    world.push({"apps/a.yaml": [A, kept]})
    world.one()
    world.forget()
    world.push({"apps/a.yaml": A})
    assert world.one().changes == ()
    assert world.effects() == []
    assert world.inventory() == ["default_a__ConfigMap"]
    assert any("ConfigMap/default/k skipped" in line for line in world.events.lines())


def test_an_object_that_belongs_to_another_is_not_pruned(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()
    world.patch(ref("ConfigMap", "b", "default"), {"metadata": {"labels": {f"{GROUP}/name": "other"}}})
    world.forget()
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    assert world.effects() == []
    assert world.inventory() == ["default_a__ConfigMap"]


def test_an_object_that_is_gone_drops_silently(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()
    world.cluster.delete(ref("ConfigMap", "b", "default"), uid=None)
    world.forget()
    world.push({"apps/a.yaml": A})
    assert world.one().changes == ()
    assert world.inventory() == ["default_a__ConfigMap"]
    assert len(world.events.seen) == 1


def test_a_refused_delete_stays_in_the_inventory_and_is_tried_again(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B, C]})
    world.one()
    world.cluster.fail(Forbidden("policy says no"), about("b", verb="delete", dry_run=False), once=True)
    world.forget()
    revision = world.push({"apps/a.yaml": A})
    outcome = world.one()
    assert outcome.reason == "PruneFailed"
    assert outcome.message == "delete failed, errors: ConfigMap/default/b delete failed: policy says no;"
    assert outcome.changes == ("ConfigMap/default/c deleted",)
    assert world.inventory() == ["default_a__ConfigMap", "default_b__ConfigMap"]
    assert world.status()["lastAppliedRevision"] != revision
    world.forget()
    assert world.one().changes == ("ConfigMap/default/b deleted",)
    assert world.status()["lastAppliedRevision"] == revision


@pytest.mark.parametrize("labels", [None, {f"{GROUP}/name": "other"}])
def test_an_object_that_another_took_over_meanwhile_is_not_deleted(
    world: World, labels: dict[str, str] | None
) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()

    def taken_over(call: Call) -> bool:
        if about("b", verb="delete", dry_run=False)(call):
            world.patch(call.ref, {"metadata": {"labels": labels}})
        return False

    world.cluster.fail(ValueError(), taken_over)
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    assert world.cluster.get(ref("ConfigMap", "b", "default")) is not None
    assert world.inventory() == ["default_a__ConfigMap"]


def test_an_object_that_never_stands_still_stays_in_the_inventory(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()
    world.cluster.fail(Conflict("changed"), about("b", verb="delete", dry_run=False))
    world.push({"apps/a.yaml": A})
    outcome = world.one()
    assert outcome.reason == "PruneFailed"
    assert "ConfigMap/default/b delete failed: it changes faster than it can be judged" in outcome.message
    assert "default_b__ConfigMap" in world.inventory()


def test_an_object_whose_kind_went_with_half_a_group_stays_in_the_inventory(world: World) -> None:
    world.add()
    widget = make("example.com/v1", "Widget", "w", "default")
    world.push({"apps/a.yaml": [crd(), widget, A]})
    world.one()

    def half_gone(call: Call) -> bool:
        if not about("w", verb="delete", dry_run=False)(call):
            return False
        world.cluster.kinds = [kind for kind in world.cluster.kinds if kind.kind != "Widget"]
        world.cluster.partial = frozenset({"example.com"})
        world.cluster.discovery().refresh()
        return True

    world.cluster.fail(Conflict("changed"), half_gone)
    world.push({"apps/a.yaml": [crd(), A]})
    assert world.one().reason == "PruneFailed"
    assert "default_w_example.com_Widget" in world.inventory()


def test_nothing_of_a_group_that_is_down_is_pruned(world: World) -> None:
    world.add()
    widget = make("example.com/v1", "Widget", "w", "default")
    world.push({"apps/a.yaml": [crd(), widget, A]})
    world.one()
    world.push({"apps/a.yaml": [crd(), A]})
    served = world.cluster.kinds
    world.cluster.kinds = [kind for kind in served if kind.kind != "Widget"]
    world.cluster.partial = frozenset({"example.com"})
    world.cluster.discovery().refresh()
    outcome = world.one()
    assert outcome.reason == "PruneFailed"
    assert (
        "Widget/default/w query failed: the API server does not show all of the API group 'example.com'"
        in outcome.message
    )
    assert "default_w_example.com_Widget" in world.inventory()
    world.cluster.kinds, world.cluster.partial = served, frozenset()
    world.cluster.discovery().refresh()
    world.forget()
    assert world.one().changes == ("Widget/default/w deleted",)


def _no_more_widgets(world: World) -> None:
    """Discovery does not show the kind, nor anything else of its group."""
    world.cluster.kinds = [kind for kind in world.cluster.kinds if kind.kind != "Widget"]
    world.cluster.discovery().refresh()


def test_objects_of_a_kind_that_is_gone_are_gone(world: World) -> None:
    world.add()
    widget = make("example.com/v1", "Widget", "w", "default")
    world.push({"apps/a.yaml": [A, crd(), widget]})
    world.one()
    world.push({"apps/a.yaml": A})
    world.cluster.delete(WIDGETS, uid=None)
    _no_more_widgets(world)
    assert world.one().ok
    assert world.inventory() == ["default_a__ConfigMap"]


def test_a_kind_that_went_between_two_looks_is_looked_at_again(world: World) -> None:
    world.add()
    widget = make("example.com/v1", "Widget", "w", "default")
    world.push({"apps/a.yaml": [A, crd(), widget]})
    world.one()

    def gone(call: Call) -> bool:
        if not about("w", verb="get", dry_run=False)(call):
            return False
        world.cluster.delete(WIDGETS, uid=None)
        world.cluster.kinds = [kind for kind in world.cluster.kinds if kind.kind != "Widget"]
        return True

    world.cluster.fail(UnknownKind("no such kind any more"), gone, once=True)
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    assert world.inventory() == ["default_a__ConfigMap"]


@pytest.mark.parametrize("stands", ["CRD", "APIService"])
def test_a_group_that_is_not_shown_is_not_gone_while_something_stands_for_it(
    world: World, stands: str
) -> None:
    world.add()
    widget = make("example.com/v1", "Widget", "w", "default")
    world.push({"apps/a.yaml": [A, crd(), widget]})
    world.one()
    if stands == "APIService":
        world.cluster.delete(WIDGETS, uid=None)
        world.cluster.seed(make("apiregistration.k8s.io/v1", "APIService", "v1.example.com"))
    world.push({"apps/a.yaml": [A, crd("Gadget", "other.com")]})
    _no_more_widgets(world)
    assert world.one().reason == "PruneFailed"
    assert "default_w_example.com_Widget" in world.inventory()


@pytest.mark.parametrize("kind", ["CustomResourceDefinition", "APIService"])
def test_a_kind_is_not_gone_if_it_cannot_be_seen_what_stands_for_it(world: World, kind: str) -> None:
    world.add()
    widget = make("example.com/v1", "Widget", "w", "default")
    world.push({"apps/a.yaml": [A, crd(), widget]})
    world.one()
    world.cluster.delete(WIDGETS, uid=None)
    world.push({"apps/a.yaml": A})
    _no_more_widgets(world)
    world.cluster.fail(
        Forbidden("you may not list them"), lambda call: (call.verb, call.ref.kind) == ("list", kind)
    )
    outcome = world.one()
    assert outcome.reason == "PruneFailed"
    assert "Widget/default/w query failed: you may not list them" in outcome.message
    assert "default_w_example.com_Widget" in world.inventory()


def test_an_object_that_cannot_be_looked_up_stays_in_the_inventory(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B, C]})
    world.one()
    world.cluster.fail(Unavailable("down"), about("b", verb="get", dry_run=False), once=True)
    world.push({"apps/a.yaml": A})
    outcome = world.one()
    assert outcome.message == "delete failed, errors: ConfigMap/default/b query failed: down;"
    assert outcome.changes == ("ConfigMap/default/c deleted",)
    assert "default_b__ConfigMap" in world.inventory()


@pytest.mark.parametrize("error", [None, UnknownKind("no such kind any more")])
def test_an_object_that_vanished_meanwhile_drops_silently(world: World, error: Exception | None) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()

    done: list[bool] = []

    def vanish(call: Call) -> bool:
        if not about("b", verb="delete", dry_run=False)(call) or done:
            return False
        done.append(True)
        world.cluster.delete(call.ref, uid=None)
        return error is not None

    world.cluster.fail(error or ValueError(), vanish)
    world.push({"apps/a.yaml": A})
    outcome = world.one()
    assert (outcome.ok, outcome.changes) == (True, ())
    assert world.inventory() == ["default_a__ConfigMap"]


def test_a_cluster_that_was_replaced_behind_its_address_loses_nothing(world: World) -> None:
    many = [config_map(f"m{number}", data={"x": "1"}) for number in range(30)]
    world.add()
    world.push({"apps/a.yaml": [A, *many]})
    world.one()
    world.cluster.uid = "99999999-8888-7777-6666-555555555555"
    world.push({"apps/a.yaml": A})
    outcome = world.one()
    assert "30 objects, and it is not known how many there were" in outcome.message
    assert len(world.owned()) == len(world.inventory()) == 31
    assert world.records.read(APPS) is not None
    world.cluster.uid = "11111111-2222-3333-4444-555555555555"
    record = world.records.read(APPS)
    assert record is not None
    assert record.ok, "the records of the other cluster are as they were"
