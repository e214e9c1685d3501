"""A queue in a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.clock import FakeClock
from tests.queue.folders import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.queue.folder import FolderQueue


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def queue(tmp_path: Path, clock: FakeClock) -> Iterator[FolderQueue]:
    queue = opened(tmp_path / "queue", clock)
    yield queue
    queue.close()
