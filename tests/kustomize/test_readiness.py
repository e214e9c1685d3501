"""What later stages wait for (threats B-16, B-36)."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.kustomize.readiness import NotUsable, usable

from tests.kustomize.builders import config_map, crd, make


def _crd(**conditions: str) -> dict[str, Any]:
    found = [{"type": kind, "status": status, "message": "taken"} for kind, status in conditions.items()]
    return {**crd(), "status": {"conditions": found}}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (config_map("x"), True),
        (make("v1", "Namespace", "x"), True),
        (crd(), False),
        (_crd(), False),
        (_crd(NamesAccepted="True", Established="False"), False),
        (_crd(NamesAccepted="True", Established="True"), True),
    ],
)
def test_crds_are_usable_when_established(obj: dict[str, Any], expected: bool) -> None:
    assert usable(obj) is expected


@pytest.mark.parametrize("obj", [_crd(Established="True"), make("v1", "Namespace", "x")])
def test_what_is_being_deleted_will_not_become_usable(obj: dict[str, Any]) -> None:
    obj["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    with pytest.raises(NotUsable, match="is being deleted"):
        usable(obj)


def test_refused_names_are_told() -> None:
    with pytest.raises(NotUsable, match="is refused by the cluster: taken"):
        usable(_crd(NamesAccepted="False"))
