"""Fields that the API server does not know, by its own paths."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.kustomize.undeclared import without_fields

OBJ: dict[str, Any] = {
    "extra": {"x": 1},
    "spec": {
        "replcias": 3,
        "a.b": {"c": 1},
        "a": {"b": {"d": 1}},
        "containers": [
            {"name": "main", "imagePullPolcy": "Always", "ports": [{"containerPort": 80, "foo": 1}]},
            {"name": 'o]d"d', "env": [{"name": "A", "foo": 1}]},
            "strange",
        ],
        "rules": [{"http": {"paths": [{"pathtype": "x"}, {"pathtype": "y"}]}}],
        "groups": [[{"x": 1}]],
    },
}


def _leaf(obj: Any, *keys: Any) -> Any:
    for key in keys:
        obj = obj[key]
    return obj


@pytest.mark.parametrize(
    ("path", "parent", "gone"),
    [
        (".extra", (), "extra"),
        (".spec.replcias", ("spec",), "replcias"),
        (".spec.a.b.c", ("spec", "a.b"), "c"),
        (".spec.a.b.d", ("spec", "a", "b"), "d"),
        ('.spec.containers[name="main"].imagePullPolcy', ("spec", "containers", 0), "imagePullPolcy"),
        (
            '.spec.containers[name="main"].ports[containerPort=80,protocol="TCP"].foo',
            ("spec", "containers", 0, "ports", 0),
            "foo",
        ),
        (r'.spec.containers[name="o]d\"d"].env[name="A"].foo', ("spec", "containers", 1, "env", 0), "foo"),
        (".spec.rules[0].http.paths[1].pathtype", ("spec", "rules", 0, "http", "paths", 1), "pathtype"),
        (".spec.groups[0][0].x", ("spec", "groups", 0, 0), "x"),
    ],
)
def test_a_path_leads_to_its_field(path: str, parent: tuple[Any, ...], gone: str) -> None:
    before = copy.deepcopy(OBJ)
    less, found = without_fields(OBJ, [path])
    expected = copy.deepcopy(OBJ)
    del _leaf(expected, *parent)[gone]
    assert (less, found) == (expected, (path,))
    assert before == OBJ


@pytest.mark.parametrize(
    "path",
    [
        ".nothing",
        ".spec.replcias.more",
        ".spec.rules[7].http",
        ".spec.rules[=1].http",
        ".spec.rules[name=].http",
        ".spec.rules[name=1",
        '.spec.containers[name="other"].image',
        ".spec[0]",
        "",
        ".",
    ],
)
def test_a_path_that_leads_nowhere_changes_nothing(path: str) -> None:
    assert without_fields(OBJ, [path]) == (OBJ, ())


def test_all_paths_are_taken_out() -> None:
    less, found = without_fields(OBJ, [".extra", ".nothing", ".spec"])
    assert (less, found) == ({}, (".extra", ".spec"))


@given(st.text(alphabet='.[]="ab01,\\', max_size=20))
def test_any_path_takes_out_no_more_than_it_says(path: str) -> None:
    obj = {"a": {"b": [{"a": 1, "b": 0}, {"a": 0}]}, "b": 1}
    less, found = without_fields(obj, [path])
    assert (less == obj) is (found == ())
