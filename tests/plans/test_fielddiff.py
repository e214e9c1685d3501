"""Differences of fields in the words of dyff, as `flux diff` shows them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.plans.fielddiff import differences
from penstock.plans.fieldtext import report

_SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text("abc \n", max_size=6)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["name", "x", "y"]), inner),
    max_leaves=12,
)


def _told(before: Any, after: Any) -> str:
    return report(tuple(differences(before, after)))


PORTS = [{"name": "http", "port": 9899}, {"name": "grpc", "port": 9999}]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            {"spec": {"ports": PORTS}},
            {"spec": {"ports": [{"name": "http", "port": 9898}, PORTS[1]]}},
            "\nspec.ports.http.port\n± value change\n- 9899\n+ 9898\n\n",
        ),
        (
            {"metadata": {"name": "x"}},
            {"metadata": {"name": "x", "labels": {"b": "2", "a": "1"}}},
            '\nmetadata\n+ one map entry added:\n  labels:\n    a: "1"\n    b: "2"\n\n',
        ),
        (
            {"data": {"drift": "1"}},
            {"data": {"token": "2"}},
            f'\ndata\n- one map entry removed:   + one map entry added:\ndrift: "1"{" " * 19}token: "2"\n\n',
        ),
        (
            {"data": {"password": "*** (before)"}},
            {"data": {"password": "*** (after)"}},
            "\ndata.password\n± value change\n- *** (before)\n+ *** (after)\n\n",
        ),
        ({"a": "1"}, {"a": 1}, '\na\n± type change from string to int\n- "1"\n+ 1\n\n'),
        ({"a": 1}, {"a": {"b": 2}}, "\na\n± type change from int to map\n- 1\n+ b: 2\n\n"),
        ({"a": 1}, {"a": None}, "\na\n± type change from int to <nil>\n- 1\n+ null\n\n"),
        ({"a": True}, {"a": False}, "\na\n± value change\n- true\n+ false\n\n"),
        (1, 1.0, "\n(root level)\n± type change from int to float\n- 1\n+ 1.0\n\n"),
        ({"a": "x y"}, {"a": "x  y"}, "\na\n± whitespace only change\n- x·y\n+ x··y\n\n"),
        (
            {"a": "one\ntwo\nthree\n"},
            {"a": "one\n2\nthree\nfour\n"},
            "\na\n± value change in multiline text (two inserts, one deletion)\n- two\n+ 2\n+ four\n\n",
        ),
        (
            {"a": "one\ntwo\nthree\nfour\n"},
            {"a": "one\n2\n3\nfour\n"},
            "\na\n± value change in multiline text (one insert, one deletion)\n- two\n- three\n+ 2\n+ 3\n\n",
        ),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, "\na\n⇆ order changed\n- x, y\n+ y, x\n\n"),
        ({"a": PORTS}, {"a": PORTS[::-1]}, "\na\n⇆ order changed\n- http, grpc\n+ grpc, http\n\n"),
        (
            {"a": ["x"]},
            {"a": ["x", "v", "w"]},
            "\na\n+ two list entries added:\n  - v\n  - w\n\n",
        ),
        ({"a": ["x", "x"]}, {"a": ["x"]}, "\na\n- one list entry removed:\n- x\n\n"),
        ({"a": PORTS}, {"a": PORTS[:1]}, "\na\n- one list entry removed:\n- name: grpc\n  port: 9999\n\n"),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, "\na.0.b\n± value change\n- 1\n+ 2\n\n"),
    ],
)
def test_a_difference_is_told_as_dyff_tells_it(before: Any, after: Any, told: str) -> None:
    assert _told(before, after) == told


def test_what_does_not_fit_side_by_side_is_told_one_after_the_other() -> None:
    told = _told({"gone": "x" * 60}, {"come": "y" * 60})
    assert told == (
        "\n(root level)\n- one map entry removed:\n"
        f"gone: {'x' * 60}\n\n+ one map entry added:\n  come: {'y' * 60}\n\n"
    )


@given(_VALUES)
def test_what_is_the_same_has_no_differences(value: Any) -> None:
    assert _told(value, copy.deepcopy(value)) == ""


@given(before=_VALUES, after=_VALUES)
def test_every_difference_is_told(before: Any, after: Any) -> None:
    same = repr(_ordered(before)) == repr(_ordered(after))
    assert (_told(before, after) == "") == same


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


@given(st.text(max_size=50), st.text(max_size=50))
def test_nothing_that_a_terminal_obeys_is_printed(one: str, other: str) -> None:
    told = _told({one: {"x": one}}, {one: {"x": other}, other: other})
    assert not any(char < " " and char != "\n" for char in told)
    assert "\x1b" not in told
    assert "\u202e" not in told
