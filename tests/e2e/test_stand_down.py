"""Beside Flux's own controllers nothing is done, until they are scaled to none (architecture decision 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.fleet import Fleet, config_map

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.tools.controlplane.plane import ControlPlane

    from tests.e2e.conftest import Serve
    from tests.fixtures_git import WorkingCopy
    from tests.support.audit import Audit
    from tests.support.kube import Kube
    from tests.support.kubectl import Kubectl

NAME = "kustomize-controller"


@pytest.fixture
def flux(workloads: ControlPlane, kubectl: Kubectl, namespace: str) -> Iterator[str]:
    """One of Flux's controllers, running; the namespace that it is in."""
    assert workloads.has_workloads
    at = ("-n", namespace)
    kubectl("create", "deployment", NAME, *at, "--image=ghcr.io/fluxcd/kustomize-controller:v1.9.0")
    kubectl("label", "deployment", NAME, *at, "app.kubernetes.io/part-of=flux")
    kubectl("rollout", "status", f"deployment/{NAME}", *at, "--timeout=60s")
    yield namespace
    kubectl("delete", "deployment", NAME, *at, "--timeout=60s")


def test_it_stands_down_beside_flux_and_goes_on_when_flux_is_gone(
    flux: str,
    serve: Serve,
    kube: Kube,
    kubectl: Kubectl,
    audit: Audit,
    repository: WorkingCopy,
    tmp_path: Path,
) -> None:
    mark = audit.mark()
    with serve(tmp_path, namespaces=flux, tick_seconds=1) as functions:
        fleet = Fleet(kube, functions, flux, repository)
        fleet.add_source()
        fleet.add_kustomization()
        commit = fleet.push({"a.yaml": config_map("a")})
        for function in ("fetch", "tick"):
            line = functions.running.wait_for("standing down", function=function)
            assert f"{flux}/{NAME}" in line["message"]
        ours = [one for one in audit.since(mark) if one.agent.startswith("penstock/")]
        assert {(one.verb, one.uri.partition("?")[0]) for one in ours} <= {
            ("list", "/apis/apps/v1/deployments"),
            ("get", "/api"),
            ("get", "/apis"),
        }
        assert fleet.the("GitRepository", "fleet")["status"] == {"observedGeneration": -1}
        kubectl("scale", f"deployment/{NAME}", "-n", flux, "--replicas=0")
        fleet.wait_applied(commit)
        assert fleet.get("ConfigMap", "a")
