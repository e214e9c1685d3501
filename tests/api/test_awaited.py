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


def one(name: str, generation: int = 1) -> Awaited:
    return Awaited("Kustomization", "apps", name, generation)


@pytest.mark.parametrize(
    ("awaited", "found", "expected"),
    [
        (obj(3), obj(3), True),
        (obj(3), obj(4), True),
        (obj(3), obj(2), False),
        (obj(1), None, False),
        (obj(2), None, True),
        (obj(3, requested="now"), obj(3), False),
        (obj(3, requested="now"), obj(3, requested="now"), True),
        (obj(3, requested="now"), obj(3, requested="before"), False),
        (obj(3, approved="r1"), obj(3), False),
        (obj(3, rolled_back="r1"), obj(3), False),
        (obj(3, approved="r1"), obj(3, approved="r1", other="x"), True),
    ],
)
def test_a_change_is_stored_once_generation_and_requests_are_there(
    awaited: dict[str, Any], found: dict[str, Any] | None, expected: bool
) -> None:
    told = Awaited("GitRepository", "apps", "a", awaited["metadata"]["generation"], asks(awaited))
    assert stored(told, found) is expected


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
