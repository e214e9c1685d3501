"""Claims among processes: the threads of this one first, then a Lease in the cluster (threats B-04, B-13)."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from penstock.api.lease import ClaimKey, Lease, item, items, left_s
from penstock.api.work import Function
from penstock.base.errors import PenstockError
from penstock.queue.claims import Busy, ClaimLost, LeftOver, Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from penstock.api.refs import ObjectRef
    from penstock.api.work import WorkItem
    from penstock.base.clock import Clock
    from penstock.base.log import Log
    from penstock.queue.claims import LocalClaims

_FRESH_S = 5.0
_MOST_KNOWN = 10_000
"""Ours: Leases remembered; one that is forgotten is read again."""


class Leases(Protocol):
    """What is needed of the cluster; penstock.cluster.leases.Leases is the real one."""

    @property
    def holder(self) -> str:
        """The name of this process."""
        ...

    @property
    def duration_s(self) -> int:
        """How long a Lease is held that is not renewed."""
        ...

    def retake(self, key: ClaimKey, mark: str, known: Lease) -> Lease | None:
        """Takes a Lease that nobody has touched since it was `known`; None if somebody has."""
        ...

    def take(self, key: ClaimKey, owner_uid: str, mark: str) -> Lease | None:
        """The Lease, ours or another holder's; None where there cannot be one."""
        ...

    def renew(self, key: ClaimKey, held: Lease) -> Lease | None:
        """The Lease, ours for another while; None if we have lost it."""
        ...

    def confirm(self, key: ClaimKey, held: Lease) -> Lease | None:
        """The Lease as it is now; None if we have lost it."""
        ...

    def release(self, key: ClaimKey, held: Lease) -> Lease | None:
        """The Lease, free for others; None if we had lost it."""
        ...

    def unmark(self, ref: ObjectRef, marks: Iterable[str]) -> Lease | None:
        """Takes away marks that have been seen to."""
        ...

    def remove(self, ref: ObjectRef) -> None:
        """Deletes a Lease that nobody has."""
        ...

    def left_over(self, namespaces: Sequence[str], log: Log) -> tuple[tuple[ObjectRef, Lease], ...]:
        """The Leases with marks that nobody holds any more."""
        ...


@dataclass(frozen=True)
class Parts:
    """What claims are made of. `hand_on` takes an item to where work waits, if there is such a place."""

    leases: Leases
    hand_on: Callable[[WorkItem], bool]
    clock: Clock
    log: Log


class LeasedClaims:
    """Implements penstock.queue.claims.Claims for all processes that work on one cluster."""

    def __init__(self, local: LocalClaims, parts: Parts) -> None:
        self._local = local
        self._parts = parts
        self._known: dict[ClaimKey, Lease] = {}

    @contextmanager
    def hold(self, key: ClaimKey, wanted: ObjectRef | None = None) -> Iterator[LeasedClaim]:
        """Holds the claim for as long as the block runs; see penstock.queue.claims."""
        with self._local.hold(key):
            again = item(key.function, wanted or key.source)
            claim = LeasedClaim(self._parts, key, again, self._known.pop(key, None))
            try:
                yield claim
            finally:
                self._keep(key, claim.end())

    def left_over(self, namespaces: Sequence[str]) -> tuple[LeftOver, ...]:
        """What is wanted again and has nobody who will see to it."""
        leases, log = self._parts.leases, self._parts.log
        return tuple(
            LeftOver(wanted, partial(_unmark, self._parts, ref, wanted))
            for ref, lease in leases.left_over(namespaces, log)
            if (wanted := items(lease))
        )

    def forget(self, source: ObjectRef) -> None:
        """Removes the Leases of a source that is no more; the cluster collects what cannot be removed now."""
        try:
            for function in (Function.FETCH, Function.APPLY):
                self._parts.leases.remove(ClaimKey(function, source).lease)
        except PenstockError as error:
            self._parts.log.warning("its Leases stay for now", source=str(source), error=error.message)

    def _keep(self, key: ClaimKey, lease: Lease | None) -> None:
        if lease is not None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = lease


