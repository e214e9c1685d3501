"""apply: objects of kinds that the cluster does not have are parked, and come when their kind does."""

from __future__ import annotations

from penstock.cluster.errors import Invalid, UnknownKind
from penstock.kustomize.selection import KIND_CAME

from tests.kustomize.builders import changed, config_map, crd, make
from tests.kustomize.world import APPS, World, about

A, B = (config_map(name, data={"x": "1"}) for name in "ab")
WIDGET = make("example.com/v1", "Widget", "w", "default")
PARKED = 'Widget/default/w dry-run failed: no matches for kind "Widget" in version "example.com/v1"'


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


def test_an_object_of_a_group_that_is_down_is_neither_forgotten_nor_is_anything_pruned(world: World) -> None:
    """Threats B-15."""
    world.cluster.seed(crd())
    world.add()
    world.push({"apps/a.yaml": [A, B, WIDGET]})
    assert world.one().ok
    served = world.cluster.kinds
    world.cluster.kinds = [kind for kind in served if kind.kind != "Widget"]
    world.cluster.partial = frozenset({"example.com"})
    world.cluster.discovery().refresh()
    world.forget()
    world.push({"apps/a.yaml": [changed(A, x="2"), WIDGET]})
    outcome = world.one()
    assert outcome.message.startswith("Widget/default/w dry-run failed: ")
    everything = ["default_a__ConfigMap", "default_b__ConfigMap", "default_w_example.com_Widget"]
    assert world.inventory() == everything
    assert world.effects() == ["apply ConfigMap/default/a"]
    world.cluster.kinds, world.cluster.partial = served, frozenset()
    world.cluster.discovery().refresh()
    assert world.one(APPS).changes == ("ConfigMap/default/b deleted",)
    assert world.inventory() == [everything[0], everything[2]]
