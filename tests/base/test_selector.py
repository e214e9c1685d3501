"""Label selectors, as Kubernetes reads them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.selector import EVERYTHING, MAIN_SHARD, SHARD_KEY, parse_selector

LABELS = {SHARD_KEY: "shard1", "env": "dev", "empty": ""}


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", True),
        ("  ", True),
        (SHARD_KEY, True),
        (f"!{SHARD_KEY}", False),
        ("!other", True),
        ("other", False),
        (f"{SHARD_KEY}=shard1", True),
        (f"{SHARD_KEY} == shard1", True),
        (f"{SHARD_KEY}=shard2", False),
        (f"{SHARD_KEY}!=shard2", True),
        (f"{SHARD_KEY} != shard1", False),
        ("other!=x", True),
        (f"{SHARD_KEY} in (shard1)", True),
        (f"{SHARD_KEY} in (shard1, shard2)", True),
        (f"{SHARD_KEY} in (shard2,shard3)", False),
        (f"{SHARD_KEY} notin (shard2,shard3)", True),
        (f"{SHARD_KEY} notin ( shard1 )", False),
        ("other notin (a)", True),
        ("other in (a)", False),
        ("empty=", True),
        ("empty in ()", True),
        ("env=", False),
        (f"{SHARD_KEY} in (shard1, shard2),env=dev,!other", True),
        (f"{SHARD_KEY} in (shard1, shard2),env=prod", False),
    ],
)
def test_an_object_is_selected_as_kubernetes_would(text: str, selected: bool) -> None:
    assert parse_selector(text).matches(LABELS) is selected


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "=x",
        "!a=b",
        "!a in (b)",
        "a in b",
        "a in (b",
        "a,,b",
        ",",
        "a~b",
        "-a",
        "a=ü",
        "a/b/c",
        "a" * 64,
        "a=" + "b" * 64,
        "a in (b),",
        "x" * 5000,
    ],
)
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no condition on a label|longer than"):
        parse_selector(text)


def test_by_default_shards_are_left_alone_and_nothing_else() -> None:
    assert parse_selector(str(MAIN_SHARD)) == MAIN_SHARD
    assert not MAIN_SHARD.matches({SHARD_KEY: ""})
    assert MAIN_SHARD.matches({"env": "dev"})
    assert EVERYTHING.matches(LABELS)


@given(st.text())
def test_any_text_is_a_selector_or_refused(text: str) -> None:
    try:
        parse_selector(text).matches(LABELS)
    except ValueError:
        assert re.search(r"\S", text)


@given(st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y", ""])))
def test_a_condition_and_its_opposite_never_agree(labels: dict[str, str]) -> None:
    for one, other in (("a", "!a"), ("a=x", "a!=x"), ("a in (x,y)", "a notin (x,y)")):
        assert parse_selector(one).matches(labels) is not parse_selector(other).matches(labels)
