"""fetch with every part real: API server, Git server, git, bucket on disk, events."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from penstock.api.refs import git_repository
from penstock.api.work import Function, Outcome, WorkItem
from penstock.base.clock import SystemClock
from penstock.base.limits import Limits
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.cluster.events import ClusterEvents
from penstock.queue.claims import LocalClaims
from penstock.source.archive import unpack
from penstock.source.fetchers.git import GitFetcher
from penstock.source.flow import FetchPorts, fetch
from penstock.store.artifacts import Artifacts
from penstock.store.folder import FolderBucket
from penstock.store.records import Records
from penstock.store.runs import Runs
from penstock.tools.git import Git

from tests.fakes.queue import FakeQueue

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.port import Cluster
    from penstock.source.reference import Semver


class Live:
    """A GitRepository `fleet` in a namespace of its own."""

    def __init__(self, cluster: Cluster, semver: Semver, namespace: str, folder: Path) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.ref = git_repository(namespace, "fleet")
        self.output = io.StringIO()
        self.queue = FakeQueue()
        self.bucket = FolderBucket(folder)
        self.artifacts = Artifacts(self.bucket, Limits())
        masker = Masker()
        log = Log(masker, stream=self.output)
        self.ports = FetchPorts(
            cluster=cluster,
            fetcher=GitFetcher(Git(Limits()), semver, Limits()),
            artifacts=self.artifacts,
            records=Records(self.bucket, cluster.identity()),
            runs=Runs(self.bucket, cluster.identity()),
            queue=self.queue,
            claims=LocalClaims(),
            events=ClusterEvents(cluster, log, masker),
            clock=SystemClock(),
            log=log,
            masker=masker,
            limits=Limits(),
        )

    def create(self, url: str, name: str = "fleet", **spec: Any) -> None:
        self.cluster.create(
            {
                "apiVersion": self.ref.api_version,
                "kind": self.ref.kind,
                "metadata": {"namespace": self.namespace, "name": name},
                "spec": {"url": url, "interval": "1m", "ref": {"branch": "main"}, **spec},
            }
        )

    def change(self, patch: dict[str, Any]) -> None:
        self.cluster.merge_patch(self.ref, patch, field_manager="test")

    def secret(self, name: str, **data: str) -> None:
        self.cluster.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"namespace": self.namespace, "name": name},
                "data": {key: b64encode(value.encode()).decode() for key, value in data.items()},
            },
            field_manager="test",
        )

    def fetch(self, name: str = "fleet") -> Outcome:
        item = WorkItem(Function.FETCH, self.ref.kind, self.namespace, name)
        return fetch(self.ports, item)[0]

    def object(self) -> dict[str, Any]:
        found = self.cluster.get(self.ref)
        assert found is not None
        return found

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.object()["status"]
        return found

    def condition(self, kind: str) -> str:
        found = (c for c in self.status()["conditions"] if c["type"] == kind)
        return next((f"{c['status']} {c['reason']}: {c['message']}" for c in found), "")

    def files(self) -> dict[str, bytes]:
        """What the artifact of the status holds."""
        artifact = self.status()["artifact"]
        return dict(unpack(self.artifacts.load(artifact["path"], artifact["digest"]), Limits()).files)

    def events(self) -> list[str]:
        """`type reason: message` of the events about the object, sorted."""
        found = self.cluster.list("", "v1", "Event", namespace=self.namespace)
        ours = (event for event in found if event["involvedObject"]["name"] == self.ref.name)
        return sorted(f"{e['type']} {e['reason']}: {e['message']}" for e in ours)
