"""Two reconcilers never fight: while Flux's own controllers run, nothing is done here (decision 13)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.base.clock import Clock

_FRESH_S = 5.0


class StandDown:
    """Knows which of Flux's controllers run; `look` asks the cluster, at most every `fresh_s` seconds."""

    def __init__(self, look: Callable[[], tuple[str, ...]], clock: Clock, fresh_s: float = _FRESH_S) -> None:
        self._look = look
        self._clock = clock
        self._fresh_s = fresh_s
        self._until = float("-inf")
        self._controllers: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def controllers(self) -> tuple[str, ...]:
        """`namespace/name` of those with ready replicas; what `look` raises is raised, and not remembered."""
        with self._lock:
            if self._clock.monotonic() >= self._until:
                self._controllers = self._look()
                self._until = self._clock.monotonic() + self._fresh_s
            return self._controllers
