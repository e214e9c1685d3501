from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.differential.compare import ABSENT, THERE, WHOLE, Difference, differences

FACTS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(("", "1", "2")))
WORLDS = st.dictionaries(st.sampled_from(("X/x", "Y/y")), FACTS)


def test_each_path_that_differs_is_told_with_both_values() -> None:
    flux = {"X/x": {"same": "1", "other": "1", "empty": ""}, "Y/y": {"a": "1"}}
    penstock = {"X/x": {"same": "1", "other": "2", "more": "3"}}
    assert differences("f", "s", flux, penstock) == (
        Difference("f", "s", "X/x", "empty", '""', ABSENT),
        Difference("f", "s", "X/x", "more", ABSENT, "3"),
        Difference("f", "s", "X/x", "other", "1", "2"),
        Difference("f", "s", "Y/y", WHOLE, THERE, ABSENT),
    )


@given(WORLDS)
def test_a_world_does_not_differ_from_itself(world: dict[str, dict[str, str]]) -> None:
    assert differences("f", "s", world, world) == ()


@given(WORLDS, WORLDS)
def test_worlds_that_do_not_differ_are_equal(
    one: dict[str, dict[str, str]], other: dict[str, dict[str, str]]
) -> None:
    assert bool(differences("f", "s", one, other)) is (one != other)


@given(WORLDS, WORLDS)
def test_the_other_way_round_it_is_the_same(
    one: dict[str, dict[str, str]], other: dict[str, dict[str, str]]
) -> None:
    there = differences("f", "s", one, other)
    back = differences("f", "s", other, one)
    assert [(d.object, d.path, d.flux, d.penstock) for d in there] == [
        (d.object, d.path, d.penstock, d.flux) for d in back
    ]
