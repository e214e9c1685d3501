"""Which kinds Flux knows by type, and what passing through the type leaves out of an object. Pure.

Source: fluxcd/pkg/ssa normalize and the scheme of client-go. Flux reads objects of these kinds into the types
of Kubernetes and writes them out again: nulls, empty lists and empty maps vanish, so that they are not owned,
and so do fields that the type does not have. Which those are is not known here: see undeclared.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.api.objects import group_version

if TYPE_CHECKING:
    from penstock.api.objects import Json

_GROUPS = frozenset(
    {
        "",
        "apps",
        "autoscaling",
        "batch",
        "extensions",
        "policy",
        *(
            f"{name}.k8s.io"
            for name in (
                "admissionregistration",
                "authentication",
                "authorization",
                "certificates",
                "coordination",
                "discovery",
                "events",
                "flowcontrol.apiserver",
                "internal.apiserver",
                "networking",
                "node",
                "rbac.authorization",
                "resource",
                "scheduling",
                "storage",
                "storagemigration",
            )
        ),
    }
)
_RBAC = "rbac.authorization.k8s.io/v1"
_LEFT_ALONE = frozenset({(_RBAC, "Role"), (_RBAC, "ClusterRole")})
"""Flux leaves these as they are: an empty list of rules means something."""
_MAPS = frozenset(
    {
        "annotations",
        "binaryData",
        "data",
        "hard",
        "labels",
        "limits",
        "matchLabels",
        "nodeSelector",
        "parameters",
        "requests",
        "stringData",
    }
)
"""Fields whose keys are the user's: null there is a value, the empty one."""


def is_typed(api_version: str, kind: str) -> bool:
    """Whether Flux knows the kind by type."""
    return (api_version, kind) not in _LEFT_ALONE and group_version(api_version)[0] in _GROUPS


def without_empty(obj: Json) -> Json:
    """The object without fields that say nothing: null, an empty list, an empty map."""
    return {key: _without(value, key) for key, value in obj.items() if not _says_nothing(key, value)}


def _says_nothing(key: str, value: Any) -> bool:
    # Without knowing the type, {} stays where it may be a struct: emptyDir, podSelector, securityContext.
    return value is None or value == [] or (value == {} and key in _MAPS)


def _without(value: Any, field: str) -> Any:
    if isinstance(value, dict):
        return value if field in _MAPS else without_empty(value)
    if isinstance(value, list):
        return [_without(item, field) for item in value]
    return value
