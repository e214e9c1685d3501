"""Claims whose loss, and whose other holders, a test decides on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from penstock.queue.claims import ClaimLost, Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from penstock.api.lease import ClaimKey
    from penstock.api.refs import ObjectRef
    from penstock.api.work import WorkItem
    from penstock.queue.claims import LeftOver


class FakeClaims:
    """Implements penstock.queue.claims.Claims, and the one claim that there is.

    `taken`: another process has it. `at_take` runs when it is taken, and says whether others may have been at
    work. `lost_at`: the check (from 1) from which on it is lost; `at_loss` runs then.
    """

    def __init__(self) -> None:
        self.taken = False
        self.at_take: Callable[[], bool] = lambda: False
        self.lost_at = 0
        self.at_loss: Callable[[], object] = lambda: None
        self.checks = 0
        self.fence = 0
        self.again: tuple[WorkItem, ...] = ()
        self.done: list[WorkItem] = []
        self.forgotten: list[ObjectRef] = []
        self.took: list[tuple[str, str]] = []
        self.wanted: list[ObjectRef | None] = []
        self._key = ""

    @contextmanager
    def hold(self, key: ClaimKey, wanted: ObjectRef | None = None) -> Iterator[FakeClaims]:
        self._key = str(key)
        self.wanted.append(wanted)
        yield self

    def left_over(self, namespaces: Sequence[str]) -> tuple[LeftOver, ...]:
        del namespaces
        return ()

    def forget(self, source: ObjectRef) -> None:
        self.forgotten.append(source)

    def seen_to(self, item: WorkItem) -> None:
        self.done.append(item)

    def take(self, uid: str) -> bool:
        if self.taken:
            raise Taken("another process has it")
        self.took.append((self._key, uid))
        self.fence += 1
        return self.at_take()

    def check(self) -> None:
        self.checks += 1
        if self.checks == self.lost_at:
            self.at_loss()
        if 0 < self.lost_at <= self.checks:
            raise ClaimLost("somebody else has it")
