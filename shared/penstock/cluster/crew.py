"""Threads that are kept for a while: starting one costs more than the request that it is for."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Job = Callable[[], None]

_IDLE_S = 5.0


class Crew:
    """Does jobs, each in a thread of its own: one that is idle, or a new one; so no job waits for another.

    A thread ends that had nothing to do for `idle_s` seconds. Threads may share it.
    """

    def __init__(self, idle_s: float = _IDLE_S) -> None:
        self._idle_s = idle_s
        self._idle: list[SimpleQueue[Job]] = []
        self._lock = threading.Lock()

    def do(self, job: Job) -> None:
        """Begin the job, which must not raise, and return."""
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
        if inbox is not None:
            inbox.put(job)
        else:
            threading.Thread(target=self._work, args=(job,), name="cluster", daemon=True).start()

    def _work(self, job: Job) -> None:
        inbox: SimpleQueue[Job] = SimpleQueue()
        following: Job | None = job
        while following is not None:
            following()
            following = None  # what it holds is not kept while there is nothing to do
            with self._lock:
                self._idle.append(inbox)
            following = self._next(inbox)

    def _next(self, inbox: SimpleQueue[Job]) -> Job | None:
        try:
            return inbox.get(timeout=self._idle_s)
        except Empty:
            with self._lock:
                if inbox in self._idle:
                    self._idle.remove(inbox)
                    return None
        # Somebody has just taken it from the list.
        return inbox.get()
