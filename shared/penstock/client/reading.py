"""What the reading verbs ask of a cluster: objects of a kind, their changes, who applied an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import metadata, resource_version, uid
from penstock.base.errors import Terminal, Transient
from penstock.base.selector import parse_selector
from penstock.client.kinds import NOT_SERVED
from penstock.client.trace import NOT_MANAGED, kustomization_of, of_helm, owners, source_of
from penstock.cluster.errors import Expired, NotFound, UnknownKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Deadline
    from penstock.client.kinds import Kind
    from penstock.cluster.port import Cluster

_WATCH_S = 240.0
_AGAIN_S = 1.0
_OWNERS = 10
"""Ours: so far up an object's owners are followed; Kubernetes' own chains have three."""


def objects(
    cluster: Cluster, kind: Kind, namespace: str | None, name: str = "", selector: str = ""
) -> tuple[Json, ...]:
    """The objects of a kind in a namespace (None: in all), of that name and with those labels if asked for.

    UnknownKind, with what to do, if the cluster does not have the kind.
    """
    try:
        if not name or namespace is None:
            found = cluster.list(kind.group, kind.version, kind.kind, namespace, selector)
            return tuple(obj for obj in found if name in ("", metadata(obj).get("name")))
        one = cluster.get(kind.ref(namespace, name))
    except UnknownKind as error:
        raise UnknownKind(f"{error.message}: {NOT_SERVED}") from None
    if one is None or not parse_selector(selector).matches(metadata(one).get("labels") or {}):
        return ()
    return (one,)


def changes(
    cluster: Cluster,
    of: ObjectRef,
    known: dict[str, str],
    *,
    selector: str = "",
    until: Deadline | None = None,
    pause: Callable[[float], None],
    tell: Callable[[str], None],
) -> Iterator[tuple[bool, Json]]:
    """Each change of objects (an empty name or namespace: any) from now on, and whether it was a deletion.

    `known` has the resourceVersion of what was seen already, by UID. It ends at `until`, or never: that the
    API server went away is told once, and it is waited for.
    """
    away = False
    while until is None or not until.expired:
        seconds = _WATCH_S if until is None else min(_WATCH_S, until.remaining())
        try:
            for event in cluster.watch(
                of.group, of.version, of.kind, of.namespace, of.name, "", seconds, selector
            ):
                away = False
                yield from _news(event, known)
        except Expired:
            pass
        except Transient as error:
            if not away:
                tell(f"{error.message}; it is watched on once that is over")
            away = True
        pause(_AGAIN_S if until is None else min(_AGAIN_S, until.remaining()))


def versions(found: tuple[Json, ...]) -> dict[str, str]:
    """What `changes` takes as known."""
    return {uid(obj): resource_version(obj) for obj in found}


def applied_by(cluster: Cluster, obj: Json) -> tuple[Json, Json | None]:
    """The Kustomization that an object, or one that owns it, is from, and that one's source (None if it is of
    no kind of Flux's). Terminal if it is from none, or one of them is missing."""
    found = _kustomization_of(cluster, obj, _OWNERS)
    if found is None:
        by_helm = " by a Kustomization: a HelmRelease made it, which is not built here yet"
        raise Terminal(NOT_MANAGED + (by_helm if of_helm(obj) else ""))
    kustomization = _there(cluster, found)
    source = source_of(kustomization)
    return kustomization, None if source is None else _there(cluster, source)


def _news(event: Json, known: dict[str, str]) -> Iterator[tuple[bool, Json]]:
    """Bookmarks are none, and so is what was seen in the same version."""
    obj = event.get("object") or {}
    key = uid(obj)
    if event.get("type") == "DELETED":
        known.pop(key, None)
        yield True, obj
    elif key and known.get(key) != resource_version(obj):
        known[key] = resource_version(obj)
        yield False, obj


def _kustomization_of(cluster: Cluster, obj: Json, left: int) -> ObjectRef | None:
    if (found := kustomization_of(obj)) is not None or not left:
        return found
    for ref in owners(obj):
        owner = _or_none(cluster, ref)
        found = None if owner is None else _kustomization_of(cluster, owner, left - 1)
        if found is not None:
            return found
    return None


def _or_none(cluster: Cluster, ref: ObjectRef) -> Json | None:
    try:
        return cluster.get(ref)
    except NotFound:
        return None


def _there(cluster: Cluster, ref: ObjectRef) -> Json:
    found = cluster.get(ref)
    if found is None:
        raise Terminal(f"failed to find {ref}: it is not in the cluster", reason="NotFound")
    return found
