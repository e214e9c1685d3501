"""Who works on a source: one run at a time for each, so that no two of them write in turns (decision 4)."""

from __future__ import annotations

import itertools
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from penstock.base.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from penstock.api.lease import ClaimKey
    from penstock.api.refs import ObjectRef
    from penstock.api.work import WorkItem


class Busy(Transient):
    """Another run holds the claim. No fault: the work is to be tried again, however often."""

    reason = "Busy"


class Taken(Busy):
    """Another process holds the claim, and will see when it is done that the work is wanted again."""

    reason = "AlreadyRunning"


class ClaimLost(Transient):
    """Somebody else has the claim by now: nothing more may be written, no status either."""

    reason = "ClaimLost"


class Claim(Protocol):
    """A claim within the block that holds it: among the threads of this process at first, then among all."""

    @property
    def fence(self) -> int:
        """Grows with each holder; 0 before `take`."""
        ...

    @property
    def again(self) -> tuple[WorkItem, ...]:
        """After the block: what others wanted meanwhile and could not be handed on. It is ours to do."""
        ...

    def take(self, uid: str) -> bool:
        """Claims the work among all processes, before the first effect; `uid` is the source's, if it exists.

        Says whether others may have been at work since the block began: then what was read is to be read
        again. Taken if another process holds it: it will see to it that the work is done again.
        """
        ...

    def check(self) -> None:
        """Before each stage and each write: ClaimLost if somebody else has it by now.

        Costs nothing if the last check was less than a few seconds ago.
        """
        ...

    def seen_to(self, item: WorkItem) -> None:
        """One of `again` has been done."""
        ...


@dataclass(frozen=True)
class LeftOver:
    """What was wanted again of a holder that is dead by now; `seen_to` says that it is handed on."""

    items: tuple[WorkItem, ...]
    seen_to: Callable[[], None]


class Claims(Protocol):
    """Claims by key."""

    def hold(self, key: ClaimKey, wanted: ObjectRef | None = None) -> AbstractContextManager[Claim]:
        """Holds the claim for as long as the block runs; Busy if it is not to be had in time.

        `wanted` is the object that the work is about, where that is not the source.
        """
        ...

    def left_over(self, namespaces: Sequence[str]) -> tuple[LeftOver, ...]:
        """What is wanted again in these namespaces (none: in all) and has nobody who will see to it."""
        ...

    def forget(self, source: ObjectRef) -> None:
        """Removes what is kept of a source that is no more."""
        ...


class LocalClaim:
    """A claim that only this process knows of."""

    def __init__(self, fence: int = 0) -> None:
        self.fence = fence
        self.again: tuple[WorkItem, ...] = ()

    def take(self, uid: str) -> bool:
        """There is nobody else."""
        del uid
        return False

    def check(self) -> None:
        """It cannot be lost."""

    def seen_to(self, item: WorkItem) -> None:
        """Nothing is ever wanted again."""


class LocalClaims:
    """Claims among the threads of this process; `patience_s` is how long `hold` waits for one."""

    def __init__(self, patience_s: float = 5.0) -> None:
        self._patience_s = patience_s
        self._held: set[ClaimKey] = set()
        self._changed = threading.Condition()
        self._fences = itertools.count(1)

    @contextmanager
    def hold(self, key: ClaimKey, wanted: ObjectRef | None = None) -> Iterator[LocalClaim]:
        """Holds the claim for as long as the block runs; raises Busy if it is not to be had in time."""
        del wanted
        with self._changed:
            if not self._changed.wait_for(lambda: key not in self._held, self._patience_s):
                raise Busy(f"another run is working on {key}: it is tried again later", retry_after=5.0)
            self._held.add(key)
            claim = LocalClaim(next(self._fences))
        try:
            yield claim
        finally:
            with self._changed:
                self._held.discard(key)
                self._changed.notify_all()

    def left_over(self, namespaces: Sequence[str]) -> tuple[LeftOver, ...]:
        """Whoever finds a claim held waits, or tries again: nothing is left to others."""
        del namespaces
        return ()

    def forget(self, source: ObjectRef) -> None:
        """Nothing is kept."""
