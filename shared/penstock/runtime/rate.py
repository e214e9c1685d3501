"""How often something may happen: so many times in a minute, all at once if need be."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.base.clock import Clock

_MINUTE_S = 60.0


class Rate:
    """`per_minute` permits, which come back evenly. Threads may share it."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._left = self._most
        self._at = clock.monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Takes a permit; False if none is left."""
        with self._lock:
            now = self._clock.monotonic()
            self._left = min(self._most, self._left + (now - self._at) * self._most / _MINUTE_S)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
