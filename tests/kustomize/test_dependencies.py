"""The graph of Kustomizations: which depend on which, in what order they go, when one is ready."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.refs import ObjectRef, kustomization
from penstock.kustomize.dependencies import (
    Dependency,
    Walk,
    as_typed,
    circle,
    circular,
    dependencies_of,
    dependents,
    missing,
    parents,
    ready,
    waits,
    why_not_ready,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penstock.api.objects import Json

NAMES = "abcdefgh"


def at(name: str, namespace: str = "ns") -> ObjectRef:
    return kustomization(namespace, name)


def overlay(name: str = "app", *wanted: object, namespace: str = "ns", **more: Any) -> Json:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": namespace, "generation": 2, **more.pop("metadata", {})},
        "spec": {
            "sourceRef": {"kind": "GitRepository", "name": "fleet"},
            "dependsOn": list(wanted),
            **more.pop("spec", {}),
        },
        **more,
    }


def status(ready: str = "True", observed: int = 2, revision: str = "main@sha1:1", reason: str = "X") -> Json:
    condition = {"type": "Ready", "status": ready, "reason": reason, "message": ""}
    return {"observedGeneration": observed, "lastAppliedRevision": revision, "conditions": [condition]}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ((), ()),
        (({"name": "infra"},), (Dependency(at("infra")),)),
        (
            ({"name": "infra", "namespace": "other", "readyExpr": "true"},),
            (Dependency(at("infra", "other"), "true"),),
        ),
        (({"namespace": "x"}, "infra", None, {"name": ""}, {"name": "b"}), (Dependency(at("b")),)),
    ],
)
def test_what_is_named_is_read_from_objects_of_any_shape(
    wanted: Sequence[object], found: tuple[Dependency, ...]
) -> None:
    assert dependencies_of(overlay("app", *wanted)) == found


@pytest.mark.parametrize("spec", [None, "text", {"dependsOn": "infra"}, {"dependsOn": None}, {}])
def test_what_is_no_list_names_nothing(spec: object) -> None:
    assert dependencies_of({"metadata": {"name": "app", "namespace": "ns"}, "spec": spec}) == ()


def test_who_is_deleted_or_suspended_waits_for_nothing_and_nobody_for_a_deletion() -> None:
    wanted = {"name": "infra"}
    going = {"deletionTimestamp": "2030-01-01T00:00:00Z"}
    objects = (
        overlay("a", wanted),
        overlay("b", wanted, metadata=going),
        overlay("c", wanted, spec={"suspend": True}),
        overlay("d", {"name": "b"}),
    )
    assert parents(objects) == {at("a"): (at("infra"),), at("b"): (), at("c"): (), at("d"): ()}


@pytest.mark.parametrize(
    ("dependency", "why"),
    [
        ({}, "dependency 'ns/infra' is not ready"),
        ({"status": status()}, ""),
        ({"status": status("False")}, "dependency 'ns/infra' is not ready"),
        ({"status": status("Unknown")}, "dependency 'ns/infra' is not ready"),
        ({"status": status(observed=1)}, "dependency 'ns/infra' is not ready"),
        ({"status": {"observedGeneration": 2, "conditions": []}}, "dependency 'ns/infra' is not ready"),
        ({"status": status(revision="main@sha1:0")}, "dependency 'ns/infra' revision is not up to date"),
        ({"status": status(revision="main@sha1:0"), "spec": {"sourceRef": {"name": "other"}}}, ""),
        (
            {
                "status": status(revision=""),
                "spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "x"}},
            },
            "",
        ),
        ({"status": "text"}, "dependency 'ns/infra' is not ready"),
    ],
)
def test_a_dependency_is_ready_as_flux_judges(dependency: Json, why: str) -> None:
    wanted, child = Dependency(at("infra")), overlay("app", {"name": "infra"})
    assert why_not_ready(wanted, overlay("infra", **dependency), child, "main@sha1:1") == why


def test_a_dependency_in_another_namespace_may_have_the_same_source() -> None:
    source = {"sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "ns"}}
    found = overlay("infra", namespace="other", spec=source, status=status(revision="main@sha1:0"))
    wanted = Dependency(at("infra", "other"))
    assert why_not_ready(wanted, found, overlay(), "main@sha1:1").endswith("revision is not up to date")


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"status": status("False", reason="DependencyNotReady")}, True),
        ({"status": status("False", reason="BuildFailed")}, False),
        ({"status": status("True", reason="DependencyNotReady")}, False),
        ({"status": status("False", reason="DependencyNotReady"), "spec": {"suspend": True}}, False),
        ({}, False),
    ],
)
def test_who_waits_says_so(more: Json, *, found: bool) -> None:
    assert waits(overlay(**more)) is found


def test_a_revision_counts_only_where_one_is_given() -> None:
    obj = overlay(status=status(revision="main@sha1:0"))
    assert ready(obj)
    assert not ready(obj, "main@sha1:1")


def test_what_is_missing_is_named_with_a_remedy() -> None:
    wanted = Dependency(at("infra"))
    assert missing(wanted) == (
        "dependency 'ns/infra' not found: kustomizations.kustomize.toolkit.fluxcd.io \"infra\" not found:"
        " create it, or take it out of spec.dependsOn"
    )
    assert missing(wanted, "forbidden") == "dependency 'ns/infra' not found: forbidden"


def test_a_circle_is_told_with_its_way() -> None:
    way = circle(at("a"), edges({"a": "b", "b": "ca", "c": ""}).__getitem__)
    assert circular(way) == (
        ": spec.dependsOn goes round in a circle, ns/a -> ns/b -> ns/a: take one of them out"
    )
    assert circular(()) == ""


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({"a": "a"}, "aa"),
        ({"a": "b", "b": "a"}, "aba"),
        ({"a": "b", "b": "c", "c": "b"}, ""),
        ({"a": "bc", "b": "d", "c": "a", "d": "a"}, "aca"),
        ({"a": "", "b": "a"}, ""),
    ],
)
def test_a_circle_is_found_by_its_shortest_way(graph: Mapping[str, str], found: str) -> None:
    assert circle(at("a"), edges(graph).__getitem__) == tuple(at(name) for name in found)


def test_durations_are_written_as_flux_types_write_them() -> None:
    obj = overlay(spec={"interval": "60m", "timeout": "90s", "retryInterval": "strange", "path": "./x"})
    spec = as_typed(obj)["spec"]
    assert (spec["interval"], spec["timeout"], spec["retryInterval"]) == ("1h0m0s", "1m30s", "strange")
    assert spec["path"] == "./x"
    assert as_typed({"spec": None}) == {"spec": None}


def edges(graph: Mapping[str, str]) -> dict[ObjectRef, tuple[ObjectRef, ...]]:
    return {at(name): tuple(at(parent) for parent in named) for name, named in graph.items()}


graphs = st.dictionaries(
    st.sampled_from(NAMES), st.text(alphabet=NAMES + "z", max_size=4), min_size=1, max_size=len(NAMES)
)


@given(graphs, st.integers(1, 4), st.integers())
def test_each_begins_once_and_after_all_that_it_waits_for(
    graph: Mapping[str, str], workers: int, seed: int
) -> None:
    chance, wanted = random.Random(seed), edges(graph)
    order, over = Walk(tuple(wanted), wanted), set[object]()
    running, begun = list[ObjectRef](), list[ObjectRef]()
    while not order.done or running:
        ref = order.begin() if len(running) < workers else None
        if ref is not None:
            free = {parent for parent in wanted[ref] if parent in wanted and parent != ref}
            assert free <= over or not running
            if not free <= over:
                assert in_or_behind_a_circle(ref, wanted)
            begun.append(ref)
            running.append(ref)
        else:
            assert running
            gone = running.pop(chance.randrange(len(running)))
            over.add(gone)
            order.end(gone)
    assert sorted(begun) == sorted(wanted)


def in_or_behind_a_circle(ref: ObjectRef, wanted: Mapping[ObjectRef, tuple[ObjectRef, ...]]) -> bool:
    reached, todo = {ref}, [ref]
    while todo:
        new = [one for one in wanted.get(todo.pop(), ()) if one not in reached]
        reached.update(new)
        todo.extend(new)
    return any(circle(one, lambda here: wanted.get(here, ())) for one in reached)


@given(graphs)
def test_without_circles_nothing_begins_early(graph: Mapping[str, str]) -> None:
    names = sorted(graph)
    wanted = edges({name: "".join(p for p in graph[name] if p < name) for name in names})
    order, over = Walk(tuple(reversed(tuple(wanted))), wanted), set[object]()
    while (ref := order.begin()) is not None:
        assert {parent for parent in wanted[ref] if parent in wanted} <= over
        over.add(ref)
        order.end(ref)
    assert over == set(wanted)


def test_those_that_may_begin_keep_the_order_in_which_they_are_given() -> None:
    order = Walk([at(name) for name in "cab"], edges({"a": "", "b": "", "c": ""}))
    assert [order.begin() for _ in range(4)] == [at("c"), at("a"), at("b"), None]


@given(graphs, st.sets(st.sampled_from(NAMES)))
def test_followers_are_all_that_reach_the_first(graph: Mapping[str, str], first: set[str]) -> None:
    wanted, roots = edges(graph), {at(name) for name in first}
    found = dependents(roots, wanted)
    assert not found & roots
    for ref, named in wanted.items():
        follows = any(parent in roots or parent in found for parent in named)
        assert (ref in found) is (follows and ref not in roots)
