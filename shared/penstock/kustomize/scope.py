"""Which of the built objects live in a namespace and which do not. Pure.

kustomize puts a target namespace on every kind it does not know, cluster-scoped ones too; the API server
takes it off again. The inventory must hold the names as the cluster has them, for custom kinds before their
CRD is stored as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from penstock.api.objects import metadata
from penstock.api.refs import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from penstock.api.objects import Json


class Kind(Protocol):
    """What must be known of a kind."""

    @property
    def namespaced(self) -> bool:
        """Whether its objects live in a namespace."""
        ...


@dataclass(frozen=True)
class Target:
    """An object to apply and the name that the cluster will know it by."""

    ref: ObjectRef
    obj: Json


def place(objects: Iterable[Json], find: Callable[[str, str, str], Kind | None]) -> tuple[Target, ...]:
    """The objects under the names that the cluster gives them.

    `find(group, kind, version)` tells what the cluster serves; a CRD among the objects tells it beforehand.
    An object of an unknown kind keeps the namespace it has.
    """
    found = tuple(objects)
    declared = {kind[:2]: namespaced for kind, namespaced in declared_kinds(found).items()}
    return tuple(_placed(obj, find, declared) for obj in found)


def declared_kinds(objects: Iterable[Json]) -> dict[tuple[str, str, str], bool]:
    """(group, kind, version) of what the CRDs among the objects declare, and whether it is namespaced."""
    return dict(entry for obj in objects for entry in _declared(obj))


def _placed(
    obj: Json, find: Callable[[str, str, str], Kind | None], declared: dict[tuple[str, str], bool]
) -> Target:
    ref = ObjectRef.from_object(obj)
    kind = find(ref.group, ref.kind, ref.version) if ref.namespace else None
    namespaced = kind.namespaced if kind is not None else declared.get((ref.group, ref.kind), True)
    if not ref.namespace or namespaced:
        return Target(ref, obj)
    bare = {**obj, "metadata": {key: value for key, value in metadata(obj).items() if key != "namespace"}}
    return Target(ObjectRef.from_object(bare), bare)


def _declared(obj: Json) -> Iterator[tuple[tuple[str, str, str], bool]]:
    """The served versions of the kind that a CRD declares; nothing of a CRD of another shape."""
    spec = obj.get("spec")
    if obj.get("kind") != "CustomResourceDefinition" or not isinstance(spec, dict):
        return
    names, versions = spec.get("names"), spec.get("versions")
    if not isinstance(names, dict) or not isinstance(versions, list):
        return
    for version in versions:
        if isinstance(version, dict) and version.get("served") is True:
            kind = (str(spec.get("group")), str(names.get("kind")), str(version.get("name")))
            yield kind, spec.get("scope") != "Cluster"
