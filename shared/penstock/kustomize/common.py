"""The labels and annotations that a spec puts on every object (spec.commonMetadata). Pure.

Source: fluxcd/pkg/ssa utils SetCommonMetadata; kustomize-controller calls it last, so they win over the
object's own and over the owner labels, and marks among them (`prune: disabled` ...) count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.api.objects import annotations_of, labels_of, metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.kustomization import CommonMetadata
    from penstock.api.objects import Json


def with_common(obj: Json, common: CommonMetadata | None) -> Json:
    """The object with the common labels and annotations over its own; None changes nothing."""
    if common is None:
        return obj
    labels = {**texts(labels_of(obj)), **common.labels}
    annotations = {**texts(annotations_of(obj)), **common.annotations}
    given = {key: value for key, value in (("labels", labels), ("annotations", annotations)) if value}
    return {**obj, "metadata": {**metadata(obj), **given}}


def texts(given: Mapping[str, Any]) -> dict[str, str]:
    """Labels or annotations as apimachinery gives them to Flux: none at all if one is no text."""
    found = {key: "" if value is None else value for key, value in given.items()}
    return found if all(isinstance(value, str) for value in found.values()) else {}
