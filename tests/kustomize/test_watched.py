"""What a Kustomization takes variables from, and whether that has changed."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.kustomize.watched import changed, references, seen, versions

from tests.kustomize.builders import config_map, make

VARS = ObjectRef("", "v1", "ConfigMap", "apps", "vars")
KEYS = ObjectRef("", "v1", "Secret", "apps", "keys")


def _kustomization(*found: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "apps"}, "spec": {"postBuild": {"substituteFrom": list(found)}}}


BOTH = _kustomization({"kind": "Secret", "name": "keys"}, {"kind": "ConfigMap", "name": "vars"})


def test_references_are_read_in_their_order() -> None:
    assert references(BOTH) == (KEYS, VARS)


@pytest.mark.parametrize(
    "obj",
    [
        {},
        {"spec": 1},
        {"spec": {"postBuild": []}},
        {"spec": {"postBuild": {"substituteFrom": {}}}},
        _kustomization(1, {}, {"kind": "Pod", "name": "x"}, {"kind": ["ConfigMap"]}),
    ],
)
def test_an_object_of_another_shape_takes_them_from_nothing(obj: dict[str, Any]) -> None:
    assert references(obj) == ()
    assert seen(obj, {VARS: "1"}) == ()


def test_a_version_says_nothing_of_the_content() -> None:
    obj = config_map("vars", "apps", data={"a": "secret"})
    obj["metadata"] |= {"uid": "u", "resourceVersion": "7"}
    assert versions([obj]) == {VARS: "u 7"}


def test_only_what_is_watched_and_taken_from_is_kept() -> None:
    other = ObjectRef("", "v1", "ConfigMap", "apps", "other")
    assert seen(BOTH, {VARS: "u 1", other: "o 1"}) == ("ConfigMap/vars u 1",)
    assert seen(BOTH, {VARS: "u 1", KEYS: "k 1"}) == ("ConfigMap/vars u 1", "Secret/keys k 1")
    assert seen(make("v1", "Pod", "x", "apps"), {VARS: "u 1"}) == ()


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({VARS: "u 1"}, False),
        ({VARS: "u 2"}, True),
        ({VARS: "v 1"}, True),
        ({}, True),
        ({VARS: "u 1", KEYS: "k 1"}, True),
    ],
)
def test_a_change_an_end_and_a_beginning_count(there: dict[ObjectRef, str], expected: bool) -> None:
    assert changed(BOTH, there, ("ConfigMap/vars u 1",)) is expected
