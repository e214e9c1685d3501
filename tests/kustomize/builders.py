"""Objects for the tests of kustomize: short to write, complete enough to be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.api.refs import ObjectRef, kustomization

if TYPE_CHECKING:
    from penstock.api.objects import Json

OWNER = kustomization("flux-system", "apps")


def make(api_version: str, kind: str, name: str, namespace: str = "", **rest: Any) -> Json:
    """An object; `labels` and `annotations` go into its metadata, everything else beside it."""
    meta: Json = {"name": name}
    if namespace:
        meta["namespace"] = namespace
    for field in ("labels", "annotations"):
        if field in rest:
            meta[field] = rest.pop(field)
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **rest}


def config_map(name: str, namespace: str = "default", **rest: Any) -> Json:
    """A ConfigMap."""
    return make("v1", "ConfigMap", name, namespace, **rest)


def changed(obj: Json, **data: str) -> Json:
    """The object with other data."""
    return {**obj, "data": data}


def ref(kind: str, name: str, namespace: str = "", group: str = "", version: str = "v1") -> ObjectRef:
    """A reference with the parts that matter."""
    return ObjectRef(group, version, kind, namespace, name)


def crd(kind: str = "Widget", group: str = "example.com", scope: str = "Namespaced") -> Json:
    """A CRD whose objects may hold anything."""
    plural = kind.lower() + "s"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return make(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"{plural}.{group}",
        spec={
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "scope": scope,
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    )
