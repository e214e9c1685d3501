"""Who works on a source: one run at a time for each, so that no two of them write in turns (decision 5)."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from penstock.base.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class Busy(Transient):
    """Another run holds the claim. No fault: the work is to be tried again, however often."""

    reason = "Busy"


class Claims(Protocol):
    """Claims by key, such as `GitRepository/<namespace>/<name>`."""

    def hold(self, key: str) -> AbstractContextManager[None]:
        """Holds the claim for as long as the block runs; raises Busy if it is not to be had in time."""
        ...


class LocalClaims:
    """Claims among the threads of this process; `patience_s` is how long `hold` waits for one."""

    def __init__(self, patience_s: float = 5.0) -> None:
        self._patience_s = patience_s
        self._held: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        """Holds the claim for as long as the block runs; raises Busy if it is not to be had in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: key not in self._held, self._patience_s):
                raise Busy(f"another run is working on {key}: it is tried again later", retry_after=5.0)
            self._held.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._held.discard(key)
                self._changed.notify_all()
