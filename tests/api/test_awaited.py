from __future__ import annotations

from typing import Any

import pytest
from penstock.api.awaited import ASKING, MOST, Awaited, asks, joined, stored


def obj(generation: int = 1, **annotations: str) -> dict[str, Any]:
    keys = dict(zip(("requested", "approved", "rolled_back"), ASKING, strict=True))
    return {
        "metadata": {
            "generation": generation,
            "annotations": {keys.get(key, key): value for key, value in annotations.items()},
        }
    }


def one(name: str, generation: int = 1, before: dict[str, Any] | None = None) -> Awaited:
    return Awaited("Kustomization", "apps", name, generation, asks(before) if before else "")


@pytest.mark.parametrize(
    ("awaited", "found", "expected"),
    [
        (one("a", 3), obj(3), True),
        (one("a", 3), obj(4), True),
        (one("a", 3), obj(2), False),
        (one("a", 1), None, False),
        (one("a", 2), None, True),
        (one("a", 3), obj(3, requested="anything"), True),
        (one("a", 3, obj()), obj(3), False),
        (one("a", 3, obj()), obj(3, requested="now"), True),
        (one("a", 3, obj()), obj(3, approved="r1"), True),
        (one("a", 3, obj()), obj(3, rolled_back="r1"), True),
        (one("a", 3, obj()), obj(2, requested="now"), False),
        (one("a", 3, obj(requested="before")), obj(3, requested="before", other="x"), False),
        (one("a", 3, obj(requested="before")), obj(3, requested="later than this one"), True),
    ],
)
def test_a_change_is_stored_once_generation_and_requests_have_moved_on(
    awaited: Awaited, found: dict[str, Any] | None, expected: bool
) -> None:
    assert stored(awaited, found) is expected


def test_what_is_asked_for_is_told_apart_and_not_told() -> None:
    kinds = [
        obj(),
        obj(requested="a"),
        obj(requested="b"),
        obj(approved="a"),
        obj(requested="a", approved="a"),
    ]
    assert len({asks(kind) for kind in kinds}) == len(kinds)
    assert asks(obj(other="x")) == asks({}) == asks({"metadata": {"annotations": {ASKING[0]: ""}}})
    assert "canary" not in asks(obj(requested="canary"))
    assert asks({"metadata": {"annotations": {ASKING[0]: ["no", "text"]}}})


def test_of_each_object_the_last_word_counts() -> None:
    assert joined((one("a", 3), one("b")), (one("a", 1), one("c"))) == (one("b"), one("a", 1), one("c"))


def test_of_too_many_objects_the_latest_are_waited_for() -> None:
    many = [one(f"n{number}") for number in range(MOST + 5)]
    assert joined(many[:MOST], many[MOST:]) == tuple(many[5:])
