"""Artifacts that are applied although no source offers them any more: rollbacks name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import annotations_of
from penstock.api.refs import kustomization
from penstock.api.rollback import InvalidRollback, rollback_of
from penstock.cluster.errors import UnknownKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.api.objects import Json
    from penstock.source.steps.ports import FetchPorts


def kept_by_rollbacks(ports: FetchPorts) -> frozenset[str]:
    """The keys of these artifacts, of whatever source; raises what keeps the cluster from being read."""
    found = (obj for namespace in ports.namespaces or (None,) for obj in _listed(ports, namespace))
    return frozenset(_keys(found))


def _listed(ports: FetchPorts, namespace: str | None) -> tuple[Json, ...]:
    kind = kustomization("", "")
    try:
        return ports.cluster.list(kind.group, kind.version, kind.kind, namespace, metadata_only=True)
    except UnknownKind:
        return ()


def _keys(kustomizations: Iterator[Json]) -> Iterator[str]:
    for obj in kustomizations:
        try:
            rollback = rollback_of(annotations_of(obj))
        except InvalidRollback:
            continue
        if rollback is not None:
            yield rollback.artifact
