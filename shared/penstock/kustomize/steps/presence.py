"""Whether a kind that discovery does not show is really gone: asked of what would make it exist.

Threats B-15, B-16.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.api.objects import metadata
from penstock.api.refs import ObjectRef
from penstock.kustomize.prune import kind_is_gone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.cluster.port import Cluster

CRDS = ObjectRef("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "", "")
API_SERVICES = ObjectRef("apiregistration.k8s.io", "v1", "APIService", "", "")


class Presence:
    """Answers for one look at the cluster: each kind is asked for once. Threads may share it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], bool] = {}

    def gone(self, ref: ObjectRef) -> bool:
        """Whether the cluster has no such kind any more; False if it may. Errors of the cluster if unread."""
        key = (ref.group, ref.kind)
        with self._lock:
            if key not in self._known:
                self._known[key] = self._gone(ref)
            return self._known[key]

    def _gone(self, ref: ObjectRef) -> bool:
        catalog = self._cluster.discovery().catalog()
        if ref.group in catalog.partial:
            return False
        listed = ref.group in catalog.groups
        return kind_is_gone(
            listed=listed, defined=self._defined(ref), registered=not listed and self._registered(ref.group)
        )

    def _defined(self, ref: ObjectRef) -> bool:
        """Whether a CRD defines it."""
        return any(
            ((found.get("spec") or {}).get("names") or {}).get("kind") == ref.kind
            for name in self._names(CRDS)
            if name.partition(".")[2] == ref.group
            and (found := self._cluster.get(replace(CRDS, name=name))) is not None
        )

    def _registered(self, group: str) -> bool:
        """Whether an API server, or the part of it that serves CRDs, is registered for the group."""
        return any(name.partition(".")[2] == group for name in self._names(API_SERVICES))

    def _names(self, kind: ObjectRef) -> Iterator[str]:
        found = self._cluster.list(kind.group, kind.version, kind.kind, metadata_only=True)
        return (str(metadata(obj).get("name")) for obj in found)
