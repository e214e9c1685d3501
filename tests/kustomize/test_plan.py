"""What applying would do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.kustomize.changes import Action
from penstock.kustomize.plan import drifted, judge, left_alone

from tests.kustomize.builders import config_map

GROUP = "kustomize.toolkit.fluxcd.io"
DISABLED = {f"{GROUP}/reconcile": "disabled"}
IF_NOT_PRESENT = {f"{GROUP}/ssa": "IfNotPresent"}


def _stored(version: str = "7", **rest: Any) -> dict[str, Any]:
    obj = config_map("x", **rest)
    obj["metadata"]["resourceVersion"] = version
    return obj


@pytest.mark.parametrize(
    ("desired", "live", "expected"),
    [
        (config_map("x"), None, False),
        (config_map("x"), _stored(), False),
        (config_map("x", annotations=DISABLED), None, True),
        (config_map("x", labels=DISABLED), _stored(), True),
        (config_map("x"), _stored(annotations=DISABLED), True),
        (config_map("x", annotations={f"{GROUP}/ssa": "Ignore"}), None, True),
        (config_map("x", annotations=IF_NOT_PRESENT), None, False),
        (config_map("x", annotations=IF_NOT_PRESENT), _stored(), True),
    ],
)
def test_who_asks_for_it_is_left_alone(
    desired: dict[str, Any], live: dict[str, Any] | None, expected: bool
) -> None:
    assert left_alone(desired, live) is expected


@pytest.mark.parametrize(
    ("desired", "live", "tried", "action"),
    [
        (config_map("x"), None, config_map("x"), Action.CREATED),
        (config_map("x"), None, _stored(), Action.CONFIGURED),
        (config_map("x"), None, _stored(annotations=DISABLED), Action.SKIPPED),
        (config_map("x", annotations=IF_NOT_PRESENT), None, _stored(), Action.SKIPPED),
        (config_map("x"), _stored(), _stored("8"), Action.UNCHANGED),
        (config_map("x"), _stored(), _stored(data={"a": "b"}), Action.CONFIGURED),
        (config_map("x"), _stored(), _stored(labels={"a": "b"}), Action.CONFIGURED),
        (config_map("x"), _stored(), _stored(annotations={"a": "b"}), Action.CONFIGURED),
        (config_map("x"), _stored(status={"a": 1}), _stored(status={"a": 2}), Action.UNCHANGED),
    ],
)
def test_the_dry_run_tells_what_applying_would_do(
    desired: dict[str, Any], live: dict[str, Any] | None, tried: dict[str, Any], action: Action
) -> None:
    assert judge(desired, live, tried) is action


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0, False), ("1", 1), (None, "")])
def test_values_that_python_takes_for_equal_are_told_apart(one: Any, other: Any) -> None:
    assert drifted(_stored(spec={"x": one}), _stored(spec={"x": other}))


@given(st.dictionaries(st.text(max_size=5), st.integers(-(2**63), 2**63) | st.text(max_size=5), max_size=5))
def test_an_object_does_not_drift_from_itself_whatever_the_order(data: dict[str, Any]) -> None:
    turned = dict(reversed(data.items()))
    assert not drifted(_stored(data=data), _stored("9", data=turned))
