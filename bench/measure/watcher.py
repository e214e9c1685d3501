"""One watch for each kind over all namespaces: what the objects say and when it was told, for both peers."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import msgspec
from penstock.tools.controlplane.layout import ADMIN, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock.tools.controlplane.plane import ControlPlane

KINDS = {
    "GitRepository": "/apis/source.toolkit.fluxcd.io/v1/gitrepositories",
    "Kustomization": "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations",
    "ConfigMap": "/api/v1/configmaps",
}
_TIMEOUT_S = 3600
_PAUSE_S = 0.2


class _Condition(msgspec.Struct, frozen=True):
    type: str
    status: str = ""
    reason: str = ""
    message: str = ""


class _Artifact(msgspec.Struct, frozen=True):
    revision: str = ""


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    observed_generation: int = 0
    conditions: tuple[_Condition, ...] = ()
    artifact: _Artifact | None = None
    last_applied_revision: str = ""
    last_handled_reconcile_at: str = ""


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    namespace: str = ""
    generation: int = 0
    resource_version: str = ""


class _Object(msgspec.Struct, frozen=True):
    metadata: _Meta = _Meta()
    status: _Status | None = None


class _Head(msgspec.Struct, frozen=True):
    """The type and the object of an event; that of an error has a text as its status."""

    type: str
    object: msgspec.Raw


class _ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str


class _List(msgspec.Struct, frozen=True):
    metadata: _ListMeta
    items: tuple[_Object, ...] = ()


@dataclass(frozen=True)
class Seen:
    """An object as it was told last, at that time in seconds since 1970; `ready`: status, reason, message."""

    at: float
    generation: int
    observed: int = 0
    ready: tuple[str, str, str] = ("", "", "")
    revision: str = ""
    """The revision that was applied, of a GitRepository the one of its artifact."""
    handled: str = ""
    """The request that was handled last."""

    @property
    def settled(self) -> bool:
        """Whether it is Ready as its spec is now."""
        return self.ready[0] == "True" and self.observed == self.generation


Key = tuple[str, str, str]
"""Kind, namespace, name."""


@dataclass
class World:
    """What was told so far. Whoever reads it holds the lock of its watcher."""

    objects: dict[tuple[str, str], dict[str, Seen]] = field(default_factory=dict)
    """Kind and namespace -> the objects there by name."""
    told: dict[Key, float] = field(default_factory=dict)
    """When the object was told of for the last time, also of those that are gone."""

    def of(self, kind: str, namespace: str) -> Mapping[str, Seen]:
        """The objects of a kind in a namespace, by name."""
        return self.objects.get((kind, namespace), {})

    def keys(self, kind: str) -> set[Key]:
        """All objects of a kind that are there."""
        return {(*key, name) for key, found in self.objects.items() if key[0] == kind for name in found}

    def last(self, kind: str, namespace: str) -> float:
        """When an object of a kind in a namespace was told of last; 0 if none ever was."""
        return max((at for key, at in self.told.items() if key[:2] == (kind, namespace)), default=0.0)

    def take(self, key: Key, seen: Seen | None, at: float) -> None:
        """An object as it is now, or None for one that is gone."""
        self.told[key] = at
        there = self.objects.setdefault(key[:2], {})
        if seen is None:
            there.pop(key[2], None)
        else:
            there[key[2]] = seen


def seen(obj: _Object, at: float) -> Seen:
    """What counts of an object."""
    status = obj.status or _Status()
    ready = next((one for one in status.conditions if one.type == "Ready"), _Condition("Ready"))
    artifact = status.artifact.revision if status.artifact else ""
    return Seen(
        at,
        obj.metadata.generation,
        status.observed_generation,
        (ready.status, ready.reason, ready.message),
        artifact or status.last_applied_revision,
        status.last_handled_reconcile_at,
    )


class Watcher:
    """Watches while it is entered."""

    def __init__(self, plane: ControlPlane, kinds: Mapping[str, str] = KINDS) -> None:
        layout = Layout(plane.kubeconfig.parent)
        self._context = ssl.create_default_context(cafile=str(layout.certificate("ca")))
        self._context.load_cert_chain(layout.certificate(ADMIN), layout.key(ADMIN))
        self._address = urlsplit(plane.server)
        self._kinds = kinds
        self._changed = threading.Condition()
        self._world = World()
        self._stop = threading.Event()
        self._connections: dict[str, http.client.HTTPSConnection] = {}
        self._threads = [
            threading.Thread(target=self._follow, args=(kind,), name=f"watch-{kind}", daemon=True)
            for kind in self._kinds
        ]
        self._listed: set[str] = set()

    def wait(self, reached: Callable[[World], float | None], seconds: float) -> float | None:
        """What the condition gives (a time) as soon as it gives one; None if it does not within so long."""
        until = time.monotonic() + seconds
        with self._changed:
            while (found := reached(self._world)) is None:
                left = until - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return reached(self._world)
            return found

    def now(self, kind: str, namespace: str) -> Mapping[str, Seen]:
        """The objects of a kind in a namespace as they were told last, by name."""
        with self._changed:
            return dict(self._world.of(kind, namespace))

    def told(self, key: Key) -> float | None:
        """When the object was told of last."""
        with self._changed:
            return self._world.told.get(key)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        with self._changed:
            assert self._changed.wait_for(lambda: self._listed == set(self._kinds), 60), (
                "the watches do not begin"
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for connection in tuple(self._connections.values()):
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(2)
        for thread in self._threads:
            thread.join(10)

    def _follow(self, kind: str) -> None:
        """Lists, and watches from there on; again from the last version when the API server closes it."""
        version = ""
        while not self._stop.is_set():
            try:
                version = self._watch(kind, version or self._list(kind))
            except (OSError, http.client.HTTPException, ValueError):
                self._stop.wait(_PAUSE_S)
        self._connections[kind].close()

    def _list(self, kind: str) -> str:
        connection = self._connect(kind)
        connection.request("GET", self._kinds[kind])
        found = msgspec.json.decode(connection.getresponse().read(), type=_List)
        at = time.time()
        with self._changed:
            there = {(kind, obj.metadata.namespace, obj.metadata.name): obj for obj in found.items}
            for key in self._world.keys(kind) - there.keys():
                self._world.take(key, None, at)
            for key, obj in there.items():
                self._world.take(key, seen(obj, at), at)
            self._listed.add(kind)
            self._changed.notify_all()
        return found.metadata.resource_version

    def _watch(self, kind: str, version: str) -> str:
        """The version to go on from; empty if all has to be listed anew."""
        connection = self._connect(kind)
        query = f"?watch=1&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={_TIMEOUT_S}"
        connection.request("GET", self._kinds[kind] + query)
        with connection.getresponse() as answer:
            if answer.status != http.HTTPStatus.OK:
                return ""
            for line in answer:
                at = time.time()
                event = msgspec.json.decode(line, type=_Head)
                if event.type == "ERROR":
                    return ""
                obj = msgspec.json.decode(event.object, type=_Object)
                version = obj.metadata.resource_version
                if event.type != "BOOKMARK":
                    key = (kind, obj.metadata.namespace, obj.metadata.name)
                    self._tell(key, None if event.type == "DELETED" else seen(obj, at), at)
        return version

    def _tell(self, key: Key, found: Seen | None, at: float) -> None:
        with self._changed:
            self._world.take(key, found, at)
            self._changed.notify_all()

    def _connect(self, kind: str) -> http.client.HTTPSConnection:
        if old := self._connections.get(kind):
            old.close()
        made = http.client.HTTPSConnection(
            str(self._address.hostname), self._address.port, timeout=_TIMEOUT_S, context=self._context
        )
        self._connections[kind] = made
        return made
