"""Fields that kubectl and earlier tools wrote become ours, as fluxcd/pkg/ssa does it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.kustomize.managers import cleanup, foreign_writers, union, united

from tests.kustomize.builders import config_map

GROUP = "kustomize.toolkit.fluxcd.io"
OURS = "kustomize-controller"
LAST = "kubectl.kubernetes.io/last-applied-configuration"


def entry(manager: str, operation: str = "Update", subresource: str = "", **fields: Any) -> dict[str, Any]:
    found = {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1"}
    return {**found, **({"subresource": subresource} if subresource else {}), "fieldsV1": fields}


def live(*entries: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    obj = config_map("x", **metadata)
    obj["metadata"]["managedFields"] = list(entries)
    return obj


A: Any = {"f:data": {"f:a": {}}}
B: Any = {"f:data": {"f:b": {}}}
BOTH: Any = {"f:data": {"f:a": {}, "f:b": {}}}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], []),
        ([entry(OURS, "Apply", **A)], [entry(OURS, "Apply", **A)]),
        ([entry("kubectl-edit", **A)], [entry(OURS, "Apply", **A)]),
        ([entry("kubectl", "Apply", **A)], [entry(OURS, "Apply", **A)]),
        ([entry("before-first-apply", **A), entry("x", **B)], [entry("x", **B), entry(OURS, "Apply", **A)]),
        ([entry(OURS, "Apply", **A), entry("kubectl-patch", **B)], [entry(OURS, "Apply", **BOTH)]),
        ([entry("kubectl-patch", **B), entry(OURS, "Apply", **A)], [entry(OURS, "Apply", **BOTH)]),
        ([entry(OURS, **A), entry("kubectl-create", **B)], [entry(OURS, "Apply", **BOTH)]),
        (
            [entry("kubectl-edit", subresource="status", **A)],
            [entry("kubectl-edit", subresource="status", **A)],
        ),
        ([entry("my-kubectl", **A)], [entry("my-kubectl", **A)]),
        ([entry("before-first-apply", "Apply", **A)], [entry("before-first-apply", "Apply", **A)]),
    ],
)
def test_entries_of_these_writers_become_one_of_ours(
    entries: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> None:
    assert united(entries) == expected


def test_the_patch_drops_what_earlier_tools_left_and_replaces_the_managers() -> None:
    found = live(
        entry("kubectl-client-side-apply", **A),
        annotations={LAST: "{}", "fluxcd.io/sync-checksum": "x", "mine": "y"},
        labels={"fluxcd.io/sync-gc-mark": "z"},
    )
    assert cleanup(config_map("x"), found) == (
        {"op": "remove", "path": "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"},
        {"op": "remove", "path": "/metadata/annotations/fluxcd.io~1sync-checksum"},
        {"op": "remove", "path": "/metadata/labels/fluxcd.io~1sync-gc-mark"},
        {"op": "replace", "path": "/metadata/managedFields", "value": [entry(OURS, "Apply", **A)]},
    )


def test_an_object_that_only_we_wrote_needs_no_patch() -> None:
    assert cleanup(config_map("x"), live(entry(OURS, "Apply", **A), entry("hpa", **B))) == ()
    assert cleanup(config_map("x"), config_map("x")) == ()


@pytest.mark.parametrize("where", ["labels", "annotations"])
def test_an_object_that_is_to_be_merged_keeps_its_writers(where: str) -> None:
    merged: Any = {where: {f"{GROUP}/ssa": "Merge"}}
    assert cleanup(config_map("x", **merged), live(entry("kubectl-edit", **A))) == ()
    assert cleanup(config_map("x"), live(entry("kubectl-edit", **A), **merged)) == ()


def test_the_writers_to_take_over_from_are_told() -> None:
    found = live(entry("kubectl-patch", **A), entry("hpa", **A), entry("kubectl-edit", **B))
    assert foreign_writers(found) == ("kubectl-edit", "kubectl-patch")
    assert foreign_writers(live(entry(OURS, "Apply", **A))) == ()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"f:a": {}}, {"f:a": {"f:b": {}}}, {"f:a": {".": {}, "f:b": {}}}),
        ({"f:a": {".": {}, "f:b": {}}}, {"f:a": {"f:c": {}}}, {"f:a": {".": {}, "f:b": {}, "f:c": {}}}),
        ({'k:{"name":"x"}': {".": {}}}, {}, {'k:{"name":"x"}': {".": {}}}),
    ],
)
def test_a_field_and_what_is_below_it_are_two_members(
    one: dict[str, Any], other: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert union(one, other) == union(other, one) == expected


def _members(fields: dict[str, Any], at: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The paths in a set of fields as it is written."""
    found: set[tuple[str, ...]] = set()
    for key, below in fields.items():
        path = at if key == "." else (*at, key)
        found |= {path} if not below else _members(below, path)
    return found


FIELDS: st.SearchStrategy[Any] = st.recursive(
    st.just({}), lambda below: st.dictionaries(st.sampled_from(["f:a", "f:b", "v:1"]), below, max_size=3)
).filter(bool)


@given(FIELDS, FIELDS)
def test_the_union_has_the_members_of_both_and_no_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert _members(union(one, other)) == _members(one) | _members(other)
    assert union(one, one) == one
