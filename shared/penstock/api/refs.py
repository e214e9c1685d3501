"""The name of one object in one cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.objects import group_version, metadata

if TYPE_CHECKING:
    from penstock.api.objects import Json


@dataclass(frozen=True, order=True)
class ObjectRef:
    """Group, version, kind, namespace (empty if cluster-scoped) and name."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str

    @property
    def api_version(self) -> str:
        """`group/version`, or just the version in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @classmethod
    def from_object(cls, obj: Json) -> ObjectRef:
        """The reference of an object; parts that are missing are empty."""
        group, version = group_version(str(obj.get("apiVersion") or ""))
        meta = metadata(obj)
        return cls(
            group,
            version,
            str(obj.get("kind") or ""),
            str(meta.get("namespace") or ""),
            str(meta.get("name") or ""),
        )

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


def git_repository(namespace: str, name: str) -> ObjectRef:
    """The reference of a GitRepository."""
    return ObjectRef("source.toolkit.fluxcd.io", "v1", "GitRepository", namespace, name)


def kustomization(namespace: str, name: str) -> ObjectRef:
    """The reference of a Flux Kustomization."""
    return ObjectRef("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", namespace, name)


def definition(name: str) -> ObjectRef:
    """The reference of a CustomResourceDefinition."""
    return ObjectRef("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "", name)
