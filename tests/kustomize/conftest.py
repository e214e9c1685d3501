"""The worlds of the flow's tests: one in memory, one on the real control plane; new ones for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kustomize.healthy import add_waiting
from tests.kustomize.live import Live
from tests.kustomize.quietly import add_quiet
from tests.kustomize.world import World

if TYPE_CHECKING:
    from penstock.cluster.client import ApiCluster
    from penstock.tools.upstream import Upstream


@pytest.fixture
def world() -> World:
    """A GitRepository `fleet`, nothing pushed to it yet."""
    return World()


@pytest.fixture
def waiting(world: World) -> World:
    """The same with two Widgets, not ready, of a Kustomization that waits for them for a minute."""
    add_waiting(world)
    return world


@pytest.fixture
def quiet(world: World) -> World:
    """The same with a Kustomization that was applied once, looked at ten minutes later."""
    add_quiet(world)
    return world


@pytest.fixture
def live(flux_cluster: ApiCluster, real_upstream: Upstream, namespace: str) -> Live:
    """The same world on the real API server, in a namespace of its own."""
    return Live(flux_cluster, real_upstream, namespace)
