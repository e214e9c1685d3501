"""Labels and annotations for every object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.kustomization import CommonMetadata
from penstock.base.limits import Limits
from penstock.kustomize.common import texts, with_common
from penstock.kustomize.objects import prepare
from penstock.kustomize.owner import owner_labels

from tests.kustomize.builders import OWNER, config_map

COMMON = CommonMetadata(labels={"team": "a"}, annotations={"note": "b"})
_TEXTS = st.dictionaries(st.sampled_from("abc"), st.text(max_size=3))


@pytest.mark.parametrize(
    ("own", "common", "expected"),
    [
        ({}, None, {}),
        ({}, CommonMetadata(), {}),
        ({}, COMMON, {"labels": {"team": "a"}, "annotations": {"note": "b"}}),
        (
            {"labels": {"team": "own", "app": "x"}, "annotations": {"other": "c"}},
            COMMON,
            {"labels": {"team": "a", "app": "x"}, "annotations": {"note": "b", "other": "c"}},
        ),
        (
            {"labels": {}},
            CommonMetadata(annotations={"note": "b"}),
            {"labels": {}, "annotations": {"note": "b"}},
        ),
        (
            {"annotations": {"number": 1}},
            CommonMetadata(labels={"a": "b"}),
            {"labels": {"a": "b"}, "annotations": {"number": 1}},
        ),
        ({"annotations": {"number": 1}}, COMMON, {"labels": {"team": "a"}, "annotations": {"note": "b"}}),
        (
            {"annotations": {"none": None}},
            COMMON,
            {"labels": {"team": "a"}, "annotations": {"note": "b", "none": ""}},
        ),
    ],
)
def test_the_common_ones_lie_over_the_objects_own(
    own: dict[str, Any], common: CommonMetadata | None, expected: dict[str, Any]
) -> None:
    built = config_map("x", **own)
    found = with_common(built, common)["metadata"]
    assert {key: value for key, value in found.items() if key not in {"name", "namespace"}} == expected
    assert built == config_map("x", **own)


def test_they_lie_over_the_labels_of_the_owner_too_as_in_flux() -> None:
    (name, _) = owner_labels(OWNER)
    common = CommonMetadata(labels={name: "other"})
    (found,) = prepare([config_map("x")], OWNER, Limits(), common)
    assert found["metadata"]["labels"] == {**owner_labels(OWNER), name: "other"}


def test_objects_of_a_list_get_them_each() -> None:
    built = [{"apiVersion": "v1", "kind": "List", "items": [config_map("a"), config_map("b")]}]
    for found in prepare(built, OWNER, Limits(), COMMON):
        assert found["metadata"]["annotations"] == {"note": "b"}


@given(_TEXTS, _TEXTS, _TEXTS, _TEXTS)
def test_each_common_one_is_there_and_the_others_stay(
    labels: dict[str, str], annotations: dict[str, str], more: dict[str, str], notes: dict[str, str]
) -> None:
    built = config_map("x", labels=labels, annotations=annotations)
    common = CommonMetadata(labels=more, annotations=notes)
    once = with_common(built, common)
    assert once["metadata"]["labels"] == labels | more
    assert once["metadata"]["annotations"] == annotations | notes
    assert with_common(once, common) == once


@given(st.dictionaries(st.text(max_size=3), st.one_of(st.text(max_size=3), st.none(), st.integers())))
def test_only_texts_are_labels(given_: dict[str, Any]) -> None:
    found = texts(given_)
    whole = all(value is None or isinstance(value, str) for value in given_.values())
    assert found == ({key: value or "" for key, value in given_.items()} if whole else {})
