"""Objects under the names that the cluster gives them."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.kustomize.scope import place

from tests.kustomize.builders import config_map, crd, make, ref


@dataclass(frozen=True)
class Served:
    namespaced: bool


def _find(group: str, kind: str, version: str) -> Served | None:
    del version
    return {("", "ConfigMap"): Served(True), ("", "Namespace"): Served(False)}.get((group, kind))


def test_a_namespaced_object_keeps_its_namespace() -> None:
    (target,) = place([config_map("x", "a")], _find)
    assert target.ref == ref("ConfigMap", "x", "a")
    assert target.obj == config_map("x", "a")


def test_a_cluster_scoped_object_loses_the_namespace_that_kustomize_put_on_it() -> None:
    (target,) = place([make("v1", "Namespace", "x", "a")], _find)
    assert target.ref == ref("Namespace", "x")
    assert target.obj == make("v1", "Namespace", "x")


def test_a_crd_of_the_same_build_tells_the_scope() -> None:
    widget = make("example.com/v1", "Widget", "x", "a")
    for scope, namespace in (("Cluster", ""), ("Namespaced", "a")):
        _, target = place([crd(scope=scope), widget], _find)
        assert target.ref.namespace == namespace


def test_an_unknown_kind_keeps_what_it_has() -> None:
    broken = {**crd(), "spec": {"names": []}}
    other = {**crd(), "spec": {"names": {}, "versions": [1, {"name": "v1"}]}}
    found = place([make("example.com/v1", "Widget", "x", "a"), broken, other, config_map("y", "")], _find)
    assert [target.ref.namespace for target in found] == ["a", "", "", ""]
