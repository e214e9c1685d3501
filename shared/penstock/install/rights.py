"""Which rights are needed, and how the API server is asked for them. Pure.

Source: authorization.k8s.io/v1 SelfSubjectAccessReview and SubjectAccessReview.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.crds import DEFINITIONS
from penstock.install.components import SERVICE_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

    @property
    def kind(self) -> str:
        """As kubectl names it: `gitrepositories.source.toolkit.fluxcd.io/status`."""
        plural, slash, sub = self.resource.partition("/")
        return f"{plural}.{self.group}{slash}{sub}" if self.group else self.resource


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
    return tuple(Right(verb, *kind) for kind in kinds for verb in ("get", "create", "patch"))


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
        *(Right(verb, "", resource) for resource in ("secrets", "configmaps") for verb in ("get", "list")),
        Right("list", "apps", "deployments"),
        *(Right(verb, *_CRDS) for verb in ("get", "list")),
        Right("list", "apiregistration.k8s.io", "apiservices"),
    )


def told(rights: Iterable[Right]) -> tuple[str, ...]:
    """The rights in words, those on one kind together: `get, create and patch namespaces`."""
    verbs: dict[str, list[str]] = {}
    for right in rights:
        verbs.setdefault(right.kind, []).append(right.verb)
    return tuple(f"{' and '.join(_listed(found))} {kind}" for kind, found in verbs.items())


def _listed(verbs: Sequence[str]) -> tuple[str, ...]:
    return (", ".join(verbs[:-1]), verbs[-1]) if len(verbs) > 1 else tuple(verbs)


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
