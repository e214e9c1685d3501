"""The report for programs: goals, and every number of every row with its ratio. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from bench.goals import goals
from bench.statistics import rows

if TYPE_CHECKING:
    from bench.samples import Results
    from bench.statistics import Cell, Ratio, Row, Spread

Json = dict[str, Any]


def as_json(results: Results) -> str:
    """Seconds, bytes and counts, not rounded; a ratio's `relation` is `≤` or `≥` where it is a bound."""
    found = rows(results.samples)
    value = {
        "machine": results.machine,
        "versions": results.versions,
        "floor": results.floor,
        "goals": [
            {"goal": goal.text, "limit": goal.limit, "ratio": _ratio(goal.ratio), "met": goal.met}
            for goal in goals(found, results.samples)
        ],
        "rows": [_row(row) for row in found],
    }
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _row(row: Row) -> Json:
    return {
        "fleet": row.fleet,
        "phase": row.phase,
        "unsupported": dict(row.unsupported),
        "numbers": {cell.metric.field: _cell(cell) for cell in row.cells},
    }


def _cell(cell: Cell) -> Json:
    return {
        "flux": {flags: _spread(one) for flags, one in cell.flux.items()},
        "penstock": _spread(cell.penstock),
        "opponent": cell.opponent,
        "against": cell.against,
        "ratio": _ratio(cell.ratio),
    }


def _spread(one: Spread | None) -> Json | None:
    if one is None:
        return None
    return {
        "median": one.median,
        "least": one.least,
        "most": one.most,
        "rounds": one.rounds,
        "bound": one.bound,
    }


def _ratio(one: Ratio | None) -> Json | None:
    return None if one is None else {"value": one.value, "relation": one.relation}
