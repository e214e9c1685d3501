"""The objects of a kind in the namespaces that a deployment serves, whatever is wrong with one of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.log import Log
    from penstock.cluster.port import Cluster


def list_served(
    cluster: Cluster, kind: ObjectRef, namespaces: Sequence[str], log: Log, selector: str = ""
) -> tuple[Json, ...]:
    """One list for each namespace, or for all of them at once if none is named.

    A namespace whose list is refused has no objects: the others go on (threats A-79).
    """
    return tuple(
        obj for namespace in namespaces or (None,) for obj in _listed(cluster, kind, namespace, log, selector)
    )


def _listed(
    cluster: Cluster, kind: ObjectRef, namespace: str | None, log: Log, selector: str
) -> Iterator[Json]:
    try:
        yield from cluster.list(kind.group, kind.version, kind.kind, namespace, selector)
    except Terminal as error:
        log.warning(
            "the objects cannot be listed: are the CRDs installed, and may we read them?",
            kind=kind.kind,
            namespace=namespace or "",
            error=error.message,
        )
