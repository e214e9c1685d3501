from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.base.masking import Masker
from penstock.cluster.connect import open_cluster
from penstock.tools.upstream import program

from tests.runtime.processes import ROOT
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.cluster.client import ApiCluster


@pytest.fixture(scope="session")
def flux_api(kubeconfig: Path) -> ApiCluster:
    """The real API server, serving our CRDs; the helper is built as well, before anybody waits for it."""
    program()
    cluster = open_cluster(kubeconfig, "", {}, Masker())
    for file in sorted((ROOT / "infra" / "crds").glob("*.yaml")):
        for obj in yaml.safe_load_all(file.read_text()):
            cluster.apply(obj, field_manager="test")
    for group, kind in (("source", "GitRepository"), ("kustomize", "Kustomization")):
        eventually(lambda g=group, k=kind: cluster.discovery().find(f"{g}.toolkit.fluxcd.io", k), kind)  # type: ignore[misc] # mypy does not infer defaults of lambdas
    return cluster


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a thousand items made durable take a disk many seconds."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder within has a name that nobody can guess
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)
