"""The port through which work is handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from penstock.api.work import WorkItem


class Queue(Protocol):
    """Takes work items."""

    def put(self, item: WorkItem) -> None:
        """Keeps the item: when this returns, no crash loses it. Items with the same key become one.

        Raises Transient if it cannot be kept now.
        """
        ...
