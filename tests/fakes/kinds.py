"""The kinds that the fake cluster knows from the start, and those that a CRD adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.cluster.catalog import Resource

if TYPE_CHECKING:
    from penstock.api.objects import Json

_VERBS = frozenset({"create", "delete", "get", "list", "patch", "update", "watch"})
_NAMESPACED = {
    ("", "v1"): ("ConfigMap", "Secret", "Service", "ServiceAccount", "Pod", "Event", "PersistentVolumeClaim"),
    ("apps", "v1"): ("Deployment", "StatefulSet", "DaemonSet"),
    ("batch", "v1"): ("Job", "CronJob"),
    ("autoscaling", "v2"): ("HorizontalPodAutoscaler",),
    ("networking.k8s.io", "v1"): ("Ingress", "NetworkPolicy"),
    ("rbac.authorization.k8s.io", "v1"): ("Role", "RoleBinding"),
    ("coordination.k8s.io", "v1"): ("Lease",),
    ("source.toolkit.fluxcd.io", "v1"): ("GitRepository", "OCIRepository", "Bucket", "ExternalArtifact"),
    ("kustomize.toolkit.fluxcd.io", "v1"): ("Kustomization",),
}
_CLUSTER = {
    ("", "v1"): ("Namespace", "PersistentVolume", "Node"),
    ("rbac.authorization.k8s.io", "v1"): ("ClusterRole", "ClusterRoleBinding"),
    ("apiextensions.k8s.io", "v1"): ("CustomResourceDefinition",),
    ("admissionregistration.k8s.io", "v1"): ("ValidatingWebhookConfiguration",),
    ("apiregistration.k8s.io", "v1"): ("APIService",),
    ("storage.k8s.io", "v1"): ("StorageClass",),
    ("scheduling.k8s.io", "v1"): ("PriorityClass",),
}


def _resource(group: str, version: str, kind: str, *, namespaced: bool) -> Resource:
    plural = kind.lower()
    plural = plural[:-1] + "ies" if plural.endswith("y") else plural + ("es" if plural.endswith("s") else "s")
    return Resource(group, version, kind, plural, namespaced, _VERBS, frozenset({"status"}))


KINDS: tuple[Resource, ...] = tuple(
    _resource(*group_version, kind, namespaced=table is _NAMESPACED)
    for table in (_NAMESPACED, _CLUSTER)
    for group_version, kinds in table.items()
    for kind in kinds
)


def crd_resources(crd: Json) -> tuple[Resource, ...]:
    """The kinds that a CustomResourceDefinition brings."""
    spec = crd["spec"]
    names, namespaced = spec["names"], spec.get("scope") == "Namespaced"
    return tuple(
        Resource(
            spec["group"],
            v["name"],
            names["kind"],
            names["plural"],
            namespaced,
            _VERBS,
            frozenset({"status"}),
        )
        for v in spec["versions"]
    )
