"""Who works on a source: one run at a time for each, so that no two of them write in turns (decision 4)."""

from __future__ import annotations

import itertools
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from penstock.base.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from penstock.api.refs import ObjectRef
    from penstock.api.work import Function


class Busy(Transient):
    """Another run holds the claim. No fault: the work is to be tried again, however often."""

    reason = "Busy"


class Taken(Busy):
    """Another process holds the claim, and knows by now that the work is wanted again."""

    reason = "AlreadyRunning"


class ClaimLost(Transient):
    """Somebody else has the claim by now: nothing more may be written, no status either."""

    reason = "ClaimLost"


@dataclass(frozen=True)
class ClaimKey:
    """What is claimed: the work of one function on one source."""

    function: Function
    source: ObjectRef

    def __str__(self) -> str:
        return f"{self.function}/{self.source}"


class Claim(Protocol):
    """A claim within the block that holds it: among the threads of this process at first, then among all."""

    @property
    def fence(self) -> int:
        """Grows with each holder; 0 before `take`."""
        ...

    @property
    def again(self) -> tuple[ObjectRef, ...]:
        """After the block: what others wanted meanwhile and could not be handed on. It is ours to do."""
        ...

    def take(self, uid: str) -> bool:
        """Claims the work among all processes, before the first effect; `uid` is the source's, if it exists.

        Says whether others may have been at work since the block began: then what was read is to be read
        again. Taken if another process holds it: it will do the work again when it is done.
        """
        ...

    def check(self) -> None:
        """Before each stage and each write: ClaimLost if somebody else has it by now.

        Costs nothing if the last check was less than a few seconds ago.
        """
        ...


class Claims(Protocol):
    """Claims by key."""

    def hold(self, key: ClaimKey, wanted: ObjectRef | None = None) -> AbstractContextManager[Claim]:
        """Holds the claim for as long as the block runs; Busy if it is not to be had in time.

        `wanted` is the object that the work is about, where that is not the source.
        """
        ...


class LocalClaim:
    """A claim that only this process knows of."""

    def __init__(self, fence: int = 0) -> None:
        self.fence = fence
        self.again: tuple[ObjectRef, ...] = ()

    def take(self, uid: str) -> bool:
        """There is nobody else."""
        del uid
        return False

    def check(self) -> None:
        """It cannot be lost."""


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
