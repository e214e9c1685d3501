"""The tick: Kustomizations whose variables come from ConfigMaps and Secrets that are watched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penstock.api.refs import ObjectRef, kustomization
from penstock.base.clock import rfc3339
from penstock.base.selector import parse_selector
from penstock.cluster.errors import Forbidden
from penstock.kustomize.selection import VALUES_CHANGED
from penstock.kustomize.watched import seen, versions
from penstock.store.records import Record

if TYPE_CHECKING:
    from tests.schedule.world import World

APP = kustomization("apps", "podinfo")
QUEUED = [("apply", "GitRepository", "apps/apps", VALUES_CHANGED, "")]
FROM = [{"kind": "ConfigMap", "name": "vars"}, {"kind": "Secret", "name": "keys"}]
ENABLED = {"reconcile.fluxcd.io/watch": "Enabled"}


def _put(world: World, kind: str, name: str, value: str, labels: dict[str, str] | None = None) -> None:
    meta = {"namespace": "apps", "name": name, "labels": labels or {}}
    world.cluster.seed({"apiVersion": "v1", "kind": kind, "metadata": meta, "data": {"colour": value}})


def _looked_at(world: World) -> None:
    """What apply leaves behind it: the record of a look that saw what is there now."""
    there = versions(
        obj
        for kind in ("ConfigMap", "Secret")
        for obj in world.cluster.list("", "v1", kind, label_selector="reconcile.fluxcd.io/watch=Enabled")
    )
    (obj,) = world.cluster.objects("Kustomization")
    at = rfc3339(world.clock.now())
    world.records.write(APP, Record(checked_at=at, ok=True, generation=1, watched=seen(obj, there)))
    world.cluster.calls.clear()


def _with_values(world: World, labels: dict[str, str], **spec: Any) -> None:
    world.settle(APP, spec={"postBuild": {"substituteFrom": FROM}, **spec})
    _put(world, "ConfigMap", "vars", "green", labels)
    _put(world, "Secret", "keys", "green", labels)
    _looked_at(world)


def test_a_watched_one_that_changes_is_acted_on_at_the_next_tick(world: World) -> None:
    _with_values(world, ENABLED)
    assert world.tick() == []
    for kind, name in (("ConfigMap", "vars"), ("Secret", "keys")):
        _put(world, kind, name, "red", ENABLED)
        assert world.tick() == QUEUED
        _looked_at(world)
        assert world.tick() == []


def test_so_is_one_that_goes_comes_or_is_labelled(world: World) -> None:
    _with_values(world, {})
    for labels in (ENABLED, {}, ENABLED):
        _put(world, "ConfigMap", "vars", "green", labels)
        assert world.tick() == QUEUED
        _looked_at(world)
    world.cluster.delete(ObjectRef("", "v1", "ConfigMap", "apps", "vars"), uid=None)
    assert world.tick() == QUEUED


def test_what_is_not_labelled_is_compared_at_the_interval(world: World) -> None:
    _with_values(world, {})
    _put(world, "ConfigMap", "vars", "red")
    assert world.tick() == []
    world.clock.move(600)
    assert [one[3] for one in world.tick()] == ["interval"]


def test_one_of_another_name_or_namespace_concerns_nobody(world: World) -> None:
    _with_values(world, ENABLED)
    _put(world, "ConfigMap", "others", "red", ENABLED)
    _put(world, "Secret", "vars", "red", ENABLED)
    meta = {"namespace": "default", "name": "vars", "labels": ENABLED}
    world.cluster.seed({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
    assert world.tick() == []


def test_who_is_suspended_is_left_alone(world: World) -> None:
    _with_values(world, ENABLED, suspend=True)
    _put(world, "ConfigMap", "vars", "red", ENABLED)
    assert world.tick() == []


def test_the_setting_says_which_are_watched(world: World) -> None:
    _with_values(world, {})
    world.ports = replace(world.ports, watched_configs=parse_selector("owner!=helm"))
    assert world.tick() == QUEUED
    world.ports = replace(world.ports, watched_configs=parse_selector("owner=helm"))
    assert world.tick() == []


def test_only_what_tells_a_change_is_read_and_only_where_variables_come_from_it(world: World) -> None:
    world.settle(APP, spec={"postBuild": {"substituteFrom": FROM[1:]}})
    world.tick()
    assert [call.ref.kind for call in world.cluster.calls] == ["GitRepository", "Kustomization", "Secret"]


def test_where_they_may_not_be_listed_everything_else_goes_on(world: World) -> None:
    _with_values(world, {})
    world.cluster.fail(Forbidden("no"), lambda call: call.ref.kind in {"Secret", "ConfigMap"})
    world.clock.move(600)
    assert [one[3] for one in world.tick()] == ["interval"]
    assert "cannot be listed" in world.stream.getvalue()
