"""Waits for what real processes do in their own time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_S = 0.02


def eventually(condition: Callable[[], object], what: str = "the condition", seconds: float = 60) -> None:
    """Returns once the condition is true; fails the test if that does not happen in time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{what} did not come true within {seconds} s"
        time.sleep(_POLL_S)
