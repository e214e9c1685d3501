"""`penstock install`, `version` and `uninstall` as a person types them, on a cluster of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock import __version__
from penstock.api.refs import ObjectRef, definition
from penstock.cli import main
from penstock.cluster.flux import running_controllers

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane

NAMESPACE = "cli-flux"
OTHER = "cli-other"
"""The end of a namespace takes its time."""
GIT = definition("gitrepositories.source.toolkit.fluxcd.io")
STUB = ObjectRef("apps", "v1", "Deployment", NAMESPACE, "source-controller")


@pytest.fixture
def cluster(
    install_plane: ControlPlane, install_cluster: ApiCluster, monkeypatch: pytest.MonkeyPatch
) -> ApiCluster:
    """The cluster that the environment names, without any components."""
    for name in ("PENSTOCK_CONTEXT", "PENSTOCK_KUBECONFIG", "PENSTOCK_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(install_plane.kubeconfig))
    monkeypatch.setenv("FLUX_SYSTEM_NAMESPACE", NAMESPACE)
    assert main.run(["uninstall", "--silent", "--keep-namespace"]) == main.EXIT_OK
    return install_cluster


def label(cluster: ApiCluster, key: str, value: str | None) -> None:
    cluster.merge_patch(GIT, {"metadata": {"labels": {key: value}}}, field_manager="test")


def test_from_nothing_to_installed_and_back(cluster: ApiCluster, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main.run(["version"]) == main.EXIT_FAILED
    assert capsys.readouterr().err == (
        "✗ Flux's kinds are not in the cluster: `penstock install` brings them\n"
    )
    assert main.run(["install", "--dry-run"]) == main.EXIT_OK
    assert f"{STUB} created (dry run)" in capsys.readouterr().out
    assert cluster.get(GIT) is None
    assert main.run(["install"]) == main.EXIT_OK
    told = capsys.readouterr()
    assert f"{STUB} created" in told.out.splitlines()
    assert told.err.splitlines() == [
        "✚ generating manifests",
        "✔ manifests build completed",
        f"► installing components in {NAMESPACE} namespace",
        "◎ verifying installation",
        "✔ install finished",
        f"► the functions' rights are those of ServiceAccount {NAMESPACE}/penstock: docs/operate.md, Rights",
    ]
    assert main.run(["install"]) == main.EXIT_OK
    assert {line.rpartition(" ")[2] for line in capsys.readouterr().out.splitlines()} == {"unchanged"}
    assert main.run(["uninstall", "--dry-run"]) == main.EXIT_OK
    assert f"✔ {STUB} deleted (dry run)" in capsys.readouterr().err
    assert cluster.get(STUB) is not None
    assert main.run(["uninstall"]) == main.EXIT_FAILED
    assert "there is no terminal to ask on; say --silent if it is meant" in capsys.readouterr().err
    assert cluster.get(STUB) is not None
    assert main.run(["uninstall", "-s"]) == main.EXIT_OK
    told = capsys.readouterr()
    assert told.err.splitlines()[-2:] == [f"✔ Namespace/{NAMESPACE} deleted", "✔ uninstall finished"]
    assert cluster.get(GIT) is None


def test_the_versions_of_this_program_and_of_the_cluster(
    cluster: ApiCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cluster.get(GIT) is None
    assert main.run(["install", "-n", OTHER]) == main.EXIT_OK
    capsys.readouterr()
    assert main.run(["version", "-n", OTHER, "-o", "json"]) == main.EXIT_OK
    assert json.loads(capsys.readouterr().out) == {
        "penstock": f"v{__version__}",
        "flux": "v2.9.4",
        "distribution": "flux-v2.9.4",
        "source-controller": "v1.9.4",
        "kustomize-controller": "v1.9.4",
        "helm-controller": "v1.6.3",
        "notification-controller": "v1.9.3",
        "crds": {
            "gitrepositories.source.toolkit.fluxcd.io": "v1",
            "kustomizations.kustomize.toolkit.fluxcd.io": "v1",
        },
    }
    assert main.run(["version", "--client"]) == main.EXIT_OK
    assert yaml.safe_load(capsys.readouterr().out) == {"penstock": f"v{__version__}", "flux": "v2.9.4"}


def test_what_another_tool_or_a_repository_brought_is_not_overridden_unasked(
    cluster: ApiCluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUX_SYSTEM_NAMESPACE", OTHER)
    assert main.run(["install"]) == main.EXIT_OK
    label(cluster, "app.kubernetes.io/managed-by", "Helm")
    capsys.readouterr()
    assert main.run(["install"]) == main.EXIT_FAILED
    assert "say --force if it is meant" in capsys.readouterr().err
    assert main.run(["install", "--force"]) == main.EXIT_OK
    label(cluster, "app.kubernetes.io/managed-by", None)
    label(cluster, "kustomize.toolkit.fluxcd.io/namespace", NAMESPACE)
    capsys.readouterr()
    assert main.run(["install", "--force"]) == main.EXIT_FAILED
    assert (
        "has already been bootstrapped with Flux v2.9.4! Use `penstock bootstrap`" in capsys.readouterr().err
    )


@pytest.mark.usefixtures("cluster")
def test_a_cluster_that_does_not_answer_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere/kubeconfig")
    for verb in ("install", "uninstall", "version"):
        capsys.readouterr()
        assert main.run([verb]) == main.EXIT_FAILED
        (line,) = [one for one in capsys.readouterr().err.splitlines() if one.startswith("✗")]
        assert "/nowhere/kubeconfig" in line


def test_flux_that_runs_is_taken_over_only_if_that_is_meant(
    cluster: ApiCluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUX_SYSTEM_NAMESPACE", OTHER)
    assert main.run(["install"]) == main.EXIT_OK
    stub = ObjectRef("apps", "v1", "Deployment", OTHER, "source-controller")
    cluster.merge_patch(stub, {"spec": {"replicas": 1}}, field_manager="flux")
    eventually(lambda: running_controllers(cluster), "a controller that is ready")
    capsys.readouterr()
    for arguments in (["install"], ["install", "--no-stubs", "--force"], ["uninstall", "--silent"]):
        assert main.run(arguments) == main.EXIT_FAILED
        assert f"Flux's own controllers run ({OTHER}/source-controller)" in capsys.readouterr().err
    assert main.run(["install", "--force"]) == main.EXIT_OK
    assert running_controllers(cluster) == ()
    assert f"{stub} configured" in capsys.readouterr().out
