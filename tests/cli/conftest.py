"""The real API server with a Kustomization, and what a command needs to reach it and its bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.store.folder import FolderBucket

from tests.cli.planner import Person
from tests.kustomize.live import Live

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.client import ApiCluster
    from penstock.tools.upstream import Upstream


@pytest.fixture
def place(tmp_path: Path, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bucket's folder; the environment names it and the cluster."""
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    for name in ("PENSTOCK_CONTEXT", "PENSTOCK_KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("PENSTOCK_BUCKET", str(bucket))
    return bucket


@pytest.fixture
def live(flux_cluster: ApiCluster, real_upstream: Upstream, namespace: str, place: Path) -> Live:
    """A GitRepository `fleet` whose artifacts and records lie in that folder."""
    return Live(flux_cluster, real_upstream, namespace, FolderBucket(place))


@pytest.fixture
def person(live: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Person:
    """With a Kustomization `apps`, whose repository is empty."""
    live.add()
    root = tmp_path / "repository"
    root.mkdir()
    return Person(live, root, capsys)
