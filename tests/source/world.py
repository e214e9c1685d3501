"""Everything that fetch touches, in memory, and buckets with a bad day."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from penstock.api.refs import git_repository
from penstock.api.work import Function, WorkItem
from penstock.base.limits import Limits
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.queue.claims import LocalClaims
from penstock.source.flow import FetchPorts, fetch
from penstock.store.artifacts import Artifacts
from penstock.store.bucket import BucketFailed
from penstock.store.records import Record, Records
from penstock.store.runs import Runs

from tests.fakes.bucket import MemoryBucket
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.events import RecordedEvents
from tests.fakes.fetcher import FakeFetcher
from tests.fakes.killing import Killed
from tests.fakes.queue import FakeQueue

REF = git_repository("apps", "fleet")
ITEM = WorkItem(Function.FETCH, "GitRepository", "apps", "fleet", "test")
ONE, TWO = "1" * 40, "2" * 40


def repository(name: str = "fleet", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"namespace": "apps", "name": name},
        "spec": {"url": "https://host/r", "interval": "1m", "ref": {"branch": "main"}, **spec},
        "status": {"observedGeneration": -1},
    }


@dataclass
class World:
    """Everything that fetch touches, in memory."""

    cluster: FakeCluster = field(default_factory=lambda: FakeCluster(repository()))
    fetcher: FakeFetcher = field(default_factory=FakeFetcher)
    bucket: Any = field(default_factory=MemoryBucket)
    queue: FakeQueue = field(default_factory=FakeQueue)
    events: RecordedEvents = field(default_factory=RecordedEvents)
    clock: FakeClock = field(default_factory=FakeClock)
    masker: Masker = field(default_factory=Masker)
    output: io.StringIO = field(default_factory=io.StringIO)

    def ports(self, **changes: Any) -> FetchPorts:
        values = {
            "cluster": self.cluster,
            "fetcher": self.fetcher,
            "artifacts": Artifacts(self.bucket, Limits()),
            "records": Records(self.bucket, "uid-1"),
            "runs": Runs(self.bucket, "uid-1"),
            "queue": self.queue,
            "claims": LocalClaims(0.0),
            "events": self.events,
            "clock": self.clock,
            "log": Log(self.masker, stream=self.output, clock=self.clock),
            "masker": self.masker,
            "limits": Limits(),
        }
        return FetchPorts(**{**values, **changes})

    def fetch(self, item: WorkItem = ITEM, **changes: Any) -> Any:
        """The first outcome."""
        return fetch(self.ports(**changes), item)[0]

    def object(self, name: str = "fleet") -> dict[str, Any]:
        found = self.cluster.get(git_repository("apps", name))
        assert found is not None
        return found

    def status(self, name: str = "fleet") -> dict[str, Any]:
        found: dict[str, Any] = self.object(name)["status"]
        return found

    def condition(self, kind: str, name: str = "fleet") -> str:
        found = (c for c in self.status(name)["conditions"] if c["type"] == kind)
        return next((f"{c['status']} {c['reason']}: {c['message']}" for c in found), "")

    def record(self) -> Record | None:
        return Records(self.bucket, "uid-1").read(REF)

    def change(self, patch: dict[str, Any], name: str = "fleet", subresource: str = "") -> None:
        """What somebody else does to the object."""
        self.cluster.merge_patch(
            git_repository("apps", name), patch, field_manager="someone", subresource=subresource
        )

    def request(self, token: str) -> None:
        self.change({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}})

    def everything(self) -> str:
        """All text that left the flow."""
        kept = [data.decode("latin-1") for data, _ in self.bucket._objects.values()]
        parts = (
            self.output.getvalue(),
            *self.events.lines(),
            *kept,
            str(self.object()),
            str(self.queue.items),
        )
        return "\n".join(parts)


class FailingBucket(MemoryBucket):
    """Fails where it is told to."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        super().__init__(clock)
        self.broken: Callable[[str, str], bool] = lambda _verb, _key: False

    def _check(self, verb: str, key: str) -> None:
        if self.broken(verb, key):
            raise BucketFailed("the bucket is away")

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None) -> int:
        self._check("put", key)
        return super().put(key, data, if_absent=if_absent, if_generation=if_generation)

    def list(self, prefix: str) -> Any:
        self._check("list", prefix)
        return super().list(prefix)

    def delete(self, key: str) -> None:
        self._check("delete", key)
        super().delete(key)


class DyingBucket(MemoryBucket):
    """Ends the process at its k-th call from `arm` on, before or after its effect."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        super().__init__(clock)
        self._left = -1
        self._after = False

    def arm(self, k: int, *, after: bool) -> None:
        self._left, self._after = k, after

    def _call(self, action: Callable[[], Any]) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        result = action()
        if self._left == 0:
            raise Killed
        return result

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None) -> int:
        put = super().put
        return int(self._call(lambda: put(key, data, if_absent=if_absent, if_generation=if_generation)))

    def get(self, key: str) -> Any:
        get = super().get
        return self._call(lambda: get(key))

    def list(self, prefix: str) -> Any:
        list_all = super().list
        return self._call(lambda: list_all(prefix))

    def delete(self, key: str) -> None:
        delete_one = super().delete
        self._call(lambda: delete_one(key))
