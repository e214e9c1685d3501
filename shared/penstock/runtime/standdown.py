"""Two reconcilers never fight: while Flux's own controllers run, nothing is done here (decision 13)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.base.clock import Clock

_FRESH_S = 5.0


class StandDown:
    """Knows which of Flux's controllers run; `look` asks the cluster.

    That none of them runs holds for `fresh_s` seconds. That one does is asked anew each time: work which is
    left alone is not done again before the tick, and whoever has just scaled them down waits for it.
    """

    def __init__(self, look: Callable[[], tuple[str, ...]], clock: Clock, fresh_s: float = _FRESH_S) -> None:
        self._look = look
        self._clock = clock
        self._fresh_s = fresh_s
        self._until = float("-inf")
        self._lock = threading.Lock()

    def controllers(self) -> tuple[str, ...]:
        """`namespace/name` of those with ready replicas; what `look` raises is raised, and not remembered."""
        with self._lock:
            if self._clock.monotonic() < self._until:
                return ()
            running = self._look()
            if not running:
                self._until = self._clock.monotonic() + self._fresh_s
            return running
