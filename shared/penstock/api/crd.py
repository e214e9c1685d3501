"""CustomResourceDefinitions made from the models.

Source: apiextensions.k8s.io/v1; the labels are those by which Flux's CLI finds an installation (contract C9).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.api.schema import schema_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json
    from penstock.api.resource import Resource

FLUX_VERSION = "v2.9.4"
DEFAULT_INSTANCE = "flux-system"

_FRAME: Json = {
    "apiVersion": {
        "type": "string",
        "description": "Group and version of the API this object is written in.",
    },
    "kind": {"type": "string", "description": "The kind of this object; it never changes."},
    "metadata": {"type": "object"},
}


@dataclass(frozen=True)
class Column:
    """A column of `kubectl get`."""

    name: str
    json_path: str
    type: str = "string"

    def manifest(self) -> Json:
        """The column as the API server takes it."""
        return {"name": self.name, "type": self.type, "jsonPath": self.json_path}


AGE_READY_STATUS = (
    Column("Age", ".metadata.creationTimestamp", "date"),
    Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
    Column("Status", '.status.conditions[?(@.type=="Ready")].message'),
)


@dataclass(frozen=True)
class Definition:
    """What the API server must know about a kind besides its fields.

    `component` is the Flux controller that owns the kind; `status` says whether it has a status subresource.
    """

    model: type[Resource]
    group: str
    version: str
    kind: str
    plural: str
    component: str
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    status: bool = True
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the CustomResourceDefinition."""
        return f"{self.plural}.{self.group}"


def manifest(definition: Definition, *, instance: str = DEFAULT_INSTANCE) -> Json:
    """The CustomResourceDefinition of a kind, for an installation in the namespace `instance`."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": _metadata(definition, instance),
        "spec": {
            "group": definition.group,
            "names": _names(definition),
            "scope": "Namespaced",
            "versions": [_version(definition)],
        },
    }


def _metadata(definition: Definition, instance: str) -> Json:
    # No app.kubernetes.io/managed-by: for any value but its own, `flux install` stops and asks.
    labels = {
        "app.kubernetes.io/component": definition.component,
        "app.kubernetes.io/instance": instance,
        "app.kubernetes.io/part-of": "flux",
        "app.kubernetes.io/version": FLUX_VERSION,
    }
    found: Json = {"name": definition.name, "labels": labels}
    return found | ({"annotations": dict(definition.annotations)} if definition.annotations else {})


def _names(definition: Definition) -> Json:
    names: Json = {
        "kind": definition.kind,
        "listKind": f"{definition.kind}List",
        "plural": definition.plural,
        "singular": definition.kind.lower(),
        "categories": list(definition.categories),
    }
    return names | ({"shortNames": list(definition.short_names)} if definition.short_names else {})


def _version(definition: Definition) -> Json:
    version: Json = {
        "name": definition.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _root(definition.model)},
        "additionalPrinterColumns": [column.manifest() for column in definition.columns],
    }
    return version | ({"subresources": {"status": {}}} if definition.status else {})


def _root(model: type[Resource]) -> Json:
    """The whole object: only its spec and status are ours to describe, and nothing of it is required."""
    schema = schema_of(model)
    ours = {name: field for name, field in schema["properties"].items() if name not in _FRAME}
    return {"type": "object", "description": schema["description"], "properties": _FRAME | ours}
