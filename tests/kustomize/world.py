"""A small world for the flow: a cluster in memory, a bucket in memory, sources that can be pushed to."""

from __future__ import annotations

import io
import itertools
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import yaml
from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.api.work import Function, Outcome, WorkItem
from penstock.base.limits import Limits
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.kustomize.flow import ApplyPorts, apply
from penstock.kustomize.owner import owned_by
from penstock.queue.claims import LocalClaims
from penstock.source.archive import Member, pack
from penstock.store.artifacts import Artifacts
from penstock.store.baselines import Baselines
from penstock.store.records import Records
from penstock.store.runs import Runs

from tests.fakes.bucket import MemoryBucket
from tests.fakes.builder import FakeBuilder
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.events import RecordedEvents
from tests.fakes.expressions import FakeExpressions
from tests.fakes.judge import FakeJudge
from tests.fakes.killing import Killed, Life
from tests.fakes.queue import FakeQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock.api.objects import Json
    from penstock.source.archive import Packed
    from penstock.store.artifacts import StoredArtifact

    from tests.fakes.cluster import Call

NAMESPACE = "flux-system"
REPOSITORY = git_repository(NAMESPACE, "fleet")
APPS = kustomization(NAMESPACE, "apps")
_STATUS = "status"


def document(*objects: Json) -> str:
    """Objects as one YAML file."""
    return "---\n".join(yaml.safe_dump(obj) for obj in objects)


def pack_files(files: Mapping[str, Json | list[Json] | str]) -> Packed:
    """An archive of files whose content is given as text or as objects."""
    texts = {name: _text(content) for name, content in files.items()}
    folders = sorted({name.rpartition("/")[0] for name in texts} - {""})
    members = [Member(path, None) for path in folders]
    members += [Member(name, text.encode()) for name, text in texts.items()]
    return pack(sorted(members, key=lambda member: member.path), Limits())


def artifact_of(stored: StoredArtifact) -> Json:
    """status.artifact as fetch would write it; the revision follows from the content."""
    return {
        "digest": stored.digest,
        "path": stored.key,
        "revision": f"main@sha1:{stored.digest.removeprefix('sha256:')[:40]}",
        "url": stored.url,
        "lastUpdateTime": "2030-01-01T00:00:00Z",
    }


def about(name: str, *, verb: str = "apply", dry_run: bool = True) -> Callable[[Call], bool]:
    """Recognises the calls that are about the object of that name."""

    def matches(call: Call) -> bool:
        return (call.verb, call.ref.name, call.dry_run) == (verb, name, dry_run)

    return matches


