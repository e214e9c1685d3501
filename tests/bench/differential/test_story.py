from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.differential.story import docs, files, merged, placed_files, placed_json


@pytest.mark.parametrize(
    ("value", "patch", "expected"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
        ({"a": [1]}, {"a": [2]}, {"a": [2]}),
        ({"a": "text"}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
    ],
)
def test_a_merge_patch_merges(value: dict[str, Any], patch: dict[str, Any], expected: dict[str, Any]) -> None:
    assert merged(value, patch) == expected


VALUES = st.dictionaries(
    st.sampled_from("abc"), st.integers() | st.dictionaries(st.sampled_from("abc"), st.integers())
)


@given(VALUES, VALUES)
def test_merging_twice_is_merging_once(value: dict[str, Any], patch: dict[str, Any]) -> None:
    assert merged(merged(value, patch), patch) == merged(value, patch)


def test_places_are_filled_in_everywhere() -> None:
    assert placed_json({"a": {"@NS@": ["x-@NS@"]}}, {"@NS@": "ns"}) == {"a": {"ns": ["x-ns"]}}
    changes = {"one": b"name: @NS@ \xff", "gone": None}
    assert placed_files(changes, {"@NS@": "ns"}) == {"one": b"name: ns \xff", "gone": None}


def test_documents_are_dedented_one_by_one() -> None:
    assert docs("\n    a: 1\n    ", "\n  b: 2\n") == "a: 1\n---\nb: 2\n"
    assert files({"x": "\n    a: 1\n", "gone": None}) == {"x": b"a: 1\n", "gone": None}
