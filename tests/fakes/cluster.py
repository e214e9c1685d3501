"""A cluster in memory: enough of Kubernetes for the tests of flows. Facts are tested on the real API server.

It keeps objects, bumps resourceVersion and generation, merges server-side apply by manager (maps merge,
lists are atomic), honours finalizers and preconditions, records every call and fails where it is told to.
"""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from penstock.api.refs import ObjectRef
from penstock.cluster.catalog import Catalog, Resource
from penstock.cluster.discovery import Discovery
from penstock.cluster.errors import AlreadyExists, Conflict, NamespaceMissing, NotFound, UnknownKind

from tests.fakes.kinds import KINDS, crd_resources
from tests.fakes.merge import Leaves, json_patch, leaves, matches, merge_apply, merge_patch, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from penstock.api.objects import Json
    from penstock.base.deadline import Deadline

T = TypeVar("T")
_TIME = "2026-01-01T00:00:00Z"
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Call:
    """One request: the verb (get list apply create delete patch watch), the object or kind, the body."""

    verb: str
    ref: ObjectRef
    dry_run: bool = False
    subresource: str = ""
    manager: str = ""
    body: Json | None = None


class FakeCluster:
    """Implements penstock.cluster.port.Cluster.

    `calls` is what was asked, in order. `fail(error, when=...)` or `fail_at(k, error)` inject errors;
    `seed` stores objects as they are, status included; `objects()` shows what is stored. `warned` gives the
    warnings that an object gets.
    """

    def __init__(
        self, *objects: Json, namespaces: Iterable[str] = ("default", "flux-system", "apps")
    ) -> None:
        self.calls: list[Call] = []
        self.partial: frozenset[str] = frozenset()
        self.kinds: list[Resource] = list(KINDS)
        self.uid = "11111111-2222-3333-4444-555555555555"
        self.warned: Callable[[Json], tuple[str, ...]] = lambda _: ()
        self._objects: dict[Key, Json] = {}
        self._owned: dict[Key, dict[str, Leaves]] = {}
        self._failures: list[tuple[Callable[[Call], bool], Exception, bool]] = []
        self._counter = itertools.count(1)
        self._discovery = Discovery(lambda: Catalog(tuple(self.kinds), self.partial))
        for name in ("kube-system", *namespaces):
            self.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self.seed(*objects)
        self.calls.clear()

    # What tests ask and arrange

    def seed(self, *objects: Json) -> None:
        """Store objects as given, with uid, generation and resourceVersion where they lack them."""
        for obj in objects:
            stored = copy.deepcopy(obj)
            meta = stored.setdefault("metadata", {})
            meta.setdefault("uid", self._new_uid())
            meta.setdefault("generation", 1)
            meta["resourceVersion"] = str(next(self._counter))
            self._objects[_key(ObjectRef.from_object(stored))] = stored
            self._learn_kind(stored)

    def objects(self, kind: str = "") -> tuple[Json, ...]:
        """Everything stored, or everything of a kind, as copies."""
        return tuple(copy.deepcopy(o) for o in self._objects.values() if kind in ("", o.get("kind")))

    def writes(self) -> tuple[Call, ...]:
        """The calls that changed something or tried to."""
        verbs = {"apply", "create", "delete", "patch"}
        return tuple(call for call in self.calls if call.verb in verbs and not call.dry_run)

    def fail(self, error: Exception, when: Callable[[Call], bool], *, once: bool = False) -> None:
        """Raise `error` from each (or the first) call that `when` accepts, before it has an effect."""
        self._failures.append((when, error, once))

    def fail_at(self, k: int, error: Exception) -> None:
        """Raise `error` from the k-th call from now (1 is the next), before it has an effect."""
        at = len(self.calls) + k
        self.fail(error, lambda _call: len(self.calls) == at, once=True)

    # The port

    def get(self, ref: ObjectRef) -> Json | None:
        """See the port."""
        self._record(Call("get", ref))
        self._resource(ref)
        found = self._objects.get(_key(ref))
        return copy.deepcopy(found)

    def list(
        self,
        group: str,
        version: str,
        kind: str,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> tuple[Json, ...]:
        """See the port."""
        return self.list_of(lambda obj: obj, group, version, kind, namespace, label_selector, metadata_only)

    def list_of(
        self,
        of: Callable[[Json], T],
        group: str,
        version: str,
        kind: str,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> tuple[T, ...]:
        """See the port."""
        ref = ObjectRef(group, version, kind, namespace or "", "")
        self._record(Call("list", ref))
        self._resource(ref)
        found = (
            copy.deepcopy(obj)
            for key, obj in sorted(self._objects.items())
            if key[:2] == (group, kind)
            and namespace in (None, key[2])
            and matches(label_selector, obj["metadata"].get("labels") or {})
        )
        keys = ("apiVersion", "kind", "metadata")
        return tuple(of({k: obj[k] for k in keys} if metadata_only else obj) for obj in found)

    def apply(self, obj: Json, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Json:
        """See the port; `force` is taken as given."""
        del force
        ref = ObjectRef.from_object(obj)
        self._record(Call("apply", ref, dry_run, manager=field_manager, body=copy.deepcopy(obj)))
        self._resource(ref)
        self._need_namespace(ref)
        key = _key(ref)
        current = self._objects.get(key)
        managers = self._owned.get(key, {})
        wanted = leaves(obj)
        others = {leaf for name, owned in managers.items() if name != field_manager for leaf in owned}
        dropped = managers.get(field_manager, frozenset()) - wanted - others
        merged = merge_apply(without(current or {}, dropped), obj)
        if current is None:
            merged["metadata"] |= {"uid": self._new_uid(), "generation": 1, "creationTimestamp": _TIME}
        if dry_run:
            return merged
        self._owned[key] = {**managers, field_manager: wanted}
        return self._store(key, current, merged)

    def create(self, obj: Json, *, field_manager: str = "", dry_run: bool = False) -> Json:
        """See the port."""
        ref = ObjectRef.from_object(obj)
        self._record(Call("create", ref, dry_run, manager=field_manager, body=copy.deepcopy(obj)))
        self._resource(ref)
        self._need_namespace(ref)
        if _key(ref) in self._objects:
            raise AlreadyExists(f"{ref} already exists")
        new = copy.deepcopy(obj)
        new["metadata"] |= {"uid": self._new_uid(), "generation": 1, "creationTimestamp": _TIME}
        return new if dry_run else self._store(_key(ref), None, new)

    def warnings(self, obj: Json) -> tuple[str, ...]:
        """See the port; `warned` says what is warned of."""
        ref = ObjectRef.from_object(obj)
        self._record(Call("create", ref, dry_run=True, body=copy.deepcopy(obj)))
        self._resource(ref)
        self._need_namespace(ref)
        return self.warned(obj)

    def delete(
        self,
        ref: ObjectRef,
        *,
        uid: str | None,
        resource_version: str | None = None,
        propagation: str = "Background",
    ) -> bool:
        """See the port."""
        self._record(Call("delete", ref, body={"uid": uid, "propagationPolicy": propagation}))
        self._resource(ref)
        current = self._objects.get(_key(ref))
        if current is None:
            return False
        if uid is not None and uid != current["metadata"]["uid"]:
            raise Conflict(f"{ref}: the UID in the precondition is {uid}, another object has the name")
        if resource_version not in (None, current["metadata"]["resourceVersion"]):
            raise Conflict(
                f"{ref}: the resourceVersion in the precondition is {resource_version}, it changed"
            )
        if current["metadata"].get("finalizers"):
            current["metadata"].setdefault("deletionTimestamp", _TIME)
            current["metadata"]["resourceVersion"] = str(next(self._counter))
        else:
            self._forget(_key(ref))
        return True

    def merge_patch(
        self,
        ref: ObjectRef,
        patch: Json,
        *,
        field_manager: str,
        subresource: str = "",
        resource_version: str | None = None,
    ) -> Json:
        """See the port; `subresource` status changes the status only, none changes all but the status."""
        self._record(Call("patch", ref, False, subresource, field_manager, copy.deepcopy(patch)))
        self._resource(ref)
        current = self._objects.get(_key(ref))
        if current is None:
            raise NotFound(f"{ref} not found")
        if resource_version is not None and resource_version != current["metadata"]["resourceVersion"]:
            raise Conflict(f"{ref}: the object has been modified")
        if subresource == "status":
            patch = {"status": patch.get("status", {})}
        else:
            patch = {key: value for key, value in patch.items() if key != "status"}
        return self._store(_key(ref), current, merge_patch(current, patch))

    def json_patch(
        self, ref: ObjectRef, operations: Sequence[Json], *, field_manager: str, resource_version: str
    ) -> Json:
        """See the port; operations may remove and replace what is in maps."""
        self._record(Call("patch", ref, manager=field_manager, body={"operations": list(operations)}))
        self._resource(ref)
        current = self._objects.get(_key(ref))
        if current is None:
            raise NotFound(f"{ref} not found")
        if resource_version != current["metadata"]["resourceVersion"]:
            raise Conflict(f"{ref}: the object has been modified")
        return self._store(_key(ref), current, json_patch(current, operations))

    def watch(
        self,
        group: str,
        version: str,
        kind: str,
        namespace: str,
        name: str,
        resource_version: str,
        timeout_s: float,
        label_selector: str = "",
    ) -> Iterator[Json]:
        """One MODIFIED event per object that is newer than `resource_version`, then the end."""
        del timeout_s
        ref = ObjectRef(group, version, kind, namespace, name)
        self._record(Call("watch", ref))
        self._resource(ref)
        for key, obj in sorted(self._objects.items()):
            newer = int(obj["metadata"]["resourceVersion"]) > int(resource_version or "0")
            here = key[:2] == (group, kind) and namespace in ("", key[2]) and name in ("", key[3])
            if here and newer and matches(label_selector, obj["metadata"].get("labels") or {}):
                yield {"type": "MODIFIED", "object": copy.deepcopy(obj)}

    def discovery(self) -> Discovery:
        """See the port."""
        return self._discovery

    def identity(self) -> str:
        """See the port."""
        return self.uid

    def version(self) -> str:
        """See the port."""
        return "v1.37.2"

    def within(self, deadline: Deadline) -> FakeCluster:
        """See the port; nothing here takes time."""
        del deadline
        return self

    # Inside

    def _record(self, call: Call) -> None:
        self.calls.append(call)
        for failure in list(self._failures):
            when, error, once = failure
            if when(call):
                if once:
                    self._failures.remove(failure)
                raise error

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


def _key(ref: ObjectRef) -> Key:
    return (ref.group, ref.kind, ref.namespace, ref.name)


def _comparable(obj: Json) -> Any:
    metadata = {k: v for k, v in obj["metadata"].items() if k not in {"resourceVersion", "generation"}}
    return {**obj, "metadata": metadata}


def _desired(obj: Json) -> Any:
    return {key: value for key, value in obj.items() if key not in {"metadata", "status"}}