class World:
    """A GitRepository `fleet` and the Kustomizations that a test adds."""

    def __init__(self, cluster: FakeCluster | None = None, **ports: Any) -> None:
        self.clock = FakeClock()
        self.cluster = cluster or FakeCluster()
        self.events = RecordedEvents()
        self.builder = FakeBuilder()
        self.expressions = FakeExpressions()
        self.judge = FakeJudge()
        self.queue = FakeQueue()
        self.output = io.StringIO()
        self.bucket = MemoryBucket()
        self.artifacts = Artifacts(self.bucket, Limits())
        self.records = Records(self.bucket, self.cluster.identity)
        numbers = itertools.count()
        self.runs = Runs(self.bucket, self.cluster.identity, token=lambda: f"{next(numbers):08x}")
        masker = Masker()
        self.ports = ApplyPorts(
            cluster=self.cluster,
            artifacts=self.artifacts,
            records=self.records,
            runs=self.runs,
            queue=self.queue,
            claims=LocalClaims(),
            builder=self.builder,
            expressions=self.expressions,
            judge=self.judge,
            events=self.events,
            clock=self.clock,
            log=Log(masker, stream=self.output, clock=self.clock),
            masker=masker,
            requests=1,
            kustomizations=1,
            pause=self.clock.move,
        )
        self.ports = replace(self.ports, **ports)
        spec = {"url": "https://example.com/fleet", "interval": "1m"}
        self.cluster.seed(_flux(REPOSITORY, spec))

    def be_quiet(self) -> None:
        """From now on looks that find nothing changed are no full passes."""
        self.ports = replace(self.ports, baselines=Baselines(self.bucket, self.cluster.identity))

    def push(self, files: Mapping[str, Json | list[Json] | str]) -> str:
        """A new artifact with these files; its revision."""
        packed = pack_files(files)
        stored = self.artifacts.store(
            REPOSITORY.kind, REPOSITORY.namespace, REPOSITORY.name, packed.data, packed.files
        )
        artifact = artifact_of(stored)
        self.patch(REPOSITORY, {_STATUS: {"artifact": artifact}}, subresource=_STATUS)
        return str(artifact["revision"])

    def add(self, name: str = "apps", **spec: Any) -> ObjectRef:
        """A Kustomization of `fleet`; its path is its name."""
        ref = kustomization(NAMESPACE, name)
        wanted = {
            "interval": "10m",
            "prune": True,
            "path": f"./{name}",
            "sourceRef": {"kind": REPOSITORY.kind, "name": REPOSITORY.name},
            **spec,
        }
        self.cluster.seed(_flux(ref, wanted))
        return ref

    def run(self, item: ObjectRef = REPOSITORY) -> tuple[Outcome, ...]:
        """apply, as the queue would call it."""
        work = WorkItem(Function.APPLY, kind=item.kind, namespace=item.namespace, name=item.name)
        return apply(self.ports, work)

    def one(self, item: ObjectRef = REPOSITORY) -> Outcome:
        """The same, where one outcome is expected."""
        (outcome,) = self.run(item)
        return outcome

    def run_killed(self, k: int, *, after: bool) -> bool:
        """apply in a process that dies at its k-th call of any port; whether it came to that."""
        alive, life = self.ports, Life(k, after=after)
        bucket = life.of(self.bucket)
        self.ports = replace(
            alive,
            cluster=life.of(self.cluster),
            artifacts=Artifacts(bucket, Limits()),
            records=Records(bucket, self.cluster.identity),
            runs=Runs(bucket, self.cluster.identity),
            baselines=Baselines(bucket, self.cluster.identity) if alive.baselines is not None else None,
            queue=life.of(self.queue),
            events=life.of(self.events),
        )
        try:
            with suppress(Killed):
                self.run()
                return False
            return True
        finally:
            self.ports = replace(alive, claims=LocalClaims())

    def patch(self, ref: ObjectRef, patch: Json, subresource: str = "") -> Json:
        """What a person does to an object."""
        return self.cluster.merge_patch(ref, patch, field_manager="test", subresource=subresource)

    def get(self, ref: ObjectRef = APPS) -> Json:
        """An object that has to be there; not counted as a call."""
        (found,) = (obj for obj in self.cluster.objects(ref.kind) if ObjectRef.from_object(obj) == ref)
        return found

    def status(self, ref: ObjectRef = APPS) -> Json:
        """The status of a Flux object."""
        return dict(self.get(ref).get(_STATUS) or {})

    def condition(self, kind: str = "Ready", ref: ObjectRef = APPS) -> tuple[str, str, str]:
        """Status, reason and message of a condition; empty if it is not there."""
        for found in self.status(ref).get("conditions", []):
            if found["type"] == kind:
                return found["status"], found["reason"], found["message"]
        return "", "", ""

    def inventory(self, ref: ObjectRef = APPS) -> list[str]:
        """The ids in the inventory."""
        return [entry["id"] for entry in (self.status(ref).get("inventory") or {}).get("entries", [])]

    def owned(self, ref: ObjectRef = APPS) -> list[str]:
        """What carries the Kustomization's labels, as `Kind/ns/name`."""
        return sorted(str(ObjectRef.from_object(o)) for o in self.cluster.objects() if owned_by(o, ref))

    def effects(self) -> list[str]:
        """The writes to anything but Flux objects since the last call of `forget`."""
        return [f"{call.verb} {call.ref}" for call in self.cluster.writes() if not _about_flux(call)]

    def status_writes(self) -> list[Json]:
        """The status patches since the last call of `forget`."""
        ours = (call for call in self.cluster.writes() if call.manager != "test")
        return [call.body or {} for call in ours if call.subresource == _STATUS]

    def forget(self) -> None:
        """Forget calls and events, and let an hour pass."""
        self.cluster.calls.clear()
        self.events.seen.clear()
        self.clock.move(3600)

    def logged(self) -> list[Json]:
        """The log lines."""
        return [orjson.loads(line) for line in self.output.getvalue().splitlines()]


def _flux(ref: ObjectRef, spec: Json) -> Json:
    meta = {"name": ref.name, "namespace": ref.namespace}
    status = {"observedGeneration": -1}
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": meta, "spec": spec, _STATUS: status}


def _text(content: Json | list[Json] | str) -> str:
    if isinstance(content, str):
        return content
    return document(*content) if isinstance(content, list) else document(content)


def _about_flux(call: Call) -> bool:
    return call.ref.group.endswith("toolkit.fluxcd.io")
