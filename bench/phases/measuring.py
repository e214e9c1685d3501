"""One phase of one side: begun at one moment, watched until it is done, and what it has cost."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.measure.audit import by_agent, of_agents, stored_at
from bench.measure.processes import PeakMemory
from bench.samples import Flags, Fleet, Peer, Phase, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.measure.audit import Request
    from bench.phases.ground import Counters, Ground
    from bench.phases.sides import Side
    from bench.phases.tasks import Reached, Task

IDLE_S = 60.0
"""How long is waited until nobody works any more, before and after a phase."""
_LOOK_S = 2.0
"""How soon it is noticed that a process has ended by itself."""
_AGREE_S = 1.0
"""The audit log and the watcher have to tell the same time up to this."""


@dataclass(frozen=True)
class Which:
    """The sample that is taken."""

    fleet: Fleet
    phase: Phase
    peer: Peer
    flags: Flags
    round: int

    @classmethod
    def of(cls, side: Side, phase: Phase, number: int) -> Which:
        """Of a side's phase in a round."""
        return cls(side.shape.name, phase, side.peer, side.flags, number)

    def unsupported(self, answer: str) -> Sample:
        """The sample of a phase that the peer cannot do."""
        return self.sample(Cost(), unsupported=answer)

    def sample(self, cost: Cost, *, unsupported: str = "", bound: bool = False, note: str = "") -> Sample:
        """The sample with these numbers."""
        counted = cost.counted
        return Sample(
            fleet=self.fleet,
            phase=self.phase,
            peer=self.peer,
            flags=self.flags,
            round=self.round,
            wall_s=_rounded(cost.wall_s),
            applied_s=_rounded(cost.applied_s),
            cpu_s=_rounded(counted.cpu_s if counted else None),
            apiserver_cpu_s=_rounded(counted.apiserver_cpu_s if counted else None),
            etcd_cpu_s=_rounded(counted.etcd_cpu_s if counted else None),
            git_cpu_s=_rounded(counted.git_cpu_s if counted else None),
            bytes=counted.fetched if counted else None,
            requests=None if cost.requests is None else len(cost.requests),
            requests_by_agent=by_agent(cost.requests or ()),
            peak_rss=cost.peak_rss,
            bound=bound,
            unsupported=unsupported,
            note=note,
        )


@dataclass(frozen=True)
class Cost:
    """What was measured; None is what was not, or what there was not."""

    wall_s: float | None = None
    applied_s: float | None = None
    counted: Counters | None = None
    requests: tuple[Request, ...] | None = None
    peak_rss: int | None = None


@dataclass(frozen=True)
class Measured:
    """A sample, and what a time line is told from: when `begin` began and was over, the requests, the end."""

    sample: Sample
    began_at: float
    asked_at: float
    requests: tuple[Request, ...]
    done_at: float | None


def measured(ground: Ground, which: Which, side: Side, task: Task, limit_s: float) -> Measured:
    """Does the task and measures it, for `limit_s` at most: then the sample is a bound.

    Unsupported if the peer says that it cannot do this.
    """
    times: dict[str, float] = {}

    def act() -> float | None:
        times["began"] = time.time()
        task.begin()
        times["asked"] = time.time()
        done = wait(ground, side, task.reached, times["began"] + limit_s - time.time())
        if done is not None:
            ground.wait_idle((side,), IDLE_S)
        return done

    done, cost = costs(ground, side, act)
    began, requests = times["began"], cost.requests or ()
    stored = stored_at(requests, "configmaps", side.namespace, task.stores)
    cost = replace(
        cost,
        wall_s=limit_s if done is None else done - began,
        applied_s=None if stored is None else stored - began,
    )
    notes = disagreement(
        stored, [ground.watcher.told(("ConfigMap", side.namespace, name)) for name in task.stores]
    )
    sample = which.sample(cost, bound=done is None, note=notes)
    return Measured(sample, began, times["asked"], requests, done)


def wait(ground: Ground, side: Side, reached: Reached, seconds: float) -> float | None:
    """When it was reached; None if it is not after so long. AssertionError if a process of the side ends."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if (done := ground.watcher.wait(reached, min(left, _LOOK_S))) is not None:
            return done
        side.engine.must_run()
    return None


def costs(ground: Ground, side: Side, act: Callable[[], float | None]) -> tuple[float | None, Cost]:
    """What the act gives, and what it costs."""
    mark, before = ground.audit.mark(), ground.counters(side)
    with PeakMemory(lambda: side.roots) as memory:
        done = act()
        counted = ground.counters(side).since(before)
    requests = of_agents(ground.audit.since(mark), side.engine.agents)
    return done, Cost(counted=counted, requests=requests, peak_rss=memory.bytes)


def disagreement(stored: float | None, told: Iterable[float | None]) -> str:
    """What to note if the watcher saw the last object at another time than the audit log says. Pure."""
    seen = [at for at in told if at is not None]
    if stored is None or not seen or abs(max(seen) - stored) <= _AGREE_S:
        return ""
    return f"the watcher saw the last object {max(seen) - stored:+.1f} s after the audit log"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(max(seconds, 0.0), 3)