class LeasedClaim:
    """Implements penstock.queue.claims.Claim; `known` is the Lease as this process left it, if it remembers.

    While it is held a thread renews it three times in its duration.
    """

    def __init__(self, parts: Parts, key: ClaimKey, wanted: WorkItem, known: Lease | None) -> None:
        self.again: tuple[WorkItem, ...] = ()
        self._parts = parts
        self._key = key
        self._wanted = wanted
        self._known = known
        self._orphan = False
        self._held: Lease | None = None
        self._lost = False
        self._seen_at = 0.0
        self._beat_s = parts.leases.duration_s / 3
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._renew_regularly, name="claim", daemon=True)

    @property
    def fence(self) -> int:
        """Grows with each holder; 0 before `take`."""
        return self._held.fence if self._held is not None else 0

    def take(self, uid: str) -> bool:
        """Claims the work among all processes; see penstock.queue.claims."""
        if self._held is not None:
            self.check()
            return False
        known, self._known, self._orphan = self._known, None, not uid
        at = self._parts.clock.monotonic()
        leases, key, mark = self._parts.leases, self._key, self._wanted.key
        held = leases.retake(key, mark, known) if known is not None else None
        alone = held is not None
        held = held or leases.take(key, uid, mark)
        if held is None:
            self._parts.log.info("no Lease is to be had: the namespace is missing or ends", claim=str(key))
            return True
        if held.holder != leases.holder:
            raise self._stand_down(held)
        self._held, self._seen_at = held, at
        self._keeper.start()
        return not alone

    def check(self) -> None:
        """ClaimLost if somebody else has it by now; see penstock.queue.claims."""
        with self._lock:
            elapsed_s = self._parts.clock.monotonic() - self._seen_at
            if self._held is not None and elapsed_s > min(_FRESH_S, self._beat_s):
                # After a pause it may have run out, and be anybody's in a moment: looking is not enough.
                leases, late = self._parts.leases, elapsed_s > self._beat_s
                self._see(leases.renew if late else leases.confirm)
            if self._lost:
                raise ClaimLost(f"another process has taken over {self._key}: this one writes nothing more")

    def seen_to(self, item: WorkItem) -> None:
        """One of `again` has been done."""
        _unmark(self._parts, self._key.lease, (item,))

    def end(self) -> Lease | None:
        """Releases it and hands on what others wanted; the Lease as it was left, if nobody has it since.

        What fails here is no failure of the run: the Lease runs out by itself.
        """
        self._over.set()
        if self._held is None:
            return self._known
        self._keeper.join()
        if self._lost:
            return None
        try:
            return self._release(self._held)
        except PenstockError as error:
            self._parts.log.warning("the claim runs out by itself", claim=str(self._key), error=error.message)
            return None

    def _stand_down(self, held: Lease) -> Busy:
        seconds = max(1.0, left_s(held, self._parts.clock.now()))
        text = f"another process is working on {self._key}"
        if self._wanted.key in held.marks:
            return Taken(f"{text}: it will see to it that this is looked at again", retry_after=seconds)
        return Busy(f"{text}, and more is wanted of it than it can note down", retry_after=seconds)

    def _release(self, held: Lease) -> Lease | None:
        """Marks go only once somebody else knows what they ask for: no crash in between loses one."""
        leases, ref = self._parts.leases, self._key.lease
        left = leases.release(self._key, held)
        if left is None:
            return None
        wanted = items(left)
        self.again = tuple(one for one in wanted if not self._parts.hand_on(one))
        handed_on = [one.key for one in wanted if one not in self.again]
        if handed_on:
            left = leases.unmark(ref, handed_on)
        if self._orphan and not self.again:
            leases.remove(ref)
            return None
        untouched = left is not None and not left.holder and left.fence == held.fence
        return left if untouched else None

    def _renew_regularly(self) -> None:
        while not self._over.wait(self._beat_s):
            try:
                with self._lock:
                    self._see(self._parts.leases.renew)
            except PenstockError as error:
                self._parts.log.warning(
                    "the claim could not be renewed", claim=str(self._key), error=error.message
                )

    def _see(self, look: Callable[[ClaimKey, Lease], Lease | None]) -> None:
        """Whether it is still ours, as of the moment before the request."""
        if self._held is None or self._lost:
            return
        at = self._parts.clock.monotonic()
        found = look(self._key, self._held)
        if found is None:
            self._lost = True
        else:
            self._held, self._seen_at = found, at


def _unmark(parts: Parts, ref: ObjectRef, done: Iterable[WorkItem]) -> None:
    """Marks that stay although they were seen to only cause another look."""
    try:
        parts.leases.unmark(ref, [one.key for one in done])
    except PenstockError as error:
        parts.log.warning("a mark stays for the next tick", lease=str(ref), error=error.message)
