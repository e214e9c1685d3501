"""A cluster in memory with Flux objects, and a penstock whose acts a test writes down one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.base.deadline import Deadline
from penstock.client.ports import Ports

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.telling import FakeTell

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.client.ports import Ask

FLEET = git_repository("apps", "fleet")
APPS = kustomization("apps", "apps")
REVISION = "main@sha1:0123456789abcdef0123456789abcdef01234567"
TIMEOUT_S = 60.0


def conditions(generation: int = 1, **found: tuple[str, str]) -> list[Json]:
    """Conditions of that generation: their type, their status and message."""
    return [
        {
            "type": kind,
            "status": status,
            "reason": "Tested",
            "message": message,
            "observedGeneration": generation,
            "lastTransitionTime": "2030-01-01T00:00:00Z",
        }
        for kind, (status, message) in found.items()
    ]


def flux_object(ref: ObjectRef, status: Json | None = None, /, **spec: Any) -> Json:
    """A Flux object as the cluster has it, generation 1."""
    meta = {"name": ref.name, "namespace": ref.namespace, "generation": 1}
    source = {"sourceRef": {"kind": "GitRepository", "name": "fleet"}} if ref.kind == "Kustomization" else {}
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": meta,
        "spec": {"interval": "1m", **source, **spec},
        "status": status or {"observedGeneration": -1},
    }


def done(ref: ObjectRef, handled: str = "", generation: int = 1) -> Json:
    """The status of an object that is ready."""
    at = {"lastHandledReconcileAt": handled} if handled else {}
    revision = {"lastAppliedRevision": REVISION} if ref.kind == "Kustomization" else {}
    artifact = {"artifact": {"revision": REVISION}} if ref.kind == "GitRepository" else {}
    ready = conditions(generation, Ready=("True", "fine"))
    return {"observedGeneration": generation, "conditions": ready, **at, **revision, **artifact}


class World:
    """The cluster, what was told, and the acts that happen one by one whenever somebody pauses."""

    def __init__(self, *objects: Json, ask: Ask | None = None) -> None:
        self.cluster = FakeCluster(*objects)
        self.clock = FakeClock()
        self.tell = FakeTell()
        self.acts: list[Callable[[], object]] = []
        self.ports = Ports(
            cluster=self.cluster,
            clock=self.clock,
            deadline=Deadline.after(self.clock, TIMEOUT_S),
            timeout_s=TIMEOUT_S,
            pause=self._pause,
            tell=self.tell,
            ask=ask,
        )

    def the(self, ref: ObjectRef) -> Json:
        """The stored object; no call of anybody."""
        (found,) = (o for o in self.cluster.objects(ref.kind) if ObjectRef.from_object(o) == ref)
        return found

    def sets(self, ref: ObjectRef, status: Json) -> None:
        """penstock writes a status, whole."""
        self.cluster.seed({**self.the(ref), "status": status})

    def finishes(self, ref: ObjectRef) -> Callable[[], None]:
        """The act of a penstock that looks at the object, finds it well and answers its request."""

        def act() -> None:
            meta = self.the(ref)["metadata"]
            token = meta.get("annotations", {}).get("reconcile.fluxcd.io/requestedAt", "")
            self.sets(ref, done(ref, token, meta["generation"]))

        return act

    def limited(self, seconds: float) -> Ports:
        """The ports with less time."""
        return replace(self.ports, deadline=Deadline.after(self.clock, seconds), timeout_s=seconds)

    def _pause(self, seconds: float) -> None:
        self.clock.move(max(seconds, 0.001))
        if self.acts:
            self.acts.pop(0)()
