"""Waits for a CustomResourceDefinition: until it is established, served, or gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from penstock.api.objects import metadata
from penstock.api.refs import definition
from penstock.base.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Deadline
    from penstock.cluster.port import Cluster

_PAUSE_S = 0.05


def wait_established(cluster: Cluster, names: Iterable[str], deadline: Deadline) -> None:
    """Returns once the API server has taken these CRDs in; Transient at the deadline."""
    for name in names:
        ref = definition(name)
        found = cluster.get(ref) or {}
        if _established(found):
            continue
        version = str(metadata(found).get("resourceVersion") or "0")
        events = cluster.watch(ref.group, ref.version, ref.kind, "", name, version, deadline.remaining())
        if not any(_established(event["object"]) for event in events):
            raise Transient(f"the API server did not establish {ref} in time")


def wait_served(
    cluster: Cluster,
    kinds: Iterable[tuple[str, str, str]],
    deadline: Deadline,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Returns once discovery names the kinds (group, version, kind), a moment after Established.

    Transient at the deadline.
    """
    wanted, discovery = tuple(kinds), cluster.discovery()
    while any(discovery.catalog().find(group, kind, version) is None for group, version, kind in wanted):
        if deadline.expired:
            raise Transient("the API server does not serve Flux's kinds yet: try again")
        pause(_PAUSE_S)
        discovery.refresh()


def wait_gone(
    cluster: Cluster, ref: ObjectRef, deadline: Deadline, pause: Callable[[float], None] = time.sleep
) -> None:
    """Returns once the object is not there any more; Transient at the deadline."""
    while cluster.get(ref) is not None:
        if deadline.expired:
            raise Transient(f"{ref} is still there: something holds it back, see its status and finalizers")
        pause(_PAUSE_S)


def _established(crd: Json) -> bool:
    conditions = (crd.get("status") or {}).get("conditions") or ()
    return any(item.get("type") == "Established" and item.get("status") == "True" for item in conditions)
