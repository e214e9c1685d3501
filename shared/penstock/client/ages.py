"""How long ago something was, as kubectl and flux say it. Pure.

Source: k8s.io/apimachinery pkg/util/duration HumanDuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.clock import parse_rfc3339

if TYPE_CHECKING:
    from datetime import datetime

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86_400, 365 * 86_400
UNKNOWN = "<unknown>"


def since(timestamp: object, now: datetime) -> str:
    """The age of a Kubernetes timestamp; `<unknown>` if it is none."""
    try:
        return human((now - parse_rfc3339(str(timestamp or ""))).total_seconds())
    except ValueError:
        return UNKNOWN


def human(seconds: float) -> str:
    """A duration in its two largest units at most, with less detail the longer it is."""
    whole = int(seconds)
    if whole < 0:
        return "<invalid>" if whole < -1 else "0s"
    for below, unit, rest in (
        (2 * _MINUTE, "s", 0),
        (10 * _MINUTE, "m", "s"),
        (3 * _HOUR, "m", 0),
        (8 * _HOUR, "h", "m"),
        (2 * _DAY, "h", 0),
        (8 * _DAY, "d", "h"),
        (2 * _YEAR, "d", 0),
        (8 * _YEAR, "y", "d"),
    ):
        if whole < below:
            return _in(whole, unit, str(rest) if rest else "")
    return _in(whole, "y", "")


_SECONDS = {"s": 1, "m": _MINUTE, "h": _HOUR, "d": _DAY, "y": _YEAR}


def _in(seconds: int, unit: str, rest: str) -> str:
    count, left = divmod(seconds, _SECONDS[unit])
    more = left // _SECONDS[rest] if rest else 0
    return f"{count}{unit}{more}{rest}" if more else f"{count}{unit}"
