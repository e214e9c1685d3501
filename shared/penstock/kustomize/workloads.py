"""What Flux sets in kinds that make Pods. Pure.

Source: fluxcd/pkg/ssa normalize (protocols of container ports) and k8s.io/api (structs that Go never omits).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.kustomize.edits import changed, each, having, with_protocols

if TYPE_CHECKING:
    from penstock.api.objects import Json

PODS = {
    ("v1", "Pod"): ("spec",),
    ("apps/v1", "Deployment"): ("spec", "template", "spec"),
    ("apps/v1", "StatefulSet"): ("spec", "template", "spec"),
    ("apps/v1", "DaemonSet"): ("spec", "template", "spec"),
    ("apps/v1", "ReplicaSet"): ("spec", "template", "spec"),
    ("batch/v1", "Job"): ("spec", "template", "spec"),
    ("batch/v1", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
}
"""Where the kinds (apiVersion, kind) have their Pods."""
_STRATEGIES = {
    ("apps/v1", "Deployment"): "strategy",
    ("apps/v1", "StatefulSet"): "updateStrategy",
    ("apps/v1", "DaemonSet"): "updateStrategy",
}
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def with_pod_defaults(obj: Json, kind: tuple[str, str]) -> Json:
    """The object of one of the kinds in PODS with Flux's defaults."""
    path = PODS[kind]
    obj = changed(obj, path, _with_container_defaults)
    for length in range(1, len(path)):
        if path[length - 1] in {"template", "jobTemplate"}:
            obj = changed(obj, path[:length], having("metadata"))
    return changed(obj, ("spec",), having(_STRATEGIES[kind])) if kind in _STRATEGIES else obj


def _with_container_defaults(pod: Json) -> Json:
    pod = each(pod, "containers", with_protocols)
    for field in _CONTAINERS:
        pod = each(pod, field, having("resources"))
    return pod
