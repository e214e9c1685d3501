"""Objects as they would be written to Git: without what the cluster added. Pure.

Source: flux2 v2.9 cmd/flux/export*.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef
from penstock.client import parts

if TYPE_CHECKING:
    from penstock.api.objects import Json


def exported(obj: Json) -> Json:
    """Kind, name, labels, annotations and spec of a Flux object."""
    return {**_named(obj, "name", "namespace", "labels", "annotations"), "spec": parts.mapping(obj, "spec")}


def without_managers(obj: Json) -> Json:
    """The object without its managed fields, as kubectl shows objects."""
    meta = {key: value for key, value in parts.mapping(obj, "metadata").items() if key != "managedFields"}
    return {**obj, "metadata": meta}


def exported_secret(obj: Json) -> Json:
    """A Secret's name, type and data; only for whoever asked for credentials."""
    named = _named(obj, "name", "namespace")
    return {**named, **{key: obj[key] for key in ("data", "type") if obj.get(key)}}


def secret_of(obj: Json) -> ObjectRef | None:
    """The Secret that `spec.secretRef` names; None if there is none."""
    name = parts.text(obj, "spec", "secretRef", "name")
    return ObjectRef("", "v1", "Secret", parts.text(obj, "metadata", "namespace"), name) if name else None


def _named(obj: Json, *keys: str) -> Json:
    meta = parts.mapping(obj, "metadata")
    kept = {key: meta[key] for key in keys if meta.get(key)}
    return {"apiVersion": obj.get("apiVersion"), "kind": obj.get("kind"), "metadata": kept}
