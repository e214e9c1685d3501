"""Several Kustomizations of one source, and what passes between them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.fleet import Fleet, config_map

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.fleet import Json

THING = {"apiVersion": "e2e.example.com/v1", "kind": "Thing"}


@pytest.fixture
def definition(fleet: Fleet) -> Iterator[Json]:
    """A CRD whose kind nobody else has; it goes afterwards, whatever happens."""
    plural = f"things-of-{fleet.namespace}"
    name = f"{plural}.e2e.example.com"
    names = {"kind": "Thing", "plural": plural, "singular": f"thing-of-{fleet.namespace}"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    yield {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {"group": "e2e.example.com", "names": names, "scope": "Namespaced", "versions": [version]},
    }
    fleet.kube.delete(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}")


def test_objects_that_move_from_one_to_the_other_are_never_lost(fleet: Fleet) -> None:
    names = [f"map-{n}" for n in range(18)]
    files = {f"a/{name}.yaml": config_map(name) for name in names}
    stay = {f"{folder}/stays.yaml": config_map(f"stays-in-{folder}") for folder in "ab"}
    fleet.add_source()
    for folder in "ab":
        fleet.add_kustomization(folder, path=f"./{folder}")
    commit = fleet.push({**files, **stay})
    for source, target in ("ab", "ba"):
        fleet.wait_applied(commit, "a")
        fleet.wait_applied(commit, "b")
        moved = {f"{target}/{name}.yaml": config_map(name) for name in names}
        commit = fleet.push({**moved, **dict.fromkeys(f"{source}/{name}.yaml" for name in names)})
        fleet.wait_applied(commit, "a")
        fleet.wait_applied(commit, "b")
        assert set(fleet.names("ConfigMap", target)) == {*names, f"stays-in-{target}"}
        assert set(fleet.names("ConfigMap", source)) == {f"stays-in-{source}"}


def test_one_that_fails_stops_no_other(fleet: Fleet) -> None:
    fleet.add_source()
    for folder in "abc":
        fleet.add_kustomization(folder, path=f"./{folder}")
    files = {f"{folder}/x.yaml": config_map(f"in-{folder}") for folder in "ac"}
    commit = fleet.push({**files, "b/x.yaml": "kind: [broken"})
    for name in "ac":
        fleet.wait_applied(commit, name)
    assert "b/x.yaml" in fleet.wait_failed("BuildFailed", "b")


def test_a_source_in_another_namespace_is_used_where_it_is(fleet: Fleet) -> None:
    fleet.add_source()
    other = f"{fleet.namespace}-other"
    fleet.kube.post("/api/v1/namespaces", {"metadata": {"name": other}})
    elsewhere = Fleet(fleet.kube, fleet.functions, other, fleet.copy)
    reference = {"kind": "GitRepository", "name": "fleet", "namespace": fleet.namespace}
    elsewhere.add_kustomization(sourceRef=reference)
    elsewhere.wait_applied(fleet.push({"a.yaml": config_map("a")}))
    assert set(elsewhere.names("ConfigMap")) == {"a"}
    fleet.kube.delete(elsewhere.path("Kustomization", "apps"))
    assert elsewhere.invoke("Kustomization", "apps")[0] == 200
    fleet.kube.delete(f"/api/v1/namespaces/{other}")


def test_a_kind_a_namespace_and_what_needs_them_come_in_one_push(fleet: Fleet, definition: Json) -> None:
    inner = f"{fleet.namespace}-inner"
    objects: list[Json] = [
        {**THING, "metadata": {"name": "thing", "namespace": inner}, "spec": {"size": 1}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": inner}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inner}},
        definition,
    ]
    fleet.add_source()
    fleet.add_kustomization(targetNamespace=None)
    commit = fleet.push({f"{n}.yaml": json.dumps(obj) for n, obj in enumerate(objects)})
    entries = fleet.wait_applied(commit)["status"]["inventory"]["entries"]
    assert [entry["id"].rpartition("_")[2] for entry in entries] == [
        "CustomResourceDefinition",
        "Namespace",
        "ConfigMap",
        "Thing",
    ]
    things = f"/apis/e2e.example.com/v1/namespaces/{inner}/{definition['spec']['names']['plural']}"
    assert fleet.kube.get(f"{things}/thing")
    fleet.kube.delete(fleet.path("Kustomization", "apps"))
    status, answer = fleet.invoke("Kustomization", "apps")
    assert (status, fleet.get("Kustomization", "apps")) == (200, None), answer
