"""A short soak; `make soak` is the long one."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tests.soak.story import Soak
from tests.soak.world import SoakWorld

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.client import ApiCluster

    from tests.fixtures_git import WorkingCopy
    from tests.support.kube import Kube

ROUNDS = 15
SEED = 20_261


def test_kills_pauses_and_lost_deliveries_leave_nothing_behind(
    flux_cluster: ApiCluster,
    kube: Kube,
    kubeconfig: Path,
    namespace: str,
    repository: WorkingCopy,
    tmp_path: Path,
) -> None:
    del flux_cluster
    soak = Soak(SoakWorld(kube, namespace, repository), Random(SEED), tmp_path, kubeconfig, say=print)
    verdict = soak.run(lambda number: number < ROUNDS)
    assert verdict.good, f"seed {SEED}: {verdict}"
    assert soak.tally["kills"]
    assert soak.tally["leaks"] == 0
