"""The world of the flow's tests."""

from __future__ import annotations

import pytest

from tests.source.world import World


@pytest.fixture
def world() -> World:
    """A GitRepository `fleet` that nobody has looked at yet."""
    return World()
