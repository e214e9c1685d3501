"""The real API server with Flux's kinds; `pytest_plugins` in conftest.py loads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.api.refs import git_repository, kustomization
from penstock.base.masking import Masker
from penstock.cluster.connect import open_cluster
from penstock.tools.upstream import Upstream, program

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.cluster.client import ApiCluster

_CRDS = Path(__file__).resolve().parents[1] / "infra" / "crds"


@pytest.fixture(scope="session")
def flux_cluster(kubeconfig: Path) -> ApiCluster:
    """The real API server with our CRDs, as administrator."""
    return install_crds(kubeconfig)


@pytest.fixture(scope="session")
def real_upstream() -> Iterator[Upstream]:
    """The real helper."""
    with Upstream(program()) as started:
        yield started


def install_crds(kubeconfig: Path) -> ApiCluster:
    """Flux's kinds, once the API server serves them; gives the client."""
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
