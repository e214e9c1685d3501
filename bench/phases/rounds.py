"""One round: all phases of all sides of a fleet, in turns, never two sides at once."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from bench.phases.cold import ColdEngine
from bench.phases.interval import interval_check
from bench.phases.measuring import IDLE_S, Which, measured, wait
from bench.phases.sides import PenstockEngine
from bench.phases.tasks import PHASES, Unsupported, all_gone, at_revision, one_file, source_gone
from bench.phases.timeline import shown, timeline
from bench.plan import ORDER, phases_of
from bench.samples import Peer, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.phases.ground import Ground
    from bench.phases.sides import Side
    from bench.samples import Sample, Step

LIMIT_S = 600.0
"""A phase is stopped after so long."""
_SETTLE_S = 1500.0
"""So long a side that was stopped may go on, unmeasured, until it is where the next phase begins."""
_CLEAN_S = 600.0


@dataclass(frozen=True)
class Told:
    """Where a round tells of itself: samples, the time line of a push, lines for people."""

    sample: Callable[[Sample, float], None]
    """With the seconds that it took to take it."""
    timeline: Callable[[Peer, tuple[Step, ...]], None]
    line: Callable[[str], None]


@dataclass
class Round:
    """The round of that number, counted from 1; who begins changes with it."""

    ground: Ground
    sides: Sequence[Side]
    number: int
    phases: Sequence[Phase]
    told: Told
    limit_s: float = LIMIT_S
    _out: set[str] = field(default_factory=set)

    def run(self) -> None:
        """All phases; then nothing is left of it in the cluster."""
        first = self.number % len(self.sides)
        turns = (*self.sides[first:], *self.sides[:first])
        for phase in self.phases:
            for side in turns:
                if side.name not in self._out and phase in phases_of(side.peer):
                    self._take(side, phase)
        for side in self.sides:
            clean(self.ground, side)

    def _take(self, side: Side, phase: Phase) -> None:
        """One sample; a side that cannot go on has its remaining phases told of at once."""
        started = time.monotonic()
        which = Which.of(side, phase, self.number)
        busy = self.ground.wait_idle(self.sides, IDLE_S)
        try:
            sample = self._sample(which, side)
        except Unsupported as answer:
            self._give_up(side, phase, str(answer))
            return
        sample = with_note(sample, f"not idle before: {busy}" if busy else "")
        self.told.sample(sample, time.monotonic() - started)
        if sample.bound:
            self._let_settle(side, phase)

    def _sample(self, which: Which, side: Side) -> Sample:
        if which.phase is Phase.INTERVAL_CHECK:
            return interval_check(self.ground, side, self.number, self.limit_s)
        if which.phase is Phase.COLD:
            return self._cold(which, side)
        task = PHASES[which.phase](self.ground, side, seed(which.phase, self.number))
        found = measured(self.ground, which, side, task, self.limit_s)
        if shown(which):
            self.told.timeline(side.peer, timeline(side.peer, found, side.namespace, task.stores))
        return found.sample

    def _cold(self, which: Which, side: Side) -> Sample:
        warm = side.engine
        assert isinstance(warm, PenstockEngine)
        side.engine = cold = ColdEngine(warm, self.ground.yard.plane.kubeconfig, side.namespace)
        try:
            task = one_file(self.ground, side, seed(which.phase, self.number))
            sample = measured(self.ground, which, side, task, self.limit_s).sample
            late = "" if cold.answered == HTTPStatus.ACCEPTED else f"GitHub was answered with {cold.answered}"
            return with_note(sample, late)
        finally:
            cold.close()
            side.engine = warm

    def _give_up(self, side: Side, phase: Phase, answer: str) -> None:
        self._out.add(side.name)
        left = self.phases[self.phases.index(phase) :]
        for other in (one for one in left if one in phases_of(side.peer)):
            self.told.sample(Which.of(side, other, self.number).unsupported(answer), 0.0)

    def _let_settle(self, side: Side, phase: Phase) -> None:
        """Waits, unmeasured, for the end of what was stopped; without it the side takes no further part."""
        self.told.line(
            f"{side.name} was stopped after {self.limit_s:.0f} s; it goes on unmeasured for the next phase"
        )
        reached = all_gone(side) if phase is Phase.DELETE else at_revision(side)
        if wait(self.ground, side, reached, _SETTLE_S) is None:
            self._out.add(side.name)
            self.told.line(
                f"{side.name} did not get there in {_SETTLE_S:.0f} s more: its other phases are left out"
            )


def seed(phase: Phase, number: int) -> int:
    """What chooses the file that changes: the same for all sides."""
    return number * len(ORDER) + ORDER.index(phase)


def with_note(sample: Sample, note: str) -> Sample:
    """The sample with one more note, if there is one. Pure."""
    return msgspec.structs.replace(sample, note="; ".join(filter(None, (sample.note, note))))


def clean(ground: Ground, side: Side) -> None:
    """Takes the side's Flux objects out of the cluster, and what they have applied with them."""
    kube = ground.yard.kube
    kube.delete(side.path("Kustomization"))
    side.engine.nudge()
    gone = wait(ground, side, all_gone(side), _CLEAN_S)
    kube.delete(side.path("GitRepository"))
    side.engine.nudge()
    source = wait(ground, side, source_gone(side), _CLEAN_S)
    assert None not in {gone, source}, f"{side.name} does not let go of its objects"
