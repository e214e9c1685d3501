"""A queue in a folder: each item is a file, and every step is one rename.

What is put while its key is being worked on waits as a new item; what a dead process had claimed waits
again. That holds among threads, and among processes on the same folder (threats B-01, B-11, B-34).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from penstock.api.work import joined
from penstock.base.clock import rfc3339
from penstock.base.errors import Transient
from penstock.queue.files import Owners, Turns
from penstock.queue.shelf import Claimed, Shelf, Waiting, digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from penstock.api.work import WorkItem
    from penstock.base.clock import Clock

__all__ = ["Claimed", "FolderQueue"]

_FARTHEST_MS = 3_600_000
"""No delay is longer: what is further ahead was delayed by a clock that has been set back since."""
_POLL_S = 0.5
_RECLAIM_S = 5.0


class FolderQueue:
    """The queue in `root`, made if missing; of `most_items` at most, each tried `most_attempts` times."""

    def __init__(self, root: Path, *, clock: Clock, most_items: int, most_attempts: int) -> None:
        self._root = root
        self._clock = clock
        self._most_items = most_items
        self._most_attempts = most_attempts
        self._seen = -1
        self._reclaim_at = clock.monotonic()
        self._changed = threading.Condition()
        with self._told():
            (root / "owners").mkdir(parents=True, exist_ok=True, mode=0o700)
            self._turns = Turns(root / ".lock")
            with self._turns.taken():
                self._owners = Owners(root / "owners")
                self._shelf = Shelf(root, self._owners.me)
                self._shelf.sweep(self._owners.alive)
                self._owners.bury()

    def put(self, item: WorkItem) -> None:
        """Keeps the item, or joins it to the one with its key that waits already.

        An item that differs from the one waiting (another push, another request) replaces it, and with
        it the delay and the count of its failures; the same one changes nothing. Objects that the one waiting
        waits for are waited for by whatever replaces it.
        """
        with self._turn():
            key = digest(item)
            old = self._shelf.waiting.get(key)
            if old is None and len(self._shelf.waiting) >= self._most_items:
                full = f"the queue is full: {self._most_items} items wait (PENSTOCK_LIMIT_QUEUE_ITEMS)"
                raise Transient(full, retry_after=60.0)
            waiting = self._shelf.item(key)
            item = joined(waiting, item)
            if item != waiting:
                since = self._shelf.since(key) if old else None
                order = old.order if old else self._next_order()
                self._shelf.keep(item, order, since=since or self._clock.now())
                self._stir()

    def claim(self) -> Claimed | None:
        """The oldest item that may be worked on now, out of everybody else's reach; None if there is none."""
        with self._turn():
            self._reclaim()
            while (key := self._next_ripe()) is not None:
                claimed = self._shelf.take(key)
                self._stir()
                if claimed is not None:
                    return claimed
        return None

    def done(self, claimed: Claimed) -> None:
        """The item was worked on; it is gone."""
        with self._turn():
            self._shelf.drop(claimed)
            self._stir()

    def retry(self, claimed: Claimed, delay_s: float, why: str, *, counted: bool = True) -> bool:
        """Gives the item back for another try after `delay_s`; parks it, and says False, after the last one.

        A try that does not count (`counted`) is never the last one.
        """
        if counted and claimed.attempt >= self._most_attempts:
            self.park(claimed, why)
            return False
        delay_ms = min(int(max(delay_s, 0.0) * 1000), _FARTHEST_MS)
        not_before_ms = int(self._clock.now().timestamp() * 1000) + delay_ms if delay_ms else 0
        with self._turn():
            attempts = claimed.attempt if counted else claimed.attempt - 1
            self._shelf.give_back(claimed, attempts, not_before_ms)
            self._stir()
        return True

    def park(self, claimed: Claimed, why: str) -> None:
        """Gives up on the item: it is kept among the dead, with the reason, for people to read."""
        with self._turn():
            self._shelf.bury(claimed, why, rfc3339(self._clock.now()))
            self._stir()

    def bury(self, data: bytes, why: Mapping[str, str]) -> None:
        """Keeps what came from elsewhere and is no work item among the dead, with what is known about it."""
        told = "; ".join(f"{key}: {value}" for key, value in why.items() if value)
        with self._turn():
            self._shelf.bury_unread(data, self._next_order(), told, rfc3339(self._clock.now()))
            self._stir()

    def wait(self, timeout_s: float) -> None:
        """Returns when something may be claimable, or when the time is up."""
        until = self._clock.monotonic() + timeout_s
        with self._changed:
            seen = self._seen
            while (left := until - self._clock.monotonic()) > 0 and not self._stirred(seen):
                self._changed.wait(min(left, _POLL_S))

    def wake(self) -> None:
        """Makes those who wait look again."""
        with self._changed:
            self._seen = -1
            self._changed.notify_all()

    @property
    def member(self) -> str:
        """A name for this process that no other has, on this folder or another."""
        return self._owners.member

    def gone(self, member: str) -> bool:
        """Whether a process that called itself so worked on this folder, and is dead."""
        with self._turn():
            return self._owners.gone(member)

    def counts(self) -> tuple[int, int, int]:
        """How many items wait, are being worked on, and were given up."""
        with self._turn():
            return len(self._shelf.waiting), len(self._shelf.claimed), self._shelf.dead()

    def oldest_since(self) -> datetime | None:
        """When the item was put that has waited longest, also if it rests; None if none waits."""
        with self._turn():
            waiting = self._shelf.waiting
            if not waiting:
                return None
            return self._shelf.since(min(waiting, key=lambda key: waiting[key].order))

    def close(self) -> None:
        """Leaves the queue; what is still claimed is somebody else's to take."""
        with self._changed:
            self._owners.leave()
            self._turns.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One step at a time, in this process and in all others; the view of the folder is fresh within."""
        with self._changed, self._told(), self._turns.taken():
            if self._turns.count() != self._seen:
                self._shelf.look()
                self._seen = self._turns.count()
            yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Says which folder cannot be used; it may be usable later (threats B-24)."""
        try:
            yield
        except OSError as error:
            self._seen = -1
            raise Transient(f"the queue folder {self._root} cannot be used: {error.strerror}") from error

    def _stir(self) -> None:
        """Tells everybody that something changed; our own view has it already."""
        self._seen = self._turns.count_up()
        self._changed.notify_all()

    def _stirred(self, seen: int) -> bool:
        if self._seen != seen or self._turns.count() != self._seen:
            return True
        return self._next_ripe() is not None

    def _next_ripe(self) -> str | None:
        """The key of the first item that may be worked on now."""
        shelf, now_ms = self._shelf, int(self._clock.now().timestamp() * 1000)
        ripe = (key for key, one in shelf.waiting.items() if key not in shelf.claimed and _ripe(one, now_ms))
        return next(ripe, None)

    def _next_order(self) -> int:
        return max(self._shelf.newest, self._turns.count()) + 1

    def _reclaim(self) -> None:
        """Now and then: what the dead had claimed waits again. That try counts, it may have killed them."""
        if self._clock.monotonic() < self._reclaim_at:
            return
        self._reclaim_at = self._clock.monotonic() + _RECLAIM_S
        for orphan in self._shelf.orphans(self._owners.alive):
            if orphan.attempt >= self._most_attempts:
                self._shelf.bury(orphan, "the process died at each try", rfc3339(self._clock.now()))
            else:
                self._shelf.give_back(orphan, orphan.attempt)
            self._stir()


def _ripe(waiting: Waiting, now_ms: int) -> bool:
    return not 0 < waiting.not_before_ms - now_ms <= _FARTHEST_MS
