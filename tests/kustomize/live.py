"""The same small world on the real control plane: real client, real helper, real events."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.api.work import Function, Outcome, WorkItem
from penstock.base.clock import SystemClock
from penstock.base.limits import Limits
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.cluster.events import ClusterEvents
from penstock.kustomize.flow import ApplyPorts, apply
from penstock.kustomize.owner import owner_selector
from penstock.queue.claims import LocalClaims
from penstock.store.artifacts import Artifacts
from penstock.store.records import Records
from penstock.store.runs import Runs

from tests.fakes.bucket import MemoryBucket
from tests.fakes.queue import FakeQueue
from tests.kustomize.world import artifact_of, pack_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json
    from penstock.cluster.port import Cluster
    from penstock.store.bucket import Bucket
    from penstock.tools.upstream import Upstream

_MANAGER = "test"


class Live:
    """A GitRepository `fleet` in a namespace of its own, and the Kustomizations that a test adds."""

    def __init__(
        self, cluster: Cluster, builder: Upstream, namespace: str, bucket: Bucket | None = None
    ) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.repository = git_repository(namespace, "fleet")
        self.apps = kustomization(namespace, "apps")
        self.output = io.StringIO()
        bucket, masker, clock = bucket or MemoryBucket(), Masker(), SystemClock()
        log = Log(masker, stream=self.output)
        self.artifacts = Artifacts(bucket, Limits())
        self.records = Records(bucket, cluster.identity)
        self.runs = Runs(bucket, cluster.identity)
        self.ports = ApplyPorts(
            cluster=cluster,
            artifacts=self.artifacts,
            records=self.records,
            runs=self.runs,
            queue=FakeQueue(),
            claims=LocalClaims(),
            builder=builder,
            expressions=builder,
            judge=builder,
            events=ClusterEvents(cluster, log, masker),
            clock=clock,
            log=log,
            masker=masker,
        )
        self._create(self.repository, {"url": "https://example.com/fleet", "interval": "1m"})

    def add(self, name: str = "apps", **spec: Any) -> ObjectRef:
        """A Kustomization of `fleet`; its path is its name."""
        source = {"kind": "GitRepository", "name": "fleet"}
        wanted = {"interval": "10m", "prune": True, "path": f"./{name}", "sourceRef": source, **spec}
        ref = kustomization(self.namespace, name)
        self._create(ref, wanted)
        return ref

    def push(self, files: Mapping[str, Json | list[Json] | str]) -> str:
        """A new artifact with these files; its revision."""
        packed, ref = pack_files(files), self.repository
        stored = self.artifacts.store(ref.kind, ref.namespace, ref.name, packed.data, packed.files)
        artifact = artifact_of(stored)
        self.patch(ref, {"status": {"artifact": artifact}}, "status")
        return str(artifact["revision"])

    def run(self, item: ObjectRef | None = None) -> tuple[Outcome, ...]:
        """apply, as the queue would call it."""
        ref = item or self.repository
        work = WorkItem(Function.APPLY, kind=ref.kind, namespace=ref.namespace, name=ref.name)
        return apply(self.ports, work)

    def one(self, item: ObjectRef | None = None) -> Outcome:
        """The same, where one outcome is expected."""
        (outcome,) = self.run(item)
        return outcome

    def patch(self, ref: ObjectRef, patch: Json, subresource: str = "") -> Json:
        """What a person does to an object."""
        return self.cluster.merge_patch(ref, patch, field_manager=_MANAGER, subresource=subresource)

    def get(self, kind: str, name: str, group: str = "", version: str = "v1") -> Json | None:
        """An object of this namespace."""
        return self.cluster.get(ObjectRef(group, version, kind, self.namespace, name))

    def ready(self, name: str = "apps") -> tuple[str, str, str]:
        """Status, reason and message of a Kustomization's Ready condition."""
        found = self.cluster.get(kustomization(self.namespace, name)) or {}
        for condition in found.get("status", {}).get("conditions", []):
            if condition["type"] == "Ready":
                return condition["status"], condition["reason"], condition["message"]
        return "", "", ""

    def inventory(self, name: str = "apps") -> list[str]:
        """The ids in a Kustomization's inventory."""
        found = self.cluster.get(kustomization(self.namespace, name)) or {}
        return [entry["id"] for entry in found["status"].get("inventory", {}).get("entries", [])]

    def owned(self, kind: str, group: str = "", version: str = "v1", name: str = "apps") -> dict[str, str]:
        """The resourceVersions of a kind's objects that belong to a Kustomization, by name."""
        selector = owner_selector(kustomization(self.namespace, name))
        found = self.cluster.list(group, version, kind, label_selector=selector)
        return {obj["metadata"]["name"]: obj["metadata"]["resourceVersion"] for obj in found}

    def _create(self, ref: ObjectRef, spec: Json) -> None:
        meta = {"name": ref.name, "namespace": ref.namespace}
        self.cluster.create({"apiVersion": ref.api_version, "kind": ref.kind, "metadata": meta, "spec": spec})
