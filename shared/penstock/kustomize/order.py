"""In which order objects are applied and deleted: stages, and ranks of kinds within a stage. Pure.

Source: fluxcd/pkg/ssa sort.go (ReconcileOrder), utils/is.go and ApplyAllStaged. Deleting is the reverse.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from penstock.api.refs import ObjectRef

T = TypeVar("T")

_FIRST = (
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
)
_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_RANKS = {kind: index - len(_FIRST) for index, kind in enumerate(_FIRST)} | {
    kind: index for index, kind in enumerate(_LAST, 1)
}


class Stage(IntEnum):
    """What must be there, and work, before the next stage is even tried."""

    DEFINITIONS = 1
    CLASSES = 2
    REST = 3


def stage_of(ref: ObjectRef) -> Stage:
    """The stage that an object is applied in."""
    definition = (ref.group, ref.kind.lower())
    if definition in {
        ("apiextensions.k8s.io", "customresourcedefinition"),
        ("rbac.authorization.k8s.io", "clusterrole"),
    } or (*definition, ref.version) == ("", "namespace", "v1"):
        return Stage.DEFINITIONS
    return Stage.CLASSES if ref.kind.endswith("Class") else Stage.REST


def rank_of(ref: ObjectRef) -> int:
    """The place of the object's kind in Flux's order; kinds that it does not name share one place."""
    return _RANKS.get(ref.kind, 0)


def sort_key(ref: ObjectRef) -> tuple[int, str, str, str, str]:
    """Flux's order within a stage."""
    return (rank_of(ref), ref.group, ref.kind, ref.namespace, ref.name)


def stages(items: Iterable[T], ref: Callable[[T], ObjectRef]) -> tuple[tuple[T, ...], ...]:
    """The items by stage, each stage in order; stages without items are left out."""
    ordered = sorted(items, key=lambda item: (stage_of(ref(item)), sort_key(ref(item))))
    return tuple(tuple(group) for _, group in groupby(ordered, key=lambda item: stage_of(ref(item))))


def ranks(
    items: Iterable[T], ref: Callable[[T], ObjectRef], *, reverse: bool = False
) -> tuple[tuple[T, ...], ...]:
    """The items by rank, each rank in order; `reverse` gives the order of deleting."""
    ordered = sorted(items, key=lambda item: sort_key(ref(item)), reverse=reverse)
    return tuple(tuple(group) for _, group in groupby(ordered, key=lambda item: rank_of(ref(item))))
