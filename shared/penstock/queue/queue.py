"""The ports through which work is handed on, and given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.work import WorkItem


class Queue(Protocol):
    """Takes work items."""

    def put(self, item: WorkItem) -> None:
        """Keeps the item: when this returns, no crash loses it. Items with the same key become one.

        Raises Transient if it cannot be kept now.
        """
        ...


class DeadLetters(Protocol):
    """Keeps what is given up, for people to read."""

    def bury(self, data: bytes, why: Mapping[str, str]) -> None:
        """Keeps a message as it came, with what is known about it; `why` has no secrets.

        Raises Transient if it cannot be kept now.
        """
        ...
