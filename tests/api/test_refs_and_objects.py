from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api import objects
from penstock.api.refs import ObjectRef, git_repository, kustomization


@pytest.mark.parametrize(
    ("obj", "ref", "text"),
    [
        (
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "a", "name": "b"}},
            ObjectRef("apps", "v1", "Deployment", "a", "b"),
            "Deployment/a/b",
        ),
        (
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}},
            ObjectRef("", "v1", "Namespace", "", "a"),
            "Namespace/a",
        ),
        ({}, ObjectRef("", "", "", "", ""), ""),
        ({"apiVersion": None, "metadata": []}, ObjectRef("", "", "", "", ""), ""),
    ],
)
def test_an_object_is_named_by_what_it_says(obj: dict[str, Any], ref: ObjectRef, text: str) -> None:
    assert ObjectRef.from_object(obj) == ref
    assert str(ref) == text


def test_the_api_version_of_the_core_group_has_no_group() -> None:
    assert ObjectRef("", "v1", "Pod", "a", "b").api_version == "v1"
    assert git_repository("a", "b").api_version == "source.toolkit.fluxcd.io/v1"
    assert kustomization("a", "b").api_version == "kustomize.toolkit.fluxcd.io/v1"


def test_references_are_ordered() -> None:
    assert sorted([kustomization("b", "a"), kustomization("a", "b")])[0] == kustomization("a", "b")


@given(
    metadata=st.none()
    | st.lists(st.integers())
    | st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("labels", "annotations", "generation", "uid", "resourceVersion", "deletionTimestamp"),
            st.none() | st.integers() | st.text(max_size=3) | st.lists(st.text(max_size=2), max_size=2),
        ),
    )
)
def test_what_is_not_there_or_has_no_sense_reads_as_empty(metadata: object) -> None:
    obj = {"metadata": metadata}
    assert objects.labels_of(obj) == {}
    assert objects.annotations_of(obj) == {}
    assert isinstance(objects.generation(obj), int)
    assert isinstance(objects.uid(obj), str)
    assert isinstance(objects.resource_version(obj), str)
    assert isinstance(objects.deleting(obj), bool)


def test_what_is_there_is_read() -> None:
    obj = {
        "metadata": {
            "labels": {"a": "b"},
            "annotations": {"c": "d"},
            "generation": 3,
            "uid": "u",
            "resourceVersion": "7",
            "deletionTimestamp": "2030-01-01T00:00:00Z",
        }
    }
    assert objects.labels_of(obj) == {"a": "b"}
    assert objects.annotations_of(obj) == {"c": "d"}
    assert objects.generation(obj) == 3
    assert objects.uid(obj) == "u"
    assert objects.resource_version(obj) == "7"
    assert objects.deleting(obj)
