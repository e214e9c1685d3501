"""`penstock uninstall`: takes away what is there, whatever an earlier try left; no workload is touched.

The admission hook goes first, so that the API server calls nobody while the rest goes. An object that cannot
be removed is told and stands in nobody's way; doing it again goes on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.api.lease import KIND, MANAGED_BY, left_s, read
from penstock.api.objects import uid
from penstock.api.refs import ObjectRef
from penstock.base.errors import PenstockError, Terminal, Transient
from penstock.cluster.errors import NotFound, UnknownKind
from penstock.cluster.flux import running_controllers
from penstock.install.removal import (
    CLUSTER_WIDE,
    NAMESPACED,
    SELECTOR,
    Wanted,
    check,
    goes,
    kinds_of,
    letting_go,
    repositories,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from penstock.api.objects import Json
    from penstock.base.deadline import Deadline
    from penstock.client.telling import Tell
    from penstock.cluster.port import Cluster

MANAGER = "flux"
_CRD = ObjectRef("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "", "")
_LEASES = ",".join(f"{key}={value}" for key, value in MANAGED_BY.items())
_PAUSE_S = 0.2


@dataclass(frozen=True)
class UninstallPorts:
    """What it needs; it is over by the deadline. `remove_hook` gives the names of what it took away."""

    cluster: Cluster
    deadline: Deadline
    tell: Tell
    remove_hook: Callable[[], tuple[str, ...]]
    pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Removed:
    """What is left to a person: repositories whose webhooks stay, and the refs that could not be removed."""

    repositories: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def uninstall(ports: UninstallPorts, wanted: Wanted) -> Removed:
    """Takes away what is asked for; Terminal if Flux's own controllers need it, Transient at the deadline."""
    running = running_controllers(ports.cluster)
    check(wanted, running)
    return _Removal(ports, wanted, running).run()


@dataclass
class _Removal:
    """One removal under way."""

    ports: UninstallPorts
    wanted: Wanted
    running: tuple[str, ...]
    problems: list[str] = field(default_factory=list)

    def run(self) -> Removed:
        """All steps in their order."""
        self._hook()
        crds = self._list(_CRD)
        left = tuple(self._objects(crds))
        if not self.wanted.hand_back:
            self._stop_work(left)
        tell, namespace = self.ports.tell, self.wanted.namespace
        tell.action(f"deleting components in {namespace} namespace")
        for obj in self._components():
            self._delete(ObjectRef.from_object(obj), uid(obj))
        if not self.wanted.hand_back:
            tell.action("deleting toolkit.fluxcd.io custom resource definitions")
            self._definitions(crds)
        self._leases()
        if not self.wanted.hand_back and not self.wanted.keep_namespace:
            self._delete(ObjectRef("", "v1", "Namespace", "", namespace), None)
        return Removed(repositories(left), tuple(self.problems))

    def _hook(self) -> None:
        self.ports.tell.action("removing the admission hook")
        if self.wanted.dry_run:
            return
        for name in self.ports.remove_hook():
            self._done(f"ValidatingWebhookConfiguration/{name} deleted")

    def _components(self) -> Iterator[Json]:
        for kind in NAMESPACED:
            yield from self._going(self._list(kind, self.wanted.namespace))
        for kind in CLUSTER_WIDE:
            yield from self._going(self._list(kind))

    def _going(self, objects: Iterable[Json]) -> Iterator[Json]:
        return (obj for obj in objects if goes(obj, self.wanted, self.running))

    def _list(
        self, kind: ObjectRef, namespace: str | None = None, selector: str = SELECTOR
    ) -> tuple[Json, ...]:
        try:
            return self.ports.cluster.list(kind.group, kind.version, kind.kind, namespace, selector)
        except UnknownKind:
            return ()

    def _objects(self, crds: Iterable[Json]) -> Iterator[Json]:
        """All objects of Flux's kinds."""
        return (obj for kind in kinds_of(crds) for obj in self._list(kind, selector=""))

    def _stop_work(self, objects: Iterable[Json]) -> None:
        """Nothing new is begun on Flux objects, and what is under way ends before the rest goes."""
        self.ports.tell.action("suspending and deleting toolkit.fluxcd.io finalizers in all namespaces")
        self._let_go(objects)
        told = self.wanted.dry_run
        while not self.wanted.dry_run and self._at_work():
            if self.ports.deadline.expired:
                raise Transient("a run of the functions does not end: stop them, then run it again")
            if not told:
                self.ports.tell.waiting("waiting for the runs under way to end")
                told = True
            self.ports.pause(_PAUSE_S)

    def _at_work(self) -> bool:
        """Whether somebody holds a Lease on a source."""
        now = self.ports.deadline.clock.now()
        return any(left_s(read(obj), now) for obj in self._list(KIND, selector=_LEASES))

    def _let_go(self, objects: Iterable[Json]) -> None:
        for obj in objects:
            patch = letting_go(obj)
            if patch is not None:
                self._patch(ObjectRef.from_object(obj), patch)

    def _patch(self, ref: ObjectRef, patch: Json) -> None:
        try:
            if not self.wanted.dry_run:
                self.ports.cluster.merge_patch(ref, patch, field_manager=MANAGER)
        except NotFound:
            return
        except PenstockError as error:
            self._failed(f"{ref} removing finalizers failed: {error.message}")
            return
        self._done(f"{ref} finalizers deleted")

    def _definitions(self, crds: Iterable[Json]) -> None:
        for crd in crds:
            self._delete(ObjectRef.from_object(crd), uid(crd))
        if not self.wanted.dry_run:
            self._wait_gone(tuple(crds))

    def _wait_gone(self, crds: tuple[Json, ...]) -> None:
        """Until the CRDs are gone; who was at work on an object may have put its finalizer back."""
        while any(self.ports.cluster.get(ObjectRef.from_object(crd)) for crd in crds):
            if self.ports.deadline.expired:
                self._failed("the CRDs are not gone yet: something holds their objects back")
                return
            self._let_go(self._objects(crds))
            self.ports.pause(_PAUSE_S)

    def _leases(self) -> None:
        """Nobody collects them once the kind of what they belong to is gone."""
        for lease in self._list(KIND, selector=_LEASES):
            self._delete(ObjectRef.from_object(lease), uid(lease))

    def _delete(self, ref: ObjectRef, known: str | None) -> None:
        try:
            if self.wanted.dry_run:
                there = self.ports.cluster.get(ref) is not None
            else:
                there = self.ports.cluster.delete(ref, uid=known)
        except PenstockError as error:
            self._failed(f"{ref} deletion failed: {error.message}")
            return
        if there:
            self._done(f"{ref} deleted")

    def _done(self, line: str) -> None:
        self.ports.tell.success(f"{line} (dry run)" if self.wanted.dry_run else line)

    def _failed(self, line: str) -> None:
        self.problems.append(line)
        self.ports.tell.failure(line)


def conclude(removed: Removed) -> None:
    """Terminal if something could not be removed."""
    if removed.problems:
        raise Terminal(f"{len(removed.problems)} things could not be removed, see above: run it again")
