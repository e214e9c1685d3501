"""The interval check: nobody asks for anything, and every object is due once a minute."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench import fleets
from bench.phases.measuring import IDLE_S, Which, costs, wait
from bench.phases.tasks import new_interval
from bench.samples import Phase

if TYPE_CHECKING:
    from bench.phases.ground import Ground
    from bench.phases.sides import Side
    from bench.samples import Sample

_EVERY = "1m"
_WINDOW_S = 60.0
_AHEAD_S = 30.0
"""The window begins so long after all is settled: who comes once a minute comes in the middle of it."""
_LATE_S = 1.0


def interval_check(ground: Ground, side: Side, number: int, limit_s: float) -> Sample:
    """What one minute costs once everything is looked at each minute; then hourly again.

    For penstock, which has no timer of its own here, the scheduler comes once, a minute after it came last.
    """
    settled = _set(ground, side, _EVERY, limit_s)
    since = time.monotonic()
    _sleep_until(since + _AHEAD_S)

    def act() -> None:
        _sleep_until(since + _AHEAD_S + _WINDOW_S / 2 + _LATE_S)
        side.engine.nudge()
        _sleep_until(since + _AHEAD_S + _WINDOW_S)

    _, cost = costs(ground, side, act)
    note = "" if settled else f"it had not settled {limit_s:.0f} s after the interval was set"
    sample = Which.of(side, Phase.INTERVAL_CHECK, number).sample(cost, note=note)
    _set(ground, side, fleets.INTERVAL, limit_s)
    return sample


def _set(ground: Ground, side: Side, interval: str, limit_s: float) -> bool:
    """Whether all have seen the new interval and are done with it."""
    task = new_interval(ground, side, interval)
    task.begin()
    done = wait(ground, side, task.reached, limit_s) is not None
    if done and interval == fleets.INTERVAL:
        ground.wait_idle((side,), IDLE_S)
    return done


def _sleep_until(moment: float) -> None:
    time.sleep(max(moment - time.monotonic(), 0.0))
