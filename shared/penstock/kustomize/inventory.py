"""The inventory in a Kustomization's status: which objects it applied. Pure.

Source: contract C7; fluxcd/cli-utils pkg/object ObjMetadata for the form of an id; kustomize-controller
internal/inventory. Two entries are the same object whatever their version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.meta import ResourceInventory, ResourceRef
from penstock.api.refs import ObjectRef
from penstock.kustomize.order import sort_key

if TYPE_CHECKING:
    from collections.abc import Iterable

Refs = tuple[ObjectRef, ...]

_RBAC_GROUP = "rbac.authorization.k8s.io"
_RBAC_KINDS = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"})


def object_id(ref: ObjectRef) -> str:
    """`<namespace>_<name>_<group>_<kind>`; the `:` that RBAC names may have is written `__`."""
    name = ref.name
    if ref.group == _RBAC_GROUP and ref.kind in _RBAC_KINDS:
        name = name.replace(":", "__")
    return f"{ref.namespace}_{name}_{ref.group}_{ref.kind}"


def parse_id(text: str, version: str) -> ObjectRef:
    """The object that an id names; ValueError if it names none."""
    namespace, first, rest = text.partition("_")
    parts = rest.rsplit("_", 2)
    if not first or len(parts) != 3:
        raise ValueError(f"{text[:256]!r} is no inventory id of the form <namespace>_<name>_<group>_<kind>")
    name, group, kind = parts
    if not name or not kind:
        raise ValueError(f"{text[:256]!r} is an inventory id without name or kind")
    return ObjectRef(group, version, kind, namespace, name.replace("__", ":"))


def read(inventory: ResourceInventory | None) -> tuple[Refs, tuple[str, ...]]:
    """The objects of an inventory in its order, and the ids that cannot be read."""
    refs: dict[str, ObjectRef] = {}
    unreadable: list[str] = []
    for entry in inventory.entries if inventory is not None else ():
        try:
            refs.setdefault(entry.id, parse_id(entry.id, entry.v))
        except ValueError:
            unreadable.append(entry.id)
    return tuple(refs.values()), tuple(unreadable)


def to_status(refs: Iterable[ObjectRef]) -> ResourceInventory:
    """The inventory as it stands in the status."""
    return ResourceInventory(entries=tuple(ResourceRef(id=object_id(ref), v=ref.version) for ref in refs))


def union(first: Iterable[ObjectRef], second: Iterable[ObjectRef]) -> Refs:
    """The objects of both, the first's in front; where both have one, the first's version stands."""
    merged: dict[str, ObjectRef] = {}
    for ref in (*first, *second):
        merged.setdefault(object_id(ref), ref)
    return tuple(merged.values())


def difference(old: Iterable[ObjectRef], new: Iterable[ObjectRef]) -> Refs:
    """What is in `old` and not in `new`, in the order of applying."""
    kept = {object_id(ref) for ref in new}
    return tuple(sorted((ref for ref in old if object_id(ref) not in kept), key=sort_key))


def lists(inventory: ResourceInventory | None, refs: Iterable[ObjectRef]) -> bool:
    """Whether the inventory lists exactly these objects in these versions, in any order."""
    found = () if inventory is None else inventory.entries
    return sorted(map(_key, found)) == sorted(map(_key, to_status(refs).entries))


def _key(entry: ResourceRef) -> tuple[str, str]:
    return (entry.id, entry.v)
