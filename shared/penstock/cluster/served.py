"""The objects of a kind in the namespaces that a deployment serves, whatever is wrong with one of these."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal
from penstock.kustomize.watched import references, versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.log import Log
    from penstock.base.selector import Selector
    from penstock.cluster.port import Cluster


def list_served(
    cluster: Cluster,
    kind: ObjectRef,
    namespaces: Sequence[str],
    log: Log,
    selector: str = "",
    *,
    metadata_only: bool = False,
) -> tuple[Json, ...]:
    """One list for each namespace, or for all of them at once if none is named.

    A namespace whose list is refused has no objects: the others go on (threats A-79).
    """
    return tuple(
        obj
        for namespace in namespaces or (None,)
        for obj in _listed(cluster, kind, namespace, log, selector, metadata_only=metadata_only)
    )


def watched_versions(
    cluster: Cluster, consumers: Iterable[Json], namespaces: Sequence[str], log: Log, selector: Selector
) -> dict[ObjectRef, str]:
    """What changes with each ConfigMap and Secret that is watched, if a consumer takes variables from any."""
    kinds = {replace(ref, namespace="", name="") for obj in consumers for ref in references(obj)}
    return versions(
        obj
        for kind in sorted(kinds)
        for obj in list_served(cluster, kind, namespaces, log, str(selector), metadata_only=True)
    )


def _listed(
    cluster: Cluster, kind: ObjectRef, namespace: str | None, log: Log, selector: str, *, metadata_only: bool
) -> Iterator[Json]:
    try:
        yield from cluster.list(kind.group, kind.version, kind.kind, namespace, selector, metadata_only)
    except Terminal as error:
        log.warning(
            "the objects cannot be listed: are the CRDs installed, and may we read them?",
            kind=kind.kind,
            namespace=namespace or "",
            error=error.message,
        )
