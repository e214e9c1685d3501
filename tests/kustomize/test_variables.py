"""The variables of spec.postBuild: what each stands for, and what tells their values apart."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.kustomization import PostBuild
from penstock.base.errors import LimitExceeded
from penstock.cluster.errors import Forbidden
from penstock.kustomize.variables import Variables, variables

from tests.kustomize.builders import config_map, make

MAP, SECRET = {"kind": "ConfigMap", "name": "m"}, {"kind": "Secret", "name": "s"}
CANARY = "hunter2"
_DATA = st.dictionaries(st.sampled_from("abc"), st.text(max_size=4), max_size=3)


def _secret(version: str = "1", **data: str) -> dict[str, Any]:
    encoded = {name: b64encode(value.encode()).decode() for name, value in data.items()}
    obj = make("v1", "Secret", "s", "default", data=encoded)
    obj["metadata"] |= {"uid": "u", "resourceVersion": version}
    return obj


def _of(spec: dict[str, Any], *found: Any, strict: bool = True, most: int = 1000) -> Variables:
    return variables(msgspec.convert(spec, PostBuild), found, strict=strict, most_bytes=most)


def test_later_references_win_and_the_spec_wins_over_all() -> None:
    spec = {"substitute": {"c": "spec"}, "substituteFrom": [MAP, SECRET]}
    found = _of(spec, config_map("m", data={"a": "map", "b": "map", "c": "map"}), _secret(b="secret", c="x"))
    assert found.values == {"a": b"map", "b": b"secret", "c": b"spec"}


def test_values_lose_their_line_breaks_and_nothing_else() -> None:
    spec = {"substitute": {"a": "x\ny\r\n z\n"}, "substituteFrom": [MAP, SECRET]}
    found = _of(spec, config_map("m", data={"b": "\n1\n2"}), _secret(c="k\ne\ny\n"))
    assert found.values == {"a": b"xy\r z", "b": b"12", "c": b"key"}


def test_only_data_counts_and_it_may_be_missing() -> None:
    spec = {"substituteFrom": [MAP, SECRET]}
    assert _of(spec, config_map("m", binaryData={"a": "eA=="}), make("v1", "Secret", "s")).values == {}


def test_a_secret_may_hold_any_bytes() -> None:
    obj = make("v1", "Secret", "s", data={"a": b64encode(b"\xff\n\x00").decode()})
    assert _of({"substituteFrom": [SECRET]}, obj).values == {"a": b"\xff\x00"}


@pytest.mark.parametrize(
    ("spec", "found", "problem"),
    [
        ([MAP], [None], "substitute from 'ConfigMap/m' error: configmaps \"m\" not found"),
        ([SECRET], [None], "substitute from 'Secret/s' error: secrets \"s\" not found"),
        (
            [MAP | {"optional": False}],
            [None],
            "substitute from 'ConfigMap/m' error: configmaps \"m\" not found",
        ),
        (
            [MAP | {"optional": True}, SECRET],
            [None, None],
            "substitute from 'Secret/s' error: secrets \"s\" not found",
        ),
        ([MAP | {"optional": True}], [Forbidden("no")], "substitute from 'ConfigMap/m' error: no"),
        ([MAP | {"optional": True}], [None], ""),
    ],
)
def test_a_reference_that_cannot_be_followed_is_told_in_fluxs_words(
    spec: list[dict[str, Any]], found: list[Any], problem: str
) -> None:
    assert _of({"substituteFrom": spec}, *found).problem == problem


@pytest.mark.parametrize(("strategy", "always"), [({}, False), ({"substituteStrategy": "Always"}, True)])
def test_the_strategy_and_strictness_are_passed_on(strategy: dict[str, Any], always: bool) -> None:
    for strict in (True, False):
        found = _of(strategy, strict=strict)
        assert (found.always, found.strict) == (always, strict)


def test_too_much_is_refused_by_a_limit_that_is_named() -> None:
    spec = {"substitute": {"a": "x" * 900}, "substituteFrom": [MAP]}
    assert _of(spec, config_map("m", data={"b": "y" * 98})).values["a"]
    with pytest.raises(LimitExceeded, match=r"larger than 1000 bytes \(PENSTOCK_LIMIT_VARIABLE_BYTES\)$"):
        _of(spec, config_map("m", data={"b": "y" * 99}))


def test_no_value_shows_in_what_is_logged_of_them() -> None:
    found = _of({"substitute": {"a": CANARY}, "substituteFrom": [SECRET]}, _secret(b=CANARY))
    assert CANARY not in repr(found)
    assert b64encode(CANARY.encode()).decode() not in repr(found)


def test_the_mark_of_a_secret_is_its_version_and_nothing_of_what_is_in_it() -> None:
    spec = {"substituteFrom": [SECRET]}
    assert _of(spec, _secret(a="1")).mark == _of(spec, _secret(a="2")).mark == ("u 1",)
    assert _of(spec, _secret("2", a="1")).mark == ("u 2",)


def test_the_mark_of_a_config_map_changes_with_its_data_only() -> None:
    spec = {"substituteFrom": [MAP]}
    one, same = (config_map("m", data={"a": "1"}, labels=labels) for labels in ({}, {"x": "y"}))
    assert _of(spec, one).mark == _of(spec, same).mark


@given(st.lists(st.one_of(st.none(), _DATA), min_size=2, max_size=2))
def test_other_values_have_another_mark(datas: list[dict[str, str] | None]) -> None:
    spec = {"substituteFrom": [MAP | {"optional": True}]}
    one, other = (_of(spec, None if data is None else config_map("m", data=data)) for data in datas)
    assert (one.mark == other.mark) == (datas[0] == datas[1])


@given(_DATA, _DATA, _DATA)
def test_every_name_has_the_value_of_the_last_that_knows_it(
    first: dict[str, str], second: dict[str, str], third: dict[str, str]
) -> None:
    spec = {"substitute": third, "substituteFrom": [MAP, SECRET]}
    found = _of(spec, config_map("m", data=first), _secret(**second)).values
    expected = first | second | third
    assert found == {name: value.replace("\n", "").encode() for name, value in expected.items()}
