"""The guard against a second reconciler."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.cluster.flux import judge_controllers, running_controllers

from tests.fakes.cluster import FakeCluster


def deployment(
    name: str, namespace: str = "flux-system", part_of: str = "flux", **status: Any
) -> dict[str, Any]:
    labels = {"app.kubernetes.io/part-of": part_of}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "status": status}


def test_controllers_with_ready_replicas_are_found_in_any_namespace() -> None:
    cluster = FakeCluster(
        deployment("source-controller", readyReplicas=1),
        deployment("kustomize-controller-shard1", namespace="apps", readyReplicas=2),
        deployment("helm-controller", replicas=0),
        deployment("web", part_of="shop", readyReplicas=3),
    )
    assert running_controllers(cluster) == (
        "apps/kustomize-controller-shard1",
        "flux-system/source-controller",
    )


def test_a_cluster_without_flux_has_none() -> None:
    assert running_controllers(FakeCluster()) == ()


@pytest.mark.parametrize("status", [None, {}, {"readyReplicas": None}, {"readyReplicas": 0}])
def test_a_deployment_that_is_not_ready_does_not_reconcile(status: Any) -> None:
    assert judge_controllers([{**deployment("source-controller"), "status": status}]) == ()
