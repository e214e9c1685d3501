"""A queue that remembers what was put, in order, equal keys not joined; and dead letters likewise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.work import WorkItem


class FakeQueue:
    """Implements penstock.queue.queue.Queue; `failure`, if set, is raised instead of keeping anything."""

    def __init__(self) -> None:
        self.items: list[WorkItem] = []
        self.failure: Exception | None = None

    def put(self, item: WorkItem) -> None:
        if self.failure is not None:
            raise self.failure
        self.items.append(item)


class FakeDeadLetters:
    """Implements penstock.queue.queue.DeadLetters; `failure`, if set, is raised instead."""

    def __init__(self) -> None:
        self.buried: list[tuple[bytes, dict[str, str]]] = []
        self.failure: Exception | None = None

    def bury(self, data: bytes, why: Mapping[str, str]) -> None:
        if self.failure is not None:
            raise self.failure
        self.buried.append((data, dict(why)))
