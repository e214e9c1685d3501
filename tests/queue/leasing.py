"""Processes that share a cluster, each with claims, and mostly a queue, of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from penstock.api.lease import ClaimKey, read
from penstock.api.refs import git_repository, kustomization
from penstock.api.work import Function, WorkItem
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.cluster.leases import Leases
from penstock.queue.claims import Busy, LocalClaims
from penstock.queue.leased import LeasedClaims, Parts

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster

if TYPE_CHECKING:
    from penstock.base.clock import Clock
    from penstock.cluster.port import Cluster

SOURCE = git_repository("apps", "fleet")
KEY = ClaimKey(Function.APPLY, SOURCE)
PODINFO = kustomization("apps", "podinfo")
AGAIN = WorkItem(Function.APPLY, "GitRepository", "apps", "fleet", "run again")


class Process:
    """`queue` is what was handed on; without `keeps` there is no queue to hand anything on to."""

    def __init__(
        self, name: str, cluster: Cluster, clock: Clock, *, duration_s: int = 60, keeps: bool = True
    ) -> None:
        self.queue: list[WorkItem] = []
        self.keeps = keeps
        self.output = io.StringIO()
        log = Log(Masker(), stream=self.output, text=True)
        leases = Leases(cluster, clock, name, duration_s)
        self.claims = LeasedClaims(LocalClaims(0), Parts(leases, self._put, clock, log))

    def _put(self, item: WorkItem) -> bool:
        if self.keeps:
            self.queue.append(item)
        return self.keeps


class World:
    """Two processes, one cluster, one clock."""

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.clock = FakeClock()
        self.one, self.two = (Process(name, self.cluster, self.clock) for name in ("one", "two"))

    def calls(self) -> list[str]:
        """The verbs of all requests since the last time."""
        found = [call.verb for call in self.cluster.calls]
        self.cluster.calls.clear()
        return found

    def marks(self) -> frozenset[str]:
        found = self.cluster.get(KEY.lease)
        return read(found).marks if found is not None else frozenset()

    def stood_down(self, process: Process) -> Busy:
        """What a process hears that comes with work while another is at it."""
        with pytest.raises(Busy) as caught, process.claims.hold(KEY) as claim:
            claim.take("uid")
        return caught.value
