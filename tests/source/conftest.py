"""The world of the flow's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.source.live import Live
from tests.source.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.client import ApiCluster
    from penstock.tools.upstream import Upstream


@pytest.fixture
def world() -> World:
    """A GitRepository `fleet` that nobody has looked at yet."""
    return World()


@pytest.fixture
def live(flux_cluster: ApiCluster, real_upstream: Upstream, namespace: str, tmp_path: Path) -> Live:
    """A GitRepository on a real API server, with a bucket on disk."""
    return Live(flux_cluster, real_upstream, namespace, tmp_path / "bucket")
