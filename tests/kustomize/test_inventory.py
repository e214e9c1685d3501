"""Inventory ids as Flux writes them, and sets of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.meta import ResourceInventory, ResourceRef
from penstock.api.refs import ObjectRef
from penstock.kustomize.inventory import difference, lists, object_id, parse_id, read, to_status, union
from penstock.kustomize.order import sort_key

from tests.kustomize.builders import ref

if TYPE_CHECKING:
    from collections.abc import Sequence

RBAC = "rbac.authorization.k8s.io"
NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?", fullmatch=True)
REFS = st.builds(
    ObjectRef,
    group=st.sampled_from(("", "apps", "example.com")),
    version=st.sampled_from(("v1", "v1beta1")),
    kind=st.sampled_from(("ConfigMap", "Deployment", "Widget")),
    namespace=st.one_of(st.just(""), NAMES),
    name=NAMES,
)
TABLE = [
    ("default_podinfo__Service", ref("Service", "podinfo", "default")),
    ("_x__Namespace", ref("Namespace", "x")),
    ("apps_podinfo_apps_Deployment", ref("Deployment", "podinfo", "apps", "apps")),
    (f"_system__controller_{RBAC}_ClusterRole", ref("ClusterRole", "system:controller", group=RBAC)),
    (f"a_b_c_{RBAC}_Role", ref("Role", "b_c", "a", RBAC)),
]


@pytest.mark.parametrize(("text", "named"), TABLE)
def test_ids_are_those_of_flux(text: str, named: ObjectRef) -> None:
    assert object_id(named) == text
    assert parse_id(text, "v1") == named


def test_a_colon_outside_rbac_stays() -> None:
    assert object_id(ref("Widget", "a:b", "x", "example.com")) == "x_a:b_example.com_Widget"


@given(REFS)
def test_an_id_reads_back_as_the_object(named: ObjectRef) -> None:
    assert parse_id(object_id(named), named.version) == named


@pytest.mark.parametrize("text", ["", "a", "a_b", "a_b_c", "___", "a___Kind", "a_b_c_"])
def test_what_names_no_object_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="inventory id"):
        parse_id(text, "v1")


def test_no_inventory_reads_as_empty() -> None:
    assert read(None) == ((), ())


def test_entries_that_cannot_be_read_are_told_apart() -> None:
    entries = ("default_a__ConfigMap", "broken", "default_a__ConfigMap")
    found = ResourceInventory(entries=tuple(ResourceRef(id=text, v="v1") for text in entries))
    assert read(found) == ((ref("ConfigMap", "a", "default"),), ("broken",))


@given(st.lists(REFS, unique_by=object_id))
def test_an_inventory_survives_the_status(refs: Sequence[ObjectRef]) -> None:
    assert read(to_status(refs)) == (tuple(refs), ())
    assert lists(to_status(refs), tuple(reversed(refs)))


def test_an_inventory_of_other_versions_is_another() -> None:
    assert not lists(to_status([ref("A", "x")]), [ref("A", "x", version="v2")])
    assert not lists(None, [ref("A", "x")])
    assert lists(None, [])


@given(st.lists(REFS), st.lists(REFS))
def test_union_and_difference_are_about_ids(old: list[ObjectRef], new: list[ObjectRef]) -> None:
    old_ids, new_ids = set(map(object_id, old)), set(map(object_id, new))
    merged, stale = union(new, old), difference(old, new)
    assert sorted(map(object_id, merged)) == sorted(old_ids | new_ids)
    assert set(map(object_id, stale)) == old_ids - new_ids
    assert list(stale) == sorted(stale, key=sort_key)


def test_union_takes_the_version_of_the_first() -> None:
    assert union([ref("A", "x", version="v2")], [ref("A", "x")]) == (ref("A", "x", version="v2"),)
