"""JSON pointers into objects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.kustomize.pointers import lookup, removed, replaced, segments

OBJ: dict[str, Any] = {"a": {"b/c": 1, "d~": [10, {"e": None}]}, "": 2}


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/a/b~1c", (1, True)),
        ("/a/d~0/0", (10, True)),
        ("/a/d~0/1/e", (None, True)),
        ("/", (2, True)),
        ("/a/x", (None, False)),
        ("/a/d~0/2", (None, False)),
        ("/a/d~0/-", (None, False)),
        ("/a/b~1c/x", (None, False)),
        ("", (None, False)),
        ("a", (None, False)),
    ],
)
def test_what_a_pointer_leads_to(pointer: str, expected: tuple[Any, bool]) -> None:
    assert lookup(OBJ, pointer) == expected


def test_only_what_a_pointer_leads_to_is_removed() -> None:
    assert removed(OBJ, "/a/d~0/0") == {"a": {"b/c": 1, "d~": [{"e": None}]}, "": 2}
    assert removed(OBJ, "/a/d~0/1/e") == {"a": {"b/c": 1, "d~": [10, {}]}, "": 2}
    assert removed(OBJ, "/a/x/y") == removed(OBJ, "") == OBJ


def test_a_value_is_put_where_something_can_have_it() -> None:
    assert replaced(OBJ, "/a/b~1c", 5)["a"]["b/c"] == 5
    assert replaced(OBJ, "/a/new", 5)["a"]["new"] == 5
    assert replaced(OBJ, "/a/d~0/0", 5)["a"]["d~"][0] == 5
    for nowhere in ("/x/y", "/a/d~0/7", "/a/d~0/x/y", "/a/b~1c/x", ""):
        assert replaced(OBJ, nowhere, 5) == OBJ


def test_a_pointer_of_a_megabyte_leads_nowhere_and_is_read_once() -> None:
    """Threats A-86."""
    endless = "/a" * 500_000
    assert [lookup(OBJ, endless) for _ in range(1000)] == [(None, False)] * 1000
    assert removed(OBJ, endless) == replaced(OBJ, endless, 5) == OBJ


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~0", max_size=2), inner, max_size=3)
    ),
)
POINTERS = st.text("ab/~01", max_size=6)


@given(st.dictionaries(st.text("ab", max_size=2), JSON, max_size=3), POINTERS)
def test_what_is_removed_is_gone_and_what_is_replaced_has_the_value(
    obj: dict[str, Any], pointer: str
) -> None:
    before, there = lookup(obj, pointer)
    if there:
        assert replaced(obj, pointer, before) == obj
        assert lookup(replaced(obj, pointer, "new"), pointer) == ("new", True)
        assert removed(obj, pointer) != obj
    else:
        assert removed(obj, pointer) == obj
    assert all(isinstance(part, str) for part in segments(pointer))
