"""The worlds of the flow's tests: one in memory, one on the real control plane; new ones for each test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.api.refs import git_repository, kustomization
from penstock.base.masking import Masker
from penstock.cluster.connect import open_cluster
from penstock.tools.upstream import Upstream, program

from tests.kustomize.live import Live
from tests.kustomize.world import World
from tests.support.audit import Audit
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane

    from tests.support.kube import Kube

_CRDS = Path(__file__).resolve().parents[2] / "infra" / "crds"


@pytest.fixture
def world() -> World:
    """A GitRepository `fleet`, nothing pushed to it yet."""
    return World()


@pytest.fixture(scope="session")
def flux_cluster(kubeconfig: Path) -> ApiCluster:
    """The real API server with our CRDs, as administrator."""
    cluster = open_cluster(kubeconfig, "", {}, Masker())
    for file in sorted(_CRDS.glob("*.yaml")):
        for obj in yaml.safe_load_all(file.read_text()):
            cluster.apply(obj, field_manager="test")
    kinds = (git_repository("", ""), kustomization("", ""))
    eventually(
        lambda: all(cluster.discovery().refresh().find(kind.group, kind.kind) for kind in kinds),
        "Flux's kinds",
    )
    return cluster


@pytest.fixture(scope="session")
def real_builder() -> Iterator[Upstream]:
    """The real helper."""
    with Upstream(program()) as started:
        yield started


@pytest.fixture
def live(flux_cluster: ApiCluster, real_builder: Upstream, namespace: str) -> Live:
    """The same world on the real API server, in a namespace of its own."""
    return Live(flux_cluster, real_builder, namespace)


@pytest.fixture
def audit(control_plane: ControlPlane, kube: Kube) -> Audit:
    """What reaches the API server."""
    return Audit(control_plane, kube)
