"""Processes that share a cluster, each with claims, and mostly a queue, of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.cluster.leases import Leases
from penstock.queue.claims import LocalClaims
from penstock.queue.leased import LeasedClaims, Parts

if TYPE_CHECKING:
    from penstock.api.work import WorkItem
    from penstock.base.clock import Clock
    from penstock.cluster.port import Cluster


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
