"""A cluster in memory: enough of Kubernetes for the tests of flows. Facts are tested on the real API server.

It keeps objects, bumps resourceVersion and generation, merges server-side apply by manager (maps merge,
lists are atomic), honours finalizers and preconditions, records every call and fails where it is told to.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from penstock.api.refs import ObjectRef
from penstock.cluster.errors import AlreadyExists, Conflict, NotFound

from tests.fakes.merge import json_patch, leaves, matches, merge_apply, merge_patch, without
from tests.fakes.objects import StoredObjects, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from penstock.api.objects import Json
    from penstock.base.deadline import Deadline
    from penstock.cluster.discovery import Discovery

T = TypeVar("T")
_TIME = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Call:
    """One request: the verb (get list apply create delete patch watch), the object or kind, the body."""

    verb: str
    ref: ObjectRef
    dry_run: bool = False
    subresource: str = ""
    manager: str = ""
    body: Json | None = None


class FakeCluster(StoredObjects):
    """Implements penstock.cluster.port.Cluster.

    `calls` is what was asked, in order. `fail(error, when=...)` or `fail_at(k, error)` inject errors;
    `seed` stores objects as they are, status included; `objects()` shows what is stored. `warned` gives the
    warnings that an object gets.
    """

    def __init__(
        self, *objects: Json, namespaces: Iterable[str] = ("default", "flux-system", "apps")
    ) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.uid = "11111111-2222-3333-4444-555555555555"
        self.warned: Callable[[Json], tuple[str, ...]] = lambda _: ()
        self._failures: list[tuple[Callable[[Call], bool], Exception, bool]] = []
        for name in ("kube-system", *namespaces):
            self.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self.seed(*objects)
        self.calls.clear()

    # What tests ask and arrange

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
        found = self._objects.get(key_of(ref))
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
        key = key_of(ref)
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
        if key_of(ref) in self._objects:
            raise AlreadyExists(f"{ref} already exists")
        new = copy.deepcopy(obj)
        new["metadata"] |= {"uid": self._new_uid(), "generation": 1, "creationTimestamp": _TIME}
        return new if dry_run else self._store(key_of(ref), None, new)

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
        current = self._objects.get(key_of(ref))
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
            self._forget(key_of(ref))
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
        current = self._objects.get(key_of(ref))
        if current is None:
            raise NotFound(f"{ref} not found")
        if resource_version is not None and resource_version != current["metadata"]["resourceVersion"]:
            raise Conflict(f"{ref}: the object has been modified")
        if subresource == "status":
            patch = {"status": patch.get("status", {})}
        else:
            patch = {key: value for key, value in patch.items() if key != "status"}
        return self._store(key_of(ref), current, merge_patch(current, patch))

    def json_patch(
        self, ref: ObjectRef, operations: Sequence[Json], *, field_manager: str, resource_version: str
    ) -> Json:
        """See the port; operations may remove and replace what is in maps."""
        self._record(Call("patch", ref, manager=field_manager, body={"operations": list(operations)}))
        self._resource(ref)
        current = self._objects.get(key_of(ref))
        if current is None:
            raise NotFound(f"{ref} not found")
        if resource_version != current["metadata"]["resourceVersion"]:
            raise Conflict(f"{ref}: the object has been modified")
        return self._store(key_of(ref), current, json_patch(current, operations))

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
