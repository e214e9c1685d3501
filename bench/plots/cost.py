"""What one changed file costs, against the number of Kustomizations in the fleet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bench import numbers
from bench.plots.scales import log_scale, tick_text
from bench.plots.svg import COLOURS, FAINT, MUTED, SMALL, Anchor, Drawing
from bench.samples import Fleet, Peer, Phase
from bench.statistics import CPU, REQUESTS, WALL, Unit, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.plots.scales import LogScale
    from bench.samples import Sample
    from bench.statistics import Cell, Metric, Spread

SIZES = {Fleet.F1X1000: 1, Fleet.F100X10: 100, Fleet.F1000X2: 1000}
"""Kustomizations of the fleets that differ in little else: 1,000 to 2,000 ConfigMaps, one repository."""
_PANELS = (WALL, CPU, REQUESTS)
_WIDTH, _HEIGHT = 960.0, 352.0
_PANEL_W, _LEFT, _TOP, _BOTTOM, _GAP = 240.0, 64.0, 92.0, 300.0, 310.0
_TITLE = "Cost of one changed file"


@dataclass(frozen=True)
class Point:
    """A number of a peer at a size."""

    peer: Peer
    size: int
    spread: Spread


def cost(samples: Sequence[Sample]) -> str:
    """The plot: wall time, CPU time and requests of a push of one changed file; of Flux the better flags."""
    panels = {metric: _points(samples, metric) for metric in _PANELS}
    drawing = Drawing(_WIDTH, _HEIGHT, f"{_TITLE}, against the number of Kustomizations", _told(panels))
    for number, (metric, points) in enumerate(panels.items()):
        _panel(drawing, _LEFT + number * _GAP, metric, points)
    _legend(drawing)
    return drawing.render()


def _points(samples: Sequence[Sample], metric: Metric) -> list[Point]:
    cells = {
        row.fleet: cell
        for row in rows(samples)
        if row.phase is Phase.ONE_FILE and (cell := row.cell(metric)) is not None
    }
    return [
        Point(peer, size, found)
        for peer in Peer
        for fleet, size in SIZES.items()
        if fleet in cells and (found := _of(cells[fleet], peer)) is not None
    ]


def _of(cell: Cell, peer: Peer) -> Spread | None:
    if peer is Peer.PENSTOCK:
        return cell.penstock
    return None if cell.opponent is None else cell.flux[cell.opponent]


def _panel(drawing: Drawing, left: float, metric: Metric, points: Sequence[Point]) -> None:
    x = log_scale(SIZES.values(), left, left + _PANEL_W)
    y = log_scale((point.spread.median for point in points), _BOTTOM, _TOP)
    _axes(drawing, x, y)
    unit = "s" if metric.unit is Unit.SECONDS else "number"
    drawing.text(left - 48, _TOP - 20, f"{metric.title}, {unit}", bold=True)
    drawing.text((x.start + x.end) / 2, _BOTTOM + 36, "Kustomizations", anchor=Anchor.MIDDLE, colour=MUTED)
    for peer in Peer:
        mine = sorted((point for point in points if point.peer is peer), key=lambda point: point.size)
        places = [(x.at(point.size), y.at(point.spread.median)) for point in mine]
        for (x1, y1), (x2, y2) in pairwise(places):
            drawing.line(x1, y1, x2, y2, COLOURS[peer], 1.5)
        for point, (at_x, at_y) in zip(mine, places, strict=True):
            drawing.mark(at_x, at_y, peer, hollow=point.spread.bound, label=_label(point, metric))


def _axes(drawing: Drawing, x: LogScale, y: LogScale) -> None:
    for tick in y.ticks():
        drawing.line(x.start, y.at(tick), x.end, y.at(tick), FAINT)
        drawing.text(
            x.start - 8, y.at(tick) + 4, tick_text(tick), anchor=Anchor.END, size=SMALL, colour=MUTED
        )
    for tick in x.ticks():
        drawing.line(x.at(tick), y.start, x.at(tick), y.start + 5, MUTED)
        drawing.text(
            x.at(tick), y.start + 18, tick_text(tick), anchor=Anchor.MIDDLE, size=SMALL, colour=MUTED
        )
    drawing.line(x.start, y.start, x.end, y.start, MUTED)


def _legend(drawing: Drawing) -> None:
    for left, peer, words in (
        (22, Peer.FLUX, "Flux, the better of its flags"),
        (222, Peer.PENSTOCK, "penstock"),
    ):
        drawing.mark(left, 44, peer)
        drawing.text(left + 12, 48, words)
    drawing.text(310, 48, "hollow: stopped, at least this; both axes are logarithmic", colour=MUTED)


def _label(point: Point, metric: Metric) -> str:
    return f"{point.peer}, {point.size} Kustomizations: {numbers.median(point.spread, metric.unit)}"


def _told(panels: dict[Metric, list[Point]]) -> str:
    told = [f"{metric.title}: {_label(p, metric)}" for metric, points in panels.items() for p in points]
    return "; ".join(told) or "Nothing has been measured yet."
