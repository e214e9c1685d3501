"""What happens after one push, with both peers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.plots.scales import log_scale, tick_text
from bench.plots.svg import COLOURS, FAINT, MUTED, SMALL, Anchor, Drawing
from bench.samples import Peer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.plots.scales import LogScale
    from bench.samples import Step

_WIDTH, _LEFT, _RIGHT = 960.0, 32.0, 600.0
_TOP, _STEP, _LANE = 76.0, 22.0, 40.0
_LONGEST = 56
"""Signs of a step's text; so many fit beside its mark."""
_NAMES = {Peer.FLUX: "Flux", Peer.PENSTOCK: "penstock"}


def timeline(steps: Sequence[Step]) -> str:
    """The plot: each step at its seconds after the push, one below the other, on one logarithmic axis."""
    lanes = {peer: sorted((s for s in steps if s.peer is peer), key=lambda s: s.at_s) for peer in Peer}
    bottom = _TOP + sum(_LANE + _STEP * len(lane) for lane in lanes.values())
    drawing = Drawing(_WIDTH, bottom + 56, "One push, step by step", _told(steps))
    x = log_scale((step.at_s for step in steps), _LEFT, _RIGHT)
    _axis(drawing, x, bottom)
    top = _TOP
    for peer, lane in lanes.items():
        drawing.text(_LEFT - 16, top, _NAMES[peer], bold=True, colour=COLOURS[peer])
        for number, step in enumerate(lane, 1):
            _step(drawing, x, top + number * _STEP, step)
        top += _LANE + _STEP * len(lane)
    return drawing.render()


def _step(drawing: Drawing, x: LogScale, y: float, step: Step) -> None:
    place = x.at(step.at_s)
    drawing.line(x.start, y, place, y, COLOURS[step.peer])
    drawing.mark(place, y, step.peer, label=_label(step))
    drawing.text(place + 12, y + 4, f"{step.at_s:.3g} s: {_short(step.what)}")


def _axis(drawing: Drawing, x: LogScale, bottom: float) -> None:
    for tick in x.ticks():
        drawing.line(x.at(tick), _TOP - 18, x.at(tick), bottom, FAINT)
        drawing.text(x.at(tick), bottom + 18, tick_text(tick), anchor=Anchor.MIDDLE, size=SMALL, colour=MUTED)
    middle = (x.start + x.end) / 2
    drawing.text(
        middle, bottom + 38, "seconds after the push (logarithmic)", anchor=Anchor.MIDDLE, colour=MUTED
    )


def _short(what: str) -> str:
    return what if len(what) <= _LONGEST else f"{what[: _LONGEST - 1]}…"


def _label(step: Step) -> str:
    return f"{_NAMES[step.peer]}, {step.at_s:.3g} s: {step.what}"


def _told(steps: Sequence[Step]) -> str:
    return "; ".join(_label(step) for step in steps) or "Nothing has been measured yet."
