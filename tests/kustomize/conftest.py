"""The worlds of the flow's tests: one in memory, one on the real control plane; new ones for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kustomize.live import Live
from tests.kustomize.world import World

if TYPE_CHECKING:
    from penstock.cluster.client import ApiCluster
    from penstock.tools.upstream import Upstream


@pytest.fixture
def world() -> World:
    """A GitRepository `fleet`, nothing pushed to it yet."""
    return World()


@pytest.fixture
def live(flux_cluster: ApiCluster, real_upstream: Upstream, namespace: str) -> Live:
    """The same world on the real API server, in a namespace of its own."""
    return Live(flux_cluster, real_upstream, namespace)
