from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from penstock.client.documents import json_text, yaml_stream, yaml_text

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@given(VALUES)
def test_what_is_written_is_read_back_and_no_terminal_obeys_it(value: Any) -> None:
    assert yaml.safe_load(yaml_text(value)) == value
    assert json.loads(json_text(value)) == value
    for text in (yaml_text(value), json_text(value)):
        assert all(char == "\n" or " " <= char <= "~" for char in text)


@pytest.mark.parametrize(
    "text",
    [
        *("1", "1e3", "6.5", "1_000", "0x1F", "0o17", ".5", "+5", ".inf", ".nan", "2024-01-01", "12:30:00"),
        *("yes", "On", "y", "N", "~", "null", "true", ""),
    ],
)
def test_texts_that_a_reader_may_take_for_something_else_are_quoted(text: str) -> None:
    assert yaml_text({"a": text}).rstrip("\n") == f"a: '{text}'"


@pytest.mark.parametrize(
    "text", ["10m", "1m0s", "v1", "main", "6.5.0", "https://example.com/a.git", "sha1:0e3"]
)
def test_ordinary_texts_are_plain(text: str) -> None:
    assert yaml_text({"a": text}) == f"a: {text}\n"


def test_keys_are_sorted_and_lines_stay_lines() -> None:
    text = yaml_text({"spec": {"ignore": "/*\n!/apps\n", "interval": "1m"}, "kind": "A"})
    assert text == "kind: A\nspec:\n  ignore: |\n    /*\n    !/apps\n  interval: 1m\n"


def test_equal_parts_are_written_out_each_time() -> None:
    part = {"x": [1]}
    assert yaml_text({"a": part, "b": part}) == "a:\n  x:\n  - 1\nb:\n  x:\n  - 1\n"


def test_each_document_of_a_stream_begins_with_dashes() -> None:
    assert yaml_stream([{"a": 1}, {"b": 2}]) == "---\na: 1\n---\nb: 2\n"
    assert yaml_stream([]) == ""
