"""Whose objects they are: owner labels, and the marks with which a user opts an object out. Pure.

Source: contract C7; fluxcd/pkg/ssa SetOwnerLabels and AnyInMetadata; kustomize-controller's apply and
deleteObjects for which mark counts where.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from penstock.api.kustomization import GROUP
from penstock.api.objects import annotations_of, labels_of
from penstock.api.refs import kustomization

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef

FIELD_MANAGER = "kustomize-controller"
"""The server-side apply manager of everything that is applied, as Flux's."""
NAME_LABEL = f"{GROUP}/name"
NAMESPACE_LABEL = f"{GROUP}/namespace"


class Mark(StrEnum):
    """A label or annotation `key: value`; Flux takes either, and the value in any case."""

    RECONCILE_DISABLED = f"{GROUP}/reconcile=disabled"
    PRUNE_DISABLED = f"{GROUP}/prune=disabled"
    DECRYPT_DISABLED = f"{GROUP}/decrypt=disabled"
    APPLY_IGNORE = f"{GROUP}/ssa=ignore"
    APPLY_IF_NOT_PRESENT = f"{GROUP}/ssa=ifnotpresent"
    APPLY_MERGE = f"{GROUP}/ssa=merge"
    FORCE_ENABLED = f"{GROUP}/force=enabled"


LEFT_ALONE = (Mark.RECONCILE_DISABLED, Mark.APPLY_IGNORE)
"""Objects with one of these, desired or live, are not applied."""
KEPT = (Mark.PRUNE_DISABLED, *LEFT_ALONE)
"""Live objects with one of these are not deleted."""


def owner_labels(owner: ObjectRef) -> dict[str, str]:
    """The labels that say which Kustomization an object belongs to."""
    return {NAME_LABEL: owner.name, NAMESPACE_LABEL: owner.namespace}


def owner_selector(owner: ObjectRef) -> str:
    """The label selector that finds the Kustomization's objects."""
    return ",".join(f"{key}={value}" for key, value in owner_labels(owner).items())


def owned_by(obj: Json, owner: ObjectRef) -> bool:
    """Whether the object carries the Kustomization's labels."""
    labels = labels_of(obj)
    return all(labels.get(key) == value for key, value in owner_labels(owner).items())


def owner_of(obj: Json) -> ObjectRef:
    """The Kustomization that the object's labels name; parts may be empty."""
    labels = labels_of(obj)
    return kustomization(str(labels.get(NAMESPACE_LABEL) or ""), str(labels.get(NAME_LABEL) or ""))


def other_owner(obj: Json, owner: ObjectRef) -> str:
    """The other Kustomization that the object's labels name, as `Kustomization/ns/name`; empty if none."""
    labels = labels_of(obj)
    namespace, name = labels.get(NAMESPACE_LABEL), labels.get(NAME_LABEL)
    if not namespace or not name or owned_by(obj, owner):
        return ""
    return f"{owner.kind}/{namespace}/{name}"


def marked(obj: Json, *marks: Mark) -> bool:
    """Whether one of the marks is among the object's labels or annotations."""
    places = [found for found in (labels_of(obj), annotations_of(obj)) if found]
    return any(_has(found, mark) for found in places for mark in marks)


def _has(found: dict[str, str], mark: Mark) -> bool:
    key, _, value = mark.partition("=")
    return key in found and str(found[key]).lower() == value
