"""What the samples say: medians, spreads, and ratios of penstock to Flux. Pure.

A sample that was stopped bounds: its numbers are the least they would have become, and so is any median of
such numbers. Nothing is rounded here.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bench.samples import Flags, Fleet, Peer, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bench.samples import Sample


class Unit(StrEnum):
    """What a number counts."""

    SECONDS = "s"
    BYTES = "B"
    REQUESTS = "requests"


@dataclass(frozen=True)
class Metric:
    """A number that every sample may have: its field, its name for people, its unit."""

    field: str
    title: str
    unit: Unit

    def of(self, sample: Sample) -> float | None:
        """The sample's number; None if it was not measured."""
        value: float | None = getattr(sample, self.field)
        return value


WALL = Metric("wall_s", "wall", Unit.SECONDS)
APPLIED = Metric("applied_s", "applied", Unit.SECONDS)
CPU = Metric("cpu_s", "CPU, own processes", Unit.SECONDS)
API_CPU = Metric("apiserver_cpu_s", "CPU, API server", Unit.SECONDS)
ETCD_CPU = Metric("etcd_cpu_s", "CPU, etcd", Unit.SECONDS)
GIT_CPU = Metric("git_cpu_s", "CPU, Git server", Unit.SECONDS)
REQUESTS = Metric("requests", "API requests", Unit.REQUESTS)
BYTES = Metric("bytes", "bytes fetched", Unit.BYTES)
MEMORY = Metric("peak_rss", "peak memory", Unit.BYTES)
_WARM = (Phase.ONE_FILE, APPLIED)
"""Flux is never cold: a cold start is held against this, a push that finds Flux running."""
METRICS = (WALL, APPLIED, CPU, API_CPU, ETCD_CPU, GIT_CPU, REQUESTS, BYTES, MEMORY)


@dataclass(frozen=True)
class Spread:
    """The median of some rounds, the least and the most of them; `bound`: the median is at least this."""

    median: float
    least: float
    most: float
    rounds: int
    bound: bool = False


class Relation(StrEnum):
    """How a ratio that is known stands to the true one."""

    IS = ""
    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True)
class Ratio:
    """penstock ÷ Flux; below 1 penstock is better. `true ratio` `relation` `value`."""

    value: float
    relation: Relation = Relation.IS

    def within(self, limit: float) -> bool | None:
        """Whether the true ratio is no more than the limit; None if that cannot be told."""
        if self.value <= limit:
            return None if self.relation is Relation.AT_LEAST else True
        return None if self.relation is Relation.AT_MOST else False


@dataclass(frozen=True)
class Cell:
    """One number of one row, for everybody. `opponent` is the better of Flux's flags.

    `against` is the phase that Flux's numbers are of, where it is another.
    """

    metric: Metric
    flux: Mapping[Flags, Spread]
    penstock: Spread | None
    opponent: Flags | None = None
    ratio: Ratio | None = None
    against: Phase | None = None


@dataclass(frozen=True)
class Row:
    """One phase on one fleet; `unsupported` says who could not do it, and what they answered."""

    fleet: Fleet
    phase: Phase
    cells: tuple[Cell, ...]
    unsupported: Mapping[Peer, str]

    def cell(self, metric: Metric) -> Cell | None:
        """The cell of a number; None if nobody has it."""
        return next((cell for cell in self.cells if cell.metric == metric), None)


def spread(samples: Iterable[Sample], metric: Metric) -> Spread | None:
    """That of all samples that have the number, None if none has; one that was stopped makes it a bound.

    Not of the time until an object was applied: that it was applied is no bound, whatever was stopped later.
    """
    found = [
        (value, one.bound and metric != APPLIED) for one in samples if (value := metric.of(one)) is not None
    ]
    if not found:
        return None
    values = [value for value, _ in found]
    bound = any(stopped for _, stopped in found)
    return Spread(statistics.median(values), min(values), max(values), len(values), bound)


def ratio(ours: Spread | None, theirs: Spread | None) -> Ratio | None:
    """penstock ÷ Flux; None if one of them is missing, zero for Flux, or if both are bounds."""
    if ours is None or theirs is None or theirs.median == 0 or (ours.bound and theirs.bound):
        return None
    relation = Relation.AT_MOST if theirs.bound else Relation.AT_LEAST if ours.bound else Relation.IS
    return Ratio(ours.median / theirs.median, relation)


def opponent(flux: Mapping[Flags, Spread]) -> Flags | None:
    """The flags with the lower median; the defaults if both are as good."""
    return min(flux, key=lambda flags: (flux[flags].median, flags), default=None)


def rows(samples: Sequence[Sample]) -> tuple[Row, ...]:
    """A row for each fleet and phase that has samples, in the order in which both are declared."""
    return tuple(
        _row(fleet, phase, samples)
        for fleet in Fleet
        for phase in Phase
        if any((one.fleet, one.phase) == (fleet, phase) for one in samples)
    )


def chosen(
    samples: Iterable[Sample], fleet: Fleet, phase: Phase, peer: Peer, flags: Flags | None = None
) -> list[Sample]:
    """The samples of one place; penstock's of all flags, as it has none to be tuned by."""
    wanted = (fleet, phase, peer)
    return [
        one
        for one in samples
        if (one.fleet, one.phase, one.peer) == wanted and (flags is None or one.flags is flags)
    ]


def _row(fleet: Fleet, phase: Phase, samples: Sequence[Sample]) -> Row:
    cells = (_cell(fleet, phase, metric, samples) for metric in METRICS)
    answers = {
        peer: next((one.unsupported for one in chosen(samples, fleet, phase, peer) if one.unsupported), "")
        for peer in Peer
    }
    return Row(
        fleet,
        phase,
        tuple(cell for cell in cells if cell.flux or cell.penstock),
        {peer: answer for peer, answer in answers.items() if answer},
    )


def _cell(fleet: Fleet, phase: Phase, metric: Metric, samples: Sequence[Sample]) -> Cell:
    flux, against = _flux(fleet, phase, metric, samples), None
    if phase is Phase.COLD and metric == _WARM[1] and not flux:
        against = _WARM[0]
        flux = _flux(fleet, against, metric, samples)
    ours = spread(chosen(samples, fleet, phase, Peer.PENSTOCK), metric)
    best = opponent(flux)
    found = None if best is None else ratio(ours, flux[best])
    return Cell(metric, flux, ours, best, found, against)


def _flux(fleet: Fleet, phase: Phase, metric: Metric, samples: Sequence[Sample]) -> dict[Flags, Spread]:
    found = {flags: spread(chosen(samples, fleet, phase, Peer.FLUX, flags), metric) for flags in Flags}
    return {flags: one for flags, one in found.items() if one is not None}
