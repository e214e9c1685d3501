"""penstock ÷ Flux for each phase of each fleet: bars from 1, to the left where penstock needs less. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench import numbers
from bench.plots.scales import log_scale, tick_text
from bench.plots.svg import COLOURS, FAINT, INK, MUTED, SMALL, Anchor, Drawing
from bench.statistics import APPLIED, CPU, MEMORY, REQUESTS, WALL, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.plots.scales import LogScale
    from bench.samples import Sample
    from bench.statistics import Ratio, Row

_METRICS = (WALL, APPLIED, CPU, REQUESTS, MEMORY)
_WIDTH, _NAMES_W, _PANEL_W, _GAP = 960.0, 152.0, 130.0, 28.0
_TOP, _ROW, _BAR = 84.0, 20.0, 11.0
_ROOM = 46.0
"""Left of the axis, for the number of the longest bar."""
_MOST_TICKS = 3
"""With more, only every other one has its number."""


def ratios(samples: Sequence[Sample]) -> str:
    """The plot: a line for each fleet and phase, a panel for each number."""
    shown = [row for row in rows(samples) if any(_ratio(row, number) for number in range(len(_METRICS)))]
    bottom = _TOP + _ROW * max(1, len(shown))
    drawing = Drawing(_WIDTH, bottom + 60, "penstock ÷ Flux, the better of its flags", _told(shown))
    for number, row in enumerate(shown):
        name = f"{row.fleet} {row.phase}"
        drawing.text(_NAMES_W - 8, _TOP + number * _ROW + 14, name, anchor=Anchor.END, size=SMALL)
    for number in range(len(_METRICS)):
        _panel(drawing, number, [_ratio(row, number) for row in shown], bottom)
    return drawing.render()


def _ratio(row: Row, number: int) -> Ratio | None:
    cell = row.cell(_METRICS[number])
    return cell.ratio if cell else None


def _panel(drawing: Drawing, number: int, found: Sequence[Ratio | None], bottom: float) -> None:
    left = _NAMES_W + number * (_PANEL_W + _GAP)
    x = log_scale([1.0, *(one.value for one in found if one is not None)], left + _ROOM, left + _PANEL_W)
    _axis(drawing, x, _METRICS[number].title, bottom)
    for line, one in enumerate(found):
        if one is not None:
            _bar(drawing, x, _TOP + line * _ROW, one)


def _bar(drawing: Drawing, x: LogScale, top: float, one: Ratio) -> None:
    place, zero = x.at(one.value), x.at(1)
    words = numbers.ratio(one)
    peer = "penstock" if one.value <= 1 else "flux"
    drawing.box(min(place, zero), top + 4, abs(place - zero), _BAR, COLOURS[peer], label=words)
    if one.value <= 1:
        drawing.text(place - 4, top + 14, words, anchor=Anchor.END, size=SMALL)
    else:
        drawing.text(place + 4, top + 14, words, size=SMALL)


def _axis(drawing: Drawing, x: LogScale, title: str, bottom: float) -> None:
    drawing.text(x.end, _TOP - 16, title, bold=True, anchor=Anchor.END)
    crowded = len(x.ticks()) > _MOST_TICKS
    for tick in x.ticks():
        drawing.line(x.at(tick), _TOP, x.at(tick), bottom, INK if tick == 1 else FAINT)
        if not crowded or round(math.log10(tick)) % 2 == 0:
            drawing.text(x.at(tick), bottom + 16, tick_text(tick), anchor=Anchor.MIDDLE, size=9, colour=MUTED)
    drawing.text(
        (x.start + x.end) / 2, bottom + 34, "ratio (log)", anchor=Anchor.MIDDLE, size=SMALL, colour=MUTED
    )


def _told(shown: Sequence[Row]) -> str:
    told = [
        f"{row.fleet} {row.phase}, {cell.metric.title}: {numbers.ratio(cell.ratio)}"
        for row in shown
        for cell in row.cells
        if cell.metric in _METRICS and cell.ratio
    ]
    return "; ".join(told) or "Nothing has been measured yet."
