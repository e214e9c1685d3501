"""From numbers to places on an axis. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class LogScale:
    """Decades from `least` to `most` (powers of ten), drawn from `start` to `end`, in pixels.

    What is smaller than the least, zero for one, is drawn at the start; what is larger at the end.
    """

    least: float
    most: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value."""
        inside = min(max(value, self.least), self.most)
        share = math.log10(inside / self.least) / math.log10(self.most / self.least)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> tuple[float, ...]:
        """The powers of ten from the least to the most."""
        first, last = round(math.log10(self.least)), round(math.log10(self.most))
        return tuple(10.0**power for power in range(first, last + 1))


def log_scale(values: Iterable[float], start: float, end: float) -> LogScale:
    """The whole decades that hold all positive values; one decade at least."""
    positive = [value for value in values if value > 0] or [1.0]
    first, last = _decade_below(min(positive)), _decade_above(max(positive))
    return LogScale(10.0**first, 10.0 ** max(last, first + 1), start, end)


def _decade_below(value: float) -> int:
    """The largest n with 10^n <= value: a logarithm next to a whole number is rounded to it."""
    found = math.floor(math.log10(value))
    return found - 1 if 10.0**found > value else found


def _decade_above(value: float) -> int:
    """The smallest n with 10^n >= value, likewise."""
    found = math.ceil(math.log10(value))
    return found + 1 if 10.0**found < value else found


def tick_text(value: float) -> str:
    """`0.01`, `1`, `1,000`."""
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
