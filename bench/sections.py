"""What the report says, as tables: the goals, the ratios, every number, the floor, the machine. Pure."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from bench import numbers
from bench.goals import goals
from bench.samples import Flags, Fleet, Peer, Phase
from bench.statistics import METRICS, Unit, chosen, rows
from bench.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.samples import Floor, Results, Sample
    from bench.statistics import Cell, Row

FLEETS = {
    Fleet.F100X10: "100 Kustomizations, 10 objects each",
    Fleet.F1X1000: "1 Kustomization, 1,000 objects",
    Fleet.F1000X2: "1,000 Kustomizations, 2 objects each",
    Fleet.CHAIN10: "10 Kustomizations, each after the one before (dependsOn), 10 objects each",
    Fleet.MONOREPO10K: "10 Kustomizations, 10 objects each, in a repository of 10,000 files",
}
_VERDICTS = {True: "met", False: "missed", None: "open"}
_GOAL_DIGITS = 3


def sections(results: Results) -> Mapping[str, tuple[Table, ...]]:
    """All tables of the report, under the names that the page marks their places with."""
    found = rows(results.samples)
    fleets = [fleet for fleet in Fleet if any(row.fleet is fleet for row in found)]
    numbers_of = [_fleet(fleet, found, results.samples) for fleet in fleets]
    return {
        "goals": (_goals(found, results.samples),),
        "ratios": (_ratios(found),),
        "better": (_better(found),),
        "numbers": (*numbers_of, *(_agents(fleet, results.samples) for fleet in fleets)),
        "floor": (_floor(results.floor),),
        "machine": (_machine(results),),
    }


def _goals(found: Sequence[Row], samples: Sequence[Sample]) -> Table:
    lines = [
        (
            goal.text,
            f"≤ {goal.limit:g}",
            numbers.ratio(goal.ratio, _GOAL_DIGITS),
            _VERDICTS[goal.met],
        )
        for goal in goals(found, samples)
    ]
    return Table("Goals", ("penstock ÷ Flux", "goal", "measured", "verdict"), tuple(lines))


def _ratios(found: Sequence[Row]) -> Table:
    lines = [
        (row.fleet.value, row.phase.value, *(_ratio(row.cell(metric)) for metric in METRICS)) for row in found
    ]
    head = ("fleet", "phase", *(metric.title for metric in METRICS))
    return Table("penstock ÷ Flux", head, tuple(lines))


def _ratio(cell: Cell | None) -> str:
    return numbers.ratio(cell.ratio if cell else None)


def _better(found: Sequence[Row]) -> Table:
    lines = [
        (row.fleet.value, row.phase.value, cell.metric.title, *_both(cell), numbers.ratio(cell.ratio))
        for row in found
        for cell in row.cells
        if cell.ratio is not None and cell.ratio.value > 1 and cell.ratio.within(1) is not None
    ]
    notes = () if lines else ("In no row that was measured.",)
    head = ("fleet", "phase", "number", "Flux", "penstock", "ratio")
    return Table("Numbers in which Flux is better", head, tuple(lines), notes)


def _both(cell: Cell) -> tuple[str, str]:
    best = None if cell.opponent is None else cell.flux[cell.opponent]
    return numbers.median(best, cell.metric.unit), numbers.median(cell.penstock, cell.metric.unit)


def _fleet(fleet: Fleet, found: Sequence[Row], samples: Sequence[Sample]) -> Table:
    mine = [row for row in found if row.fleet is fleet]
    lines = [_line(row.phase, cell) for row in mine for cell in row.cells]
    notes = [f"{row.phase}, {peer}: cannot: {said}" for row in mine for peer, said in row.unsupported.items()]
    notes += dict.fromkeys(
        f"{one.phase}, {one.peer} {one.flags}, round {one.round}: {one.note}"
        for one in samples
        if one.fleet is fleet and one.note
    )
    head = ("phase", "number", "Flux, default", "Flux, tuned", "penstock", "ratio", "rounds")
    return Table(f"{fleet}: {FLEETS[fleet]}", head, tuple(lines), tuple(notes), folded=True)


def _line(phase: Phase, cell: Cell) -> tuple[str, ...]:
    columns = (*(cell.flux.get(flags) for flags in Flags), cell.penstock)
    against = f" (Flux: {cell.against})" if cell.against else ""
    return (
        phase.value,
        cell.metric.title + against,
        *(numbers.median(one, cell.metric.unit) for one in columns),
        numbers.ratio(cell.ratio),
        ", ".join(str(one.rounds) if one else numbers.ABSENT for one in columns),
    )


def _agents(fleet: Fleet, samples: Sequence[Sample]) -> Table:
    lines = [line for phase in Phase for peer in Peer for line in _by_agent(fleet, phase, peer, samples)]
    head = ("phase", "peer", "flags", "program and verb", "requests")
    return Table(f"{fleet}: API requests by user agent, medians", head, tuple(lines), folded=True)


def _by_agent(fleet: Fleet, phase: Phase, peer: Peer, samples: Sequence[Sample]) -> Iterator[tuple[str, ...]]:
    for flags in Flags:
        told = [
            one.requests_by_agent
            for one in chosen(samples, fleet, phase, peer)
            if one.flags is flags and one.requests_by_agent
        ]
        for agent in sorted({name for one in told for name in one}):
            count = statistics.median(one.get(agent, 0) for one in told)
            yield phase.value, peer.value, flags.value, agent, numbers.quantity(count, Unit.REQUESTS)


def _floor(floor: Floor | None) -> Table:
    head = ("one after the other, one connection", "median")
    if floor is None:
        return Table("The floor of this machine", head, (), ("Not measured.",))
    size = numbers.quantity(floor.list_bytes, Unit.BYTES)
    seconds = (
        (f"list of {floor.list_objects:,} ConfigMaps, metadata only ({size})", floor.list_s),
        ("server-side apply of one ConfigMap, dry-run", floor.dry_run_s),
        ("server-side apply of one ConfigMap", floor.apply_s),
        ("shallow fetch of the first fleet's repository, by git", floor.fetch_s),
    )
    lines = tuple((what, numbers.quantity(value, Unit.SECONDS)) for what, value in seconds)
    times = f"Requests {floor.times} times, the fetch {floor.fetches} times."
    return Table("The floor of this machine", head, lines, (times,))


def _machine(results: Results) -> Table:
    machine = results.machine
    lines = [
        ("processor", machine.model),
        ("CPUs", str(machine.cpus)),
        ("memory", numbers.quantity(machine.memory, Unit.BYTES)),
        ("kernel", machine.kernel),
        ("Python", machine.python),
        *sorted(results.versions.items()),
    ]
    return Table("Machine and versions", ("what", "which"), tuple(lines))
