"""How the report writes numbers: three digits and a unit, ratios with two. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.statistics import Relation, Unit

if TYPE_CHECKING:
    from bench.statistics import Ratio, Spread

ABSENT = "-"
_BYTES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_DIGITS = 3
_RATIO_DIGITS = 2


def significant(value: float, digits: int = _DIGITS) -> str:
    """Rounded to so many digits, never in powers of ten: `33.1`, `0.0152`, `2,910`."""
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    rounded = round(value, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{rounded:,.{places}f}"


def quantity(value: float, unit: Unit) -> str:
    """With its unit: `33.1 s`, `15.2 ms`, `643 kB`; requests are whole numbers."""
    match unit:
        case Unit.SECONDS:
            return f"{significant(value * 1000)} ms" if 0 < value < 1 else f"{significant(value)} s"
        case Unit.BYTES:
            size, name = next(((size, name) for size, name in _BYTES if value >= size), (1.0, "B"))
            return f"{significant(value / size)} {name}"
        case Unit.REQUESTS:
            return f"{value:,.0f}"


def median(spread: Spread | None, unit: Unit) -> str:
    """The median, and the least and the most if there were several rounds; `≥` if it is a bound."""
    if spread is None:
        return ABSENT
    text = f"{'≥ ' if spread.bound else ''}{quantity(spread.median, unit)}"
    if spread.least == spread.most:
        return text
    return f"{text} ({quantity(spread.least, unit)} to {quantity(spread.most, unit)})"


def ratio(one: Ratio | None, digits: int = _RATIO_DIGITS) -> str:
    """`0.012`; `≤ 0.011` and `≥ 2.3` are rounded so that they stay true."""
    if one is None:
        return ABSENT
    if one.relation is Relation.IS:
        return significant(one.value, digits)
    return f"{one.relation} {significant(_outwards(one, digits), digits)}"


def _outwards(one: Ratio, digits: int) -> float:
    if one.value == 0:
        return 0.0
    scale = 10.0 ** (digits - 1 - math.floor(math.log10(one.value)))
    scaled = round(one.value * scale, 9)
    return (math.ceil(scaled) if one.relation is Relation.AT_MOST else math.floor(scaled)) / scale
