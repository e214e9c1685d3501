"""The client on the real control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.masking import Masker
from penstock.cluster.connect import open_cluster

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.client import ApiCluster


@pytest.fixture(scope="session")
def api_cluster(kubeconfig: Path) -> ApiCluster:
    """As administrator."""
    return open_cluster(kubeconfig, "", {}, Masker())
