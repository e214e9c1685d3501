"""What can be an object at all (threats A-42, A-51)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.kustomize.identity import problem_of

from tests.kustomize.builders import config_map, make

SECRET = "hunter2"


@pytest.mark.parametrize(
    "obj",
    [
        config_map("x"),
        make("apps/v1", "Deployment", "x.y-z"),
        make("rbac.authorization.k8s.io/v1", "ClusterRole", "system:a_B"),
        make("v1", "ConfigMap", "x", namespace="", labels=None, annotations={"a": ""}),
        config_map("x", labels={"a": 1}),
    ],
)
def test_ordinary_objects_have_an_identity(obj: Any) -> None:
    assert problem_of(obj) == ""


@pytest.mark.parametrize(
    ("obj", "problem"),
    [
        (None, "it is no mapping"),
        ("text", "it is no mapping"),
        ([config_map("x")], "it is no mapping"),
        ({}, "apiVersion is missing"),
        ({**config_map("x"), "apiVersion": 1}, "apiVersion is no text"),
        ({**config_map("x"), "apiVersion": "a/b/c"}, "apiVersion is no valid Kubernetes name"),
        ({**config_map("x"), "kind": ""}, "kind is missing"),
        ({**config_map("x"), "kind": "Config/Map"}, "kind is no valid Kubernetes name"),
        ({**config_map("x"), "metadata": []}, "metadata is no mapping"),
        ({"apiVersion": "v1", "kind": "A"}, "metadata.name is missing"),
        ({**config_map("x"), "metadata": {"generateName": "x-"}}, "a generateName cannot be reconciled"),
        (config_map("a/b"), "metadata.name is no valid Kubernetes name"),
        (config_map(".."), "metadata.name is no valid Kubernetes name"),
        (config_map("a%2e"), "metadata.name is no valid Kubernetes name"),
        (config_map("a" * 254), "metadata.name is no valid Kubernetes name"),
        (config_map("a\nb"), "metadata.name is no valid Kubernetes name"),
        (config_map("x", "Upper"), "metadata.namespace is no valid Kubernetes name"),
        (config_map("x", annotations=["a"]), "metadata.annotations is no mapping"),
        (config_map("x", annotations={"a": None}), "metadata.annotations has a value that is no text"),
    ],
)
def test_what_has_no_identity_is_told_by_field(obj: Any, problem: str) -> None:
    assert problem in problem_of(obj)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "apiVersion": JSON,
            "kind": JSON,
            "metadata": st.fixed_dictionaries(
                {}, optional=dict.fromkeys(("name", "namespace", "labels", "annotations"), JSON)
            ),
        },
    )
)
def test_no_value_is_ever_told(obj: Any) -> None:
    assert SECRET not in problem_of(obj)
