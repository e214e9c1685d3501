from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from penstock.client.documents import json_text, yaml_stream, yaml_text

if TYPE_CHECKING:
    from penstock.tools.upstream import Upstream

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@given(VALUES)
def test_what_is_written_is_read_back_and_no_terminal_obeys_it(value: Any) -> None:
    assert yaml.safe_load(yaml_text(value)) == value
    assert json.loads(json_text(value)) == value
    for text in (yaml_text(value), json_text(value)):
        assert all(char == "\n" or unicodedata.category(char)[0] not in "C" for char in text)


AMBIGUOUS = (
    *("1", "1e3", "6.5", "1_000", "0x1F", "0o17", ".5", "+5", ".inf", ".nan", "2024-01-01", "12:30:00"),
    *("yes", "On", "y", "N", "~", "null", "true", "", "="),
)


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_texts_that_a_reader_may_take_for_something_else_are_quoted(text: str) -> None:
    assert yaml_text({"a": text}).rstrip("\n") == f'a: "{text}"'


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


def test_other_letters_stay_as_they_are_and_what_is_not_seen_is_escaped() -> None:
    value = {"a": "Grüße 世界 🚢", "b": "x\u202ey\U000e0041", "c": "one\u2028two", "d": "\x1b[2J"}
    assert yaml_text(value) == ('a: Grüße 世界 🚢\nb: "x\\u202Ey\\U000E0041"\nc: "one\\Ltwo"\nd: "\\e[2J"\n')
    assert json_text(value["a"]) == '"Grüße 世界 🚢"'
    assert json_text(value["b"]) == '"x\\u202ey\\udb40\\udc41"'


def test_gos_reader_takes_each_text_for_a_text(real_upstream: Upstream) -> None:
    texts = [
        *AMBIGUOUS,
        "-",
        "# x",
        "a: b",
        " x ",
        "@x",
        "[1]",
        "{a}",
        "a\nb\n\n",
        "\ta\n b",
        "é\u202e",
        "x" * 300,
    ]
    data = {f"k{number}": text for number, text in enumerate(texts)}
    wanted = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "1e3"},
        "data": {**data, "n": "x"},
    }
    tree = {"a/kustomization.yaml": b"resources: [all.yaml]\n", "a/all.yaml": yaml_stream([wanted]).encode()}
    assert list(real_upstream.build(tree, "a").objects) == [wanted]
