"""Go durations, as Flux's intervals and timeouts are written (`1h30m`, `500ms`).

Source: the CRDs' pattern ``^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$`` and Go's time.Duration.String.
"""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_WHOLE = re.compile(r"([0-9]+(\.[0-9]+)?(ms|s|m|h))+")
_LONGEST_TEXT = 64
"""Ours: the longest that Go writes has 25 characters."""


def parse_duration(text: str) -> float:
    """Seconds in a Go duration of Flux's form; ValueError for any other text."""
    if len(text) > _LONGEST_TEXT or not _WHOLE.fullmatch(text):
        raise ValueError(f"{text[:_LONGEST_TEXT]!r} is no duration such as 30s, 5m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def format_duration(seconds: float) -> str:
    """The duration as Go prints it, rounded to milliseconds: `1m0s`, `1.25s`, `250ms`."""
    millis = round(seconds * 1000)
    if millis == 0:
        return "0s"
    if millis < 1000:
        return f"{millis}ms"
    minutes, rest = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
