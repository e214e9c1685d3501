"""Which rights are needed, and how the API server is asked for them. Pure.

Source: authorization.k8s.io/v1 SelfSubjectAccessReview and SubjectAccessReview.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.crds import DEFINITIONS
from penstock.install.components import SERVICE_ACCOUNT

if TYPE_CHECKING:
    from penstock.api.objects import Json

_GROUP = "authorization.k8s.io"
_CRDS = ("apiextensions.k8s.io", "customresourcedefinitions")
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Right:
    """A verb on a kind; the resource may be `plural/subresource`, the namespace empty for all of them."""

    verb: str
    group: str
    resource: str
    namespace: str = ""

    def __str__(self) -> str:
        plural, slash, sub = self.resource.partition("/")
        kind = f"{plural}.{self.group}" if self.group else plural
        return f"{self.verb} {kind}{slash}{sub}"


def to_install(namespace: str) -> tuple[Right, ...]:
    """What whoever runs `penstock install` or `penstock bootstrap` needs."""
    kinds = (
        (*_CRDS, ""),
        ("", "namespaces", ""),
        (_RBAC, "clusterroles", ""),
        (_RBAC, "clusterrolebindings", ""),
        ("", "serviceaccounts", namespace),
        ("", "secrets", namespace),
        ("apps", "deployments", namespace),
    )
    return tuple(Right(verb, *kind) for kind in kinds for verb in ("create", "patch"))


def to_work() -> tuple[Right, ...]:
    """What the functions need for themselves; what Git brings they need besides."""
    flux = (
        Right(verb, one.group, resource)
        for one in DEFINITIONS
        for verb, resource in (
            ("list", one.plural),
            ("watch", one.plural),
            ("patch", one.plural),
            ("patch", f"{one.plural}/status"),
        )
    )
    leases = (
        Right(verb, "coordination.k8s.io", "leases") for verb in ("get", "list", "create", "patch", "delete")
    )
    return (
        *flux,
        *leases,
        Right("create", "", "events"),
        Right("get", "", "namespaces"),
        Right("get", "", "secrets"),
        Right("get", "", "configmaps"),
        Right("list", "apps", "deployments"),
        Right("list", *_CRDS),
    )


def review(right: Right, account: str = "") -> Json:
    """The question whether we, or the functions' ServiceAccount in namespace `account`, have a right."""
    plural, _, sub = right.resource.partition("/")
    asked = {
        "verb": right.verb,
        "group": right.group,
        "resource": plural,
        "subresource": sub,
        "namespace": right.namespace,
    }
    spec: Json = {"resourceAttributes": {key: value for key, value in asked.items() if value}}
    if account:
        spec["user"] = f"system:serviceaccount:{account}:{SERVICE_ACCOUNT}"
        spec["groups"] = [
            "system:serviceaccounts",
            f"system:serviceaccounts:{account}",
            "system:authenticated",
        ]
    kind = "SubjectAccessReview" if account else "SelfSubjectAccessReview"
    return {"apiVersion": f"{_GROUP}/v1", "kind": kind, "metadata": {}, "spec": spec}


def allowed(answer: Json) -> bool:
    """What the API server said."""
    return (answer.get("status") or {}).get("allowed") is True
