"""Secrets as they are shown: which values differ, and none of them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from penstock.plans.masked import is_secret, masked, masked_pair

from tests.kustomize.builders import config_map, make

if TYPE_CHECKING:
    from penstock.api.objects import Json

_VALUES = st.dictionaries(st.sampled_from("abc"), st.text("0123456789", min_size=8, max_size=9), max_size=3)


def _secret(**fields: object) -> Json:
    return make("v1", "Secret", "s", "default", **fields)


def test_what_changed_is_told_apart_from_what_did_not_as_flux_does_it() -> None:
    live = _secret(data={"same": "YQ==", "changed": "Yg==", "gone": "Yw=="})
    merged = _secret(data={"same": "YQ==", "changed": "eA==", "come": "eQ=="})
    before, after = masked_pair(live, merged)
    assert before["data"] == {"same": "***", "changed": "*** (before)", "gone": "***"}
    assert after["data"] == {"same": "***", "changed": "*** (after)", "come": "***"}


@given(before=_VALUES, after=_VALUES, plain=_VALUES)
def test_no_value_is_left_and_no_key_is_lost(
    before: dict[str, str], after: dict[str, str], plain: dict[str, str]
) -> None:
    last = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(before)}
    live = _secret(data=before, annotations=last)
    merged = _secret(data=after, stringData=plain)
    shown = masked_pair(live, merged)
    text = json.dumps(shown)
    assert not any(value in text for values in (before, after, plain) for value in values.values())
    assert [one["data"].keys() for one in shown] == [before.keys(), after.keys()]


def test_whatever_stands_where_values_belong_is_not_shown() -> None:
    before, after = masked_pair(_secret(data="t0p"), _secret(data=["t0p"]))
    assert "t0p" not in json.dumps((before, after))


def test_other_objects_are_shown_as_they_are() -> None:
    obj = config_map("c", data={"a": b64encode(b"x").decode()})
    assert masked(obj) is obj
    assert not is_secret(make("example.com/v1", "Secret", "s"))
    assert masked(_secret(data={"a": "YQ=="}))["data"] == {"a": "***"}
