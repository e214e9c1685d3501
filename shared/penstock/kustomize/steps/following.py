"""Flux objects that a run has changed are queued, so that they are looked at without waiting for a tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.errors import PenstockError
from penstock.kustomize.followers import flux_objects, followers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.refs import ObjectRef
    from penstock.kustomize.changes import Change
    from penstock.kustomize.steps.ports import ApplyPorts


def queue_followers(ports: ApplyPorts, owner: ObjectRef, changes: Iterable[Change]) -> None:
    """Hand on what follows from the changes; what cannot be handed on is found by the tick."""
    refs = flux_objects(changes, ports.namespaces)
    try:
        found = [obj for ref in refs if (obj := ports.cluster.get(ref)) is not None]
        for item in followers(found, owner):
            ports.queue.put(item)
    except PenstockError as error:
        ports.log.warning("left to the tick", objects=", ".join(map(str, refs)), why=error.message)
