"""Owner labels and the marks that opt objects out."""

from __future__ import annotations

import pytest
from penstock.kustomize.owner import LEFT_ALONE, Mark, marked, owned_by, owner_labels, owner_selector

from tests.kustomize.builders import OWNER, config_map

GROUP = "kustomize.toolkit.fluxcd.io"


def test_the_labels_and_the_selector_name_the_kustomization() -> None:
    assert owner_labels(OWNER) == {f"{GROUP}/name": "apps", f"{GROUP}/namespace": "flux-system"}
    assert owner_selector(OWNER) == f"{GROUP}/name=apps,{GROUP}/namespace=flux-system"


@pytest.mark.parametrize(
    ("labels", "owned"),
    [
        (owner_labels(OWNER), True),
        (owner_labels(OWNER) | {"more": "x"}, True),
        ({}, False),
        ({f"{GROUP}/name": "apps"}, False),
        (owner_labels(OWNER) | {f"{GROUP}/namespace": "other"}, False),
    ],
)
def test_both_labels_make_an_owner(labels: dict[str, str], owned: bool) -> None:
    assert owned_by(config_map("x", labels=labels), OWNER) is owned


@pytest.mark.parametrize("field", ["labels", "annotations"])
@pytest.mark.parametrize(
    ("value", "found"), [("disabled", True), ("Disabled", True), ("enabled", False), ("", False)]
)
def test_a_mark_counts_as_label_and_as_annotation_in_any_case(field: str, value: str, found: bool) -> None:
    obj = config_map("x")
    obj["metadata"][field] = {f"{GROUP}/reconcile": value}
    assert marked(obj, Mark.RECONCILE_DISABLED) is found
    assert marked(obj, *LEFT_ALONE) is found
    assert not marked(obj, Mark.PRUNE_DISABLED)
