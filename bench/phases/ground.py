"""What all phases stand on: the yard, one watcher, the audit log, and the processes that serve both peers."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self

from penstock.tools.controlplane.recorded import running

from bench.measure.audit import AuditLog
from bench.measure.processes import cpu_s
from bench.measure.watcher import KINDS, Watcher
from tests.support.kube import Kube

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.beside.yard import Yard
    from bench.fleets import Json
    from bench.phases.sides import Side

_AT_ONCE = 8
_WINDOW_S = 0.5
_IDLE = 0.08
"""Processor seconds per second: what a process takes that has nothing to do."""


@dataclass(frozen=True)
class Counters:
    """Processor seconds of a side, the API server, etcd and the Git server; bytes that the side fetched."""

    cpu_s: float
    apiserver_cpu_s: float
    etcd_cpu_s: float
    git_cpu_s: float
    fetched: int

    def since(self, before: Counters) -> Counters:
        """What came in between."""
        return Counters(
            self.cpu_s - before.cpu_s,
            self.apiserver_cpu_s - before.apiserver_cpu_s,
            self.etcd_cpu_s - before.etcd_cpu_s,
            self.git_cpu_s - before.git_cpu_s,
            self.fetched - before.fetched,
        )


class Ground:
    """Enter it once the yard is there."""

    watcher: Watcher
    audit: AuditLog

    def __init__(self, yard: Yard, kinds: Mapping[str, str] = KINDS) -> None:
        self.yard, self._kinds = yard, kinds
        self._open = ExitStack()
        self._kubes: SimpleQueue[Kube] = SimpleQueue()

    def __enter__(self) -> Self:
        folder = self.yard.plane.kubeconfig.parent
        recorded = running(folder)
        assert recorded is not None, f"no control plane runs in {folder}"
        self._servers = {daemon.name: daemon.pid for daemon in recorded.daemons}
        self.audit = AuditLog(self.yard.plane.audit_log, self.yard.kube)
        with ExitStack() as opening:
            self.watcher = opening.enter_context(Watcher(self.yard.plane, self._kinds))
            for _ in range(_AT_ONCE):
                self._kubes.put(opening.enter_context(Kube(self.yard.plane)))
            self._pool = opening.enter_context(ThreadPoolExecutor(_AT_ONCE))
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def patch_all(self, paths: Iterable[str], patch: Json) -> None:
        """The same merge patch for all of these, several at a time."""

        def one(path: str) -> None:
            kube = self._kubes.get()
            try:
                kube.merge(path, patch)
            finally:
                self._kubes.put(kube)

        list(self._pool.map(one, paths))

    def counters(self, side: Side) -> Counters:
        """As they are now."""
        servers = (self._servers["kube-apiserver"], self._servers["etcd"], self.yard.git.pid)
        apiserver, etcd, git = (cpu_s([pid]) for pid in servers)
        return Counters(cpu_s(side.roots), apiserver, etcd, git, side.fetched)

    def wait_idle(self, sides: Iterable[Side], seconds: float) -> str:
        """Returns once none of them does anything; after so long says who does, and how much."""
        until = time.monotonic() + seconds
        while busy := self._busy(tuple(sides)):
            if time.monotonic() > until:
                return busy
        return ""

    def _busy(self, sides: tuple[Side, ...]) -> str:
        """Who works in the next half second, with its share of a processor; empty if nobody does."""
        before, started = [cpu_s(side.roots) for side in sides], time.monotonic()
        time.sleep(_WINDOW_S)
        span = time.monotonic() - started
        shares = [(cpu_s(side.roots) - earlier) / span for side, earlier in zip(sides, before, strict=True)]
        busy = [
            f"{side.name} {share:.2f}" for side, share in zip(sides, shares, strict=True) if share > _IDLE
        ]
        return ", ".join(busy)
