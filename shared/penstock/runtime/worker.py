"""Takes work from the local queue, several items at once, and sees each of them through."""

from __future__ import annotations

import random
import threading
from functools import partial
from typing import TYPE_CHECKING

from penstock.base.errors import PenstockError, Transient
from penstock.base.metrics import UNMEASURED
from penstock.queue.claims import Busy
from penstock.runtime.backoff import delay_s
from penstock.runtime.dispatch import described
from penstock.runtime.routes import described as what_went_wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.work import Outcome, WorkItem
    from penstock.base.clock import Clock
    from penstock.base.log import Log
    from penstock.base.metrics import Metrics
    from penstock.queue.folder import Claimed, FolderQueue

_IDLE_S = 5.0
_BUSY_S = 2.0
_BROKEN_S = 1.0
_REASON = 4096
"""Characters of the reason that is kept with what was given up."""


class Worker:
    """`threads` threads that work until they are stopped; `run` does one item."""

    def __init__(
        self,
        queue: FolderQueue,
        run: Callable[[WorkItem], tuple[Outcome, ...]],
        log: Log,
        clock: Clock,
        *,
        threads: int,
        metrics: Metrics = UNMEASURED,
        fraction: Callable[[], float] = random.random,
        broken_s: float = _BROKEN_S,
    ) -> None:
        self._queue = queue
        self._run = run
        self._log = log
        self._clock = clock
        self._metrics = metrics
        self._fraction = fraction
        self._broken_s = broken_s
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._loop, name=f"worker-{n}", daemon=True) for n in range(threads)
        ]

    def start(self) -> None:
        """Begins."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begins nothing new from now on."""
        self._stopping.set()
        self._queue.wake()

    def running(self) -> int:
        """How many threads have not ended."""
        return sum(thread.is_alive() for thread in self._threads)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._step()
            except Exception as error:  # noqa: BLE001 - without its threads the process only seems to live
                self._broken(error)

    def _step(self) -> None:
        claimed = self._queue.claim()
        if claimed is None:
            self._queue.wait(_IDLE_S)
        else:
            self.work(claimed)

    def work(self, claimed: Claimed) -> None:
        """Does one item and says so to the queue: done, to be tried again, or given up.

        Says it until it is heard: a claim that is not given back keeps its key from everybody.
        """
        settle = self._tried(claimed)
        while True:
            try:
                settle()
            except Transient as error:
                if self._broken(error):
                    return
            else:
                return

    def _tried(self, claimed: Claimed) -> Callable[[], object]:
        """Does one item; gives what tells the queue how it went."""
        if claimed.item.hint is not None and claimed.attempt == 1 and claimed.since is not None:
            self._metrics.began((self._clock.now() - claimed.since).total_seconds())
        try:
            self._run(claimed.item)
        except Busy as busy:
            delay = max(busy.retry_after or 0.0, _BUSY_S * (1 + self._fraction()))
            return partial(self._queue.retry, claimed, delay, busy.message, counted=False)
        except PenstockError as error:
            if self._stopping.is_set():
                # It is not the item's fault that it was cut short.
                return partial(self._queue.retry, claimed, 0.0, error.message, counted=False)
            retry_after_s = error.retry_after if isinstance(error, Transient) else None
            return partial(self._again, claimed, error.message, retry_after_s)
        except Exception as error:  # noqa: BLE001 - a bug must cost this item its tries, not us this thread
            return partial(self._again, claimed, what_went_wrong(error), None)
        return partial(self._queue.done, claimed)

    def _broken(self, error: Exception) -> bool:
        """Waits a moment for the queue to work again; whether it is time to stop."""
        why = error.message if isinstance(error, PenstockError) else what_went_wrong(error)
        self._log.warning("the queue does not work", error=why)
        return self._stopping.wait(self._broken_s)

    def _again(self, claimed: Claimed, why: str, retry_after_s: float | None) -> None:
        delay = delay_s(claimed.attempt, retry_after_s, self._fraction())
        log = self._log.bind(item=described(claimed.item), attempt=claimed.attempt, error=why)
        if self._queue.retry(claimed, delay, self._log.shown(why, _REASON)):
            self._metrics.retried(claimed.item.function)
            log.warning("failed, to be tried again", delay_seconds=round(delay, 1))
        else:
            self._metrics.parked(claimed.item.function)
            log.error("given up: the item is in the queue's dead folder; the tick finds its object again")
