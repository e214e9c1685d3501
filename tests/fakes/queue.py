"""A queue that remembers what was put, in order; equal keys are not joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
