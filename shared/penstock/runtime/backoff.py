"""How long to wait before another try. Pure."""

from __future__ import annotations

_FIRST_S = 1.0
_LONGEST_S = 300.0


def delay_s(attempt: int, retry_after_s: float | None, fraction: float) -> float:
    """Seconds after the `attempt`-th failure (from 1): doubled each time, up to 5 minutes, never less than
    the server wished for; `fraction` in [0, 1) takes up to half away so that those who failed together part.
    """
    doubled = min(_FIRST_S * 2.0 ** min(attempt - 1, 20), _LONGEST_S)
    return max(doubled * (1 - fraction / 2), retry_after_s or 0.0)
