"""The world of the flow's tests, a new one for each."""

from __future__ import annotations

import pytest

from tests.kustomize.world import World


@pytest.fixture
def world() -> World:
    """A GitRepository `fleet`, nothing pushed to it yet."""
    return World()
