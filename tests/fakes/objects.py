"""The objects of a cluster in memory, and which kinds there are."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

from penstock.api.refs import ObjectRef
from penstock.cluster.catalog import Catalog, Resource
from penstock.cluster.discovery import Discovery
from penstock.cluster.errors import NamespaceMissing, NotFound, UnknownKind

from tests.fakes.kinds import KINDS, crd_resources

if TYPE_CHECKING:
    from penstock.api.objects import Json

    from tests.fakes.merge import Leaves

Key = tuple[str, str, str, str]


class StoredObjects:
    """Keeps objects, bumps resourceVersion and generation, and lets go of what has no finalizer any more."""

    def __init__(self) -> None:
        self.partial: frozenset[str] = frozenset()
        self.kinds: list[Resource] = list(KINDS)
        self._objects: dict[Key, Json] = {}
        self._owned: dict[Key, dict[str, Leaves]] = {}
        self._counter = itertools.count(1)
        self._discovery = Discovery(lambda: Catalog(tuple(self.kinds), self.partial))

    def seed(self, *objects: Json) -> None:
        """Store objects as given, with uid, generation and resourceVersion where they lack them."""
        for obj in objects:
            stored = copy.deepcopy(obj)
            meta = stored.setdefault("metadata", {})
            meta.setdefault("uid", self._new_uid())
            meta.setdefault("generation", 1)
            meta["resourceVersion"] = str(next(self._counter))
            self._objects[key_of(ObjectRef.from_object(stored))] = stored
            self._learn_kind(stored)

    def objects(self, kind: str = "") -> tuple[Json, ...]:
        """Everything stored, or everything of a kind, as copies."""
        return tuple(copy.deepcopy(o) for o in self._objects.values() if kind in ("", o.get("kind")))

    def _resource(self, ref: ObjectRef) -> Resource:
        found = next((r for r in self.kinds if (r.group, r.kind) == (ref.group, ref.kind)), None)
        if found is None:
            raise UnknownKind(f'no matches for kind "{ref.kind}" in version "{ref.api_version}"')
        if ref.name and found.namespaced and not ref.namespace:
            raise NamespaceMissing("the server could not find the requested resource")
        return found

    def _need_namespace(self, ref: ObjectRef) -> None:
        if ref.namespace and ("", "Namespace", "", ref.namespace) not in self._objects:
            raise NotFound(f'namespaces "{ref.namespace}" not found')

    def _store(self, key: Key, current: Json | None, new: Json) -> Json:
        if current is not None and _comparable(new) == _comparable(current):
            return copy.deepcopy(current)
        if current is not None and _desired(new) != _desired(current):
            new["metadata"]["generation"] = current["metadata"].get("generation", 0) + 1
        new["metadata"]["resourceVersion"] = str(next(self._counter))
        if new["metadata"].get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            self._forget(key)
        else:
            self._objects[key] = new
            self._learn_kind(new)
        return copy.deepcopy(new)

    def _forget(self, key: Key) -> None:
        self._objects.pop(key, None)
        self._owned.pop(key, None)

    def _learn_kind(self, obj: Json) -> None:
        if obj.get("kind") == "CustomResourceDefinition":
            obj.setdefault("status", {"conditions": [{"type": "Established", "status": "True"}]})
            self.kinds.extend(r for r in crd_resources(obj) if r not in self.kinds)
            self._discovery.refresh()

    def _new_uid(self) -> str:
        return f"00000000-0000-0000-0000-{next(self._counter):012d}"


def key_of(ref: ObjectRef) -> Key:
    """What makes two references the same object."""
    return (ref.group, ref.kind, ref.namespace, ref.name)


def _comparable(obj: Json) -> Any:
    metadata = {k: v for k, v in obj["metadata"].items() if k not in {"resourceVersion", "generation"}}
    return {**obj, "metadata": metadata}


def _desired(obj: Json) -> Any:
    return {key: value for key, value in obj.items() if key not in {"metadata", "status"}}
