"""What `up` brings to a cluster, and how `down` takes exactly that away again.

Everything brought carries an annotation, so that taking away needs no memory of ours: what was there
before, or was made by somebody else since, is left alone and named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import annotations_of, deleting, uid
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal, Transient
from penstock.cluster.errors import UnknownKind
from penstock.runtime.up.sample import BROUGHT_BY, BROUGHT_VALUE, marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from penstock.api.objects import Json
    from penstock.cluster.port import Cluster

MANAGER = "penstock-up"
FLUX_KINDS = (
    ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"),
    ("source.toolkit.fluxcd.io", "v1", "GitRepository"),
)
"""In the order in which they go: what was applied is pruned while its source is still there."""
_CRD_KIND = ("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
_NAMESPACE = ("", "v1", "Namespace")


def bring(cluster: Cluster, objects: Iterable[Json]) -> tuple[str, ...]:
    """Creates or updates the objects; names those that were there before, which are left as they are.

    Raises Terminal if a Flux object of that name belongs to somebody else: it must not be touched.
    """
    kept = []
    for obj in objects:
        ref = ObjectRef.from_object(obj)
        found = cluster.get(ref)
        if found is None or ours(found):
            cluster.apply(marked(obj), field_manager=MANAGER)
        elif (ref.group, ref.version, ref.kind) in FLUX_KINDS:
            raise Terminal(f"{ref} is already there and was not made by `penstock up`: it is left alone")
        else:
            kept.append(str(ref))
    return tuple(kept)


def ours(obj: Json) -> bool:
    """Whether `up` brought this object."""
    return annotations_of(obj).get(BROUGHT_BY) == BROUGHT_VALUE


def take_away(cluster: Cluster, settle: Callable[[ObjectRef], None]) -> tuple[str, ...]:
    """Removes all that was brought: Flux objects, namespaces, CRDs; gives a line for each.

    `settle` carries out the deletion of one Flux object that has a finalizer. A CRD that has come to hold
    objects of others stays, and its line says so.
    """
    lines = [_remove_flux(cluster, ref, settle) for kind in FLUX_KINDS for ref in _brought(cluster, kind)]
    lines += [_remove(cluster, ref) for ref in _brought(cluster, _NAMESPACE)]
    lines += [_remove_crd(cluster, ref) for ref in _brought(cluster, _CRD_KIND)]
    return tuple(lines)


def _brought(cluster: Cluster, kind: tuple[str, str, str]) -> list[ObjectRef]:
    try:
        found = cluster.list(*kind, metadata_only=True)
    except UnknownKind:
        return []
    return [ObjectRef.from_object(obj) for obj in found if ours(obj)]


def _remove_flux(cluster: Cluster, ref: ObjectRef, settle: Callable[[ObjectRef], None]) -> str:
    found = cluster.get(ref)
    if found is None:
        return f"{ref} was gone"
    if not deleting(found):
        cluster.delete(ref, uid=uid(found))
    settle(ref)
    if cluster.get(ref) is not None:
        raise Transient(f"{ref} still has a finalizer: see the message above, then run `make down` again")
    return f"{ref} deleted, with all that it applied"


def _remove(cluster: Cluster, ref: ObjectRef) -> str:
    found = cluster.get(ref)
    gone = found is None or not cluster.delete(ref, uid=uid(found))
    return f"{ref} was gone" if gone else f"{ref} deleted"


def _remove_crd(cluster: Cluster, ref: ObjectRef) -> str:
    crd = cluster.get(ref) or {}
    spec = crd.get("spec") or {}
    kind = str((spec.get("names") or {}).get("kind") or "")
    others = cluster.list(str(spec.get("group") or ""), "v1", kind, metadata_only=True) if kind else ()
    if others:
        return f"{ref} kept: {len(others)} objects of others use it ({ObjectRef.from_object(others[0])}, ...)"
    return _remove(cluster, ref)
