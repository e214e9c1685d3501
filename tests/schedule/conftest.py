"""The world of the tick's tests; a new one for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.schedule.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Nothing in it yet."""
    return World(tmp_path)
