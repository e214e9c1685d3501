"""A small world for the tick: a cluster in memory, records in a folder, a queue."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from penstock.api.work import Function, WorkItem
from penstock.base.clock import rfc3339
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.queue.claims import LocalClaims
from penstock.schedule.flow import TickPorts, tick
from penstock.store.folder import FolderBucket
from penstock.store.records import Record, Records

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.queue import FakeQueue

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.api.refs import ObjectRef

TICK = WorkItem(Function.TICK, reason="timer")
FINALIZERS = ["finalizers.fluxcd.io"]


class World:
    """A cluster, records and a queue; `settle` makes objects that are not due."""

    def __init__(self, folder: Path, namespaces: tuple[str, ...] = ()) -> None:
        self.cluster = FakeCluster()
        self.queue = FakeQueue()
        self.clock = FakeClock()
        self.records = Records(FolderBucket(folder), self.cluster.identity())
        self.stream = io.StringIO()
        log = Log(Masker(), stream=self.stream, text=True)
        self.ports = TickPorts(
            self.cluster, self.records, self.queue, LocalClaims(), self.clock, log, namespaces
        )

    def settle(self, ref: ObjectRef, *, source: str = "apps", **changes: Any) -> None:
        spec: dict[str, Any] = {"interval": "10m"}
        status: dict[str, Any] = {
            "observedGeneration": 1,
            "conditions": [{"type": "Ready", "status": "True"}],
        }
        if ref.kind == "Kustomization":
            spec["sourceRef"] = {"kind": "GitRepository", "name": source}
            status["lastAttemptedRevision"] = "main@sha1:a"
        else:
            status["artifact"] = {"revision": "main@sha1:a"}
        self.cluster.seed(
            {
                "apiVersion": ref.api_version,
                "kind": ref.kind,
                "metadata": {
                    "namespace": ref.namespace,
                    "name": ref.name,
                    "generation": 1,
                    "finalizers": FINALIZERS,
                    **changes.get("metadata", {}),
                },
                "spec": {**spec, **changes.get("spec", {})},
                "status": {**status, **changes.get("status", {})},
            }
        )
        checked = Record(checked_at=rfc3339(self.clock.now()), ok=True, generation=1)
        self.records.write(ref, checked)

    def tick(self) -> list[tuple[str, str, str, str, str]]:
        queued = tick(self.ports, TICK)
        assert tuple(self.queue.items) == queued
        self.queue.items.clear()
        return [
            (str(one.function), one.kind, f"{one.namespace}/{one.name}", one.reason, one.token)
            for one in queued
        ]
