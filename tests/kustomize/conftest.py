"""The world of the flow's tests, a new one for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kustomize.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A GitRepository `fleet`, nothing pushed to it yet."""
    return World(tmp_path)
