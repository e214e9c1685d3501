"""What penstock is to reach against Flux, and whether it does. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.samples import Flags, Fleet, Peer, Phase
from bench.statistics import APPLIED, MEMORY, WALL, Ratio, Spread, chosen, opponent, ratio, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.samples import Sample
    from bench.statistics import Metric, Row

_TIMES = (
    ("one file of 100x10, applied", Phase.ONE_FILE, APPLIED, 0.5),
    ("all files of 100x10, wall", Phase.ALL_FILES, WALL, 0.5),
)
_MEMORY = {
    "peak memory of all processes, {}": frozenset(Phase) - {Phase.COLD},
    "peak memory of all functions, cold, {}": frozenset({Phase.COLD}),
}
_MEMORY_LIMIT = 1.0


@dataclass(frozen=True)
class Goal:
    """A ratio and its limit; `met` is None where nobody has measured it, or a bound leaves it open."""

    text: str
    limit: float
    ratio: Ratio | None

    @property
    def met(self) -> bool | None:
        """Whether the ratio is within the limit."""
        return None if self.ratio is None else self.ratio.within(self.limit)


def goals(rows: Sequence[Row], samples: Sequence[Sample]) -> tuple[Goal, ...]:
    """All goals: two times on 100x10, and the memory there and on every other fleet that both can do.

    The memory of functions that start cold, each a process of its own, is told apart from that of serve.
    """
    times = [Goal(text, limit, _of(rows, phase, metric)) for text, phase, metric, limit in _TIMES]
    memory = [
        Goal(text.format(fleet), _MEMORY_LIMIT, peak)
        for fleet in Fleet
        for text, phases in _MEMORY.items()
        if (peak := _peak(fleet, phases, samples)) is not None or fleet is Fleet.F100X10
    ]
    return (*times, *memory)


def _of(rows: Sequence[Row], phase: Phase, metric: Metric) -> Ratio | None:
    row = next((one for one in rows if (one.fleet, one.phase) == (Fleet.F100X10, phase)), None)
    cell = row.cell(metric) if row else None
    return cell.ratio if cell else None


def _peak(fleet: Fleet, phases: frozenset[Phase], samples: Sequence[Sample]) -> Ratio | None:
    """The highest of these phases of penstock ÷ the highest of Flux's better flags.

    Of Flux those phases count that penstock has, too.
    """
    ours = {phase: spread(chosen(samples, fleet, phase, Peer.PENSTOCK), MEMORY) for phase in Phase}
    shared = [phase for phase, one in ours.items() if one is not None]
    flux = {
        flags: highest([spread(chosen(samples, fleet, phase, Peer.FLUX, flags), MEMORY) for phase in shared])
        for flags in Flags
    }
    theirs = {flags: one for flags, one in flux.items() if one is not None}
    best = opponent(theirs)
    return None if best is None else ratio(highest([ours[phase] for phase in phases]), theirs[best])


def highest(spreads: Sequence[Spread | None]) -> Spread | None:
    """The one with the highest median; a bound among them makes a bound of it."""
    found = [one for one in spreads if one is not None]
    if not found:
        return None
    top = max(found, key=lambda one: one.median)
    bound = any(one.bound for one in found)
    return Spread(top.median, top.least, top.most, top.rounds, bound)
