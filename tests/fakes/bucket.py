"""A bucket in memory, for tests of flows; the port's contract is tested on the real ones."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

from penstock.store.bucket import Entry, PreconditionFailed, check_key

from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.base.clock import Clock


class MemoryBucket:
    """Implements penstock.store.bucket.Bucket; what is written is of the clock's time."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or FakeClock()
        self._objects: dict[str, tuple[bytes, int]] = {}
        self._times: dict[str, datetime] = {}
        self._generations = itertools.count(1)
        self._lock = threading.Lock()

    def check(self) -> None:
        """See the port."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None) -> int:
        """See the port."""
        check_key(key)
        with self._lock:
            current = self._objects.get(key, (b"", 0))[1]
            if (if_absent and current) or (if_generation is not None and current != if_generation):
                raise PreconditionFailed(f"{key} was written by somebody else in between")
            generation = next(self._generations)
            self._objects[key] = (data, generation)
            self._times[key] = self._clock.now()
        return generation

    def get(self, key: str) -> tuple[bytes, int] | None:
        """See the port."""
        check_key(key)
        return self._objects.get(key)

    def list(self, prefix: str) -> tuple[Entry, ...]:
        """See the port."""
        with self._lock:
            found = sorted(self._objects.items())
            return tuple(
                Entry(key, len(data), self._times[key], generation)
                for key, (data, generation) in found
                if key.startswith(prefix)
            )

    def delete(self, key: str) -> None:
        """See the port."""
        self._objects.pop(key, None)

    def url(self, key: str) -> str:
        """See the port."""
        return f"memory:{key}"
