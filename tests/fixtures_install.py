"""A control plane that installations may come to and go from; `pytest_plugins` in conftest.py loads it.

That of the other tests keeps its CRDs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.masking import Masker
from penstock.cluster.connect import open_cluster
from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.cluster.client import ApiCluster


@pytest.fixture(scope="session")
def install_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """API server and etcd, and what makes Deployments ready."""
    folder = tmp_path_factory.mktemp("install-plane")
    with ControlPlane.start(folder, workloads=True, progress=silent) as started:
        yield started


@pytest.fixture
def install_cluster(install_plane: ControlPlane) -> ApiCluster:
    """That cluster as its administrator."""
    return open_cluster(install_plane.kubeconfig, "", {}, Masker())
