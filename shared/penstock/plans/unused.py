"""Parts that a run is given when it only looks: what it would keep, queue and tell goes nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from penstock.api.work import WorkItem
    from penstock.notify.event import Event
    from penstock.store.bucket import Entry

NOBODY = "nobody"
"""The identity of the cluster whose records lie in no bucket."""


class NoBucket:
    """Implements penstock.store.bucket.Bucket: nothing is in it, and nothing can be put there."""

    def check(self) -> None:
        """It can always be used for what it is for."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None) -> int:
        """Never."""
        del data, if_absent, if_generation
        raise Terminal(f"nothing is stored where only a plan is made: {key}")

    def get(self, key: str) -> tuple[bytes, int] | None:
        """Nothing."""
        del key
        return None

    def list(self, prefix: str) -> tuple[Entry, ...]:
        """Nothing."""
        del prefix
        return ()

    def delete(self, key: str) -> None:
        """There is nothing."""
        del key

    def url(self, key: str) -> str:
        """Nowhere."""
        del key
        return ""


class NoQueue:
    """Implements penstock.queue.queue.Queue."""

    def put(self, item: WorkItem) -> None:
        """Never."""
        raise Terminal(f"nothing is queued where only a plan is made: {item.key}")


class NoEvents:
    """Implements penstock.notify.event.Events."""

    def emit(self, event: Event) -> None:
        """Nobody is told of a plan but who asked for it."""
        del event
