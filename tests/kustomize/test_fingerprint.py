"""Marks of objects in the cluster: what moves them, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.kustomize.fingerprint import fingerprint, made_from

from tests.kustomize.builders import config_map, make


def stored(obj: dict[str, Any], uid: str = "u", version: str = "7", **meta: Any) -> dict[str, Any]:
    """The object as the API server gives it."""
    return {**obj, "metadata": {**obj["metadata"], "uid": uid, "resourceVersion": version, **meta}}


MAP = stored(config_map("a", data={"x": "1"}))


@pytest.mark.parametrize(
    "same",
    [
        {**MAP, "status": {"seen": True}},
        {**MAP, "metadata": {**MAP["metadata"], "resourceVersion": "8", "generation": 4}},
        {**MAP, "metadata": {**MAP["metadata"], "managedFields": [{"manager": "kubectl"}]}},
        dict(reversed(MAP.items())),
    ],
)
def test_what_a_plan_does_not_compare_leaves_the_mark(same: dict[str, Any]) -> None:
    assert fingerprint(same) == fingerprint(MAP)


@pytest.mark.parametrize(
    "other",
    [
        {**MAP, "data": {"x": "2"}},
        {**MAP, "data": {"x": 1}},
        {**MAP, "metadata": {**MAP["metadata"], "labels": {"a": "b"}}},
        {**MAP, "metadata": {**MAP["metadata"], "annotations": {"a": "b"}}},
        {**MAP, "metadata": {**MAP["metadata"], "uid": "made anew"}},
    ],
)
def test_what_a_plan_compares_moves_it_and_so_does_another_object_of_that_name(other: dict[str, Any]) -> None:
    assert fingerprint(other) != fingerprint(MAP)


def test_the_mark_of_a_secret_says_nothing_of_what_is_in_it() -> None:
    one, other = (stored(make("v1", "Secret", "s", "default", data={"x": value})) for value in ("a", "b"))
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(stored(one, version="8"))
    assert fingerprint(one) != fingerprint(stored(one, uid="other"))


def test_what_an_object_was_made_from_is_told_apart_but_for_secrets() -> None:
    one, other = (config_map("a", data={"x": value}) for value in "12")
    assert made_from(one) == made_from(dict(reversed(one.items()))) != made_from(other)
    assert made_from(one) != made_from(config_map("a", data={"x": 1}))
    assert made_from(make("v1", "Secret", "s", "default", data={"x": "eA=="})) == ""
