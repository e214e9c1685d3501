"""apply: fields that spec.ignore leaves as they are found."""

from __future__ import annotations

from dataclasses import replace

from penstock.base.limits import Limits

from tests.kustomize.builders import config_map, ref
from tests.kustomize.world import APPS, World

A = config_map("a", data={"x": "1"})
A_REF = ref("ConfigMap", "a", "default")


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


def test_rules_without_a_target_are_for_all_objects_and_are_put_together(world: World) -> None:
    """Threats A-86; Flux's controller takes only the last of them, against its own documentation."""
    world.add(ignore=[{"paths": ["/data/x"]}, {"paths": ["/data/y"]}])
    world.push({"apps/a.yaml": config_map("a", data={"x": "1", "y": "1"})})
    assert world.one().ok
    world.patch(A_REF, {"data": {"x": "by hand", "y": "by hand"}})
    assert world.one(APPS).changes == ()


def test_an_ignored_field_that_the_source_gives_up_stays_as_it_is(world: World) -> None:
    world.add(ignore=[{"paths": ["/data/x"]}])
    world.push({"apps/a.yaml": config_map("a", data={"x": "1", "y": "1"})})
    assert world.one().ok
    world.push({"apps/a.yaml": config_map("a", data={"y": "2"})})
    assert world.one().changes == ("ConfigMap/default/a configured",)
    assert world.get(A_REF)["data"] == {"x": "1", "y": "2"}


def test_more_rules_and_paths_than_anybody_needs_are_refused_before_anything_is_written(world: World) -> None:
    """Threats A-86."""
    world.ports = replace(world.ports, limits=Limits(drift_rules=4))
    world.add(ignore=[{"paths": ["/data/x", "/data/y"]}, {"paths": ["/data/z"]}])
    world.push({"apps/a.yaml": A})
    assert world.one().message == ("spec.ignore has more than 4 rules and paths (PENSTOCK_LIMIT_DRIFT_RULES)")
    assert world.effects() == []
