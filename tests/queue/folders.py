"""Queues in folders, and items to put into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.api.work import Function, WorkItem
from penstock.queue.folder import Claimed, FolderQueue

from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path


def opened(root: Path, clock: Any = None, *, items: int = 1000, attempts: int = 3) -> FolderQueue:
    return FolderQueue(root, clock=clock or FakeClock(), most_items=items, most_attempts=attempts)


def apply(name: str, reason: str = "interval", token: str = "") -> WorkItem:
    return WorkItem(Function.APPLY, "Kustomization", "apps", name, reason, token)


def claimed(queue: FolderQueue) -> Claimed:
    found = queue.claim()
    assert found is not None
    return found
