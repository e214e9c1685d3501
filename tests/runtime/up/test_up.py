"""The main job as a person runs it: processes, exit codes, and what is left afterwards."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from penstock.api.crds import manifests
from penstock.runtime.up.sample import BROUGHT_BY
from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.progress import silent
from penstock.tools.worktree import Worktree

from tests.support.kube import Kube
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


PENSTOCK = Path(sys.executable).parent / "penstock"
ROOT = Path(__file__).resolve().parents[3]
HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass(frozen=True)
class Ended:
    code: int
    output: str


def penstock(*arguments: str, cwd: Path) -> Ended:
    """Runs penstock without a terminal; nobody may use the KUBECONFIG and the proxies of its environment."""
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:1")
    env = {**os.environ, **proxies, "KUBECONFIG": str(cwd / "nobody-may-read-this")}
    done = subprocess.run(
        [PENSTOCK, *arguments],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A person's own cluster: a control plane that no other test writes to."""
    folder = tmp_path_factory.mktemp("own-cluster")
    with ControlPlane.start(folder, workloads=True, progress=silent) as plane:
        yield plane


@pytest.fixture
def cluster(own: ControlPlane) -> Iterator[Kube]:
    with Kube(own) as client:
        yield client


def names(client: Kube, path: str) -> set[str]:
    found = client.get(path)
    assert found is not None
    return {item["metadata"]["name"] for item in found["items"]}


def test_one_round_on_the_embedded_default_needs_no_terminal_and_leaves_nothing_running(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    del control_plane  # the programs are built
    done = penstock("up", "--once", cwd=tmp_path)
    assert done.code == 0, done.output
    assert "webhook answered 202" in done.output
    assert "Deployment/hello/hello" in done.output
    assert "ConfigMap/hello/hello configured" in done.output
    assert re.search(r"✔ from push to applied: \d+ ms", done.output)
    assert "✔ the API server reaches the admission hook" in done.output
    assert re.search(r"✔ looked at, without a push and without a tick +\d+ ms", done.output)
    assert "no control plane runs" in penstock("control-plane", "status", cwd=tmp_path).output
    assert penstock("down", cwd=tmp_path).code == 0
    assert not (tmp_path / ".penstock").exists()


def test_a_round_that_fails_says_why_and_exits_with_1(control_plane: ControlPlane, tmp_path: Path) -> None:
    del control_plane
    broken = tmp_path / ".penstock/fleet/apps/hello"
    broken.mkdir(parents=True)
    (tmp_path / ".penstock/up.json").write_text("{}")
    (broken / "configmap.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n")
    person = Worktree(tmp_path / ".penstock/fleet")
    person.create("https://example.com/fleet.git", "main")
    person.commit("Break it")
    done = penstock("up", "--once", cwd=tmp_path)
    assert done.code == 1
    assert "✗ Kustomization/flux-system/sample: " in done.output
    assert "no control plane runs" in penstock("control-plane", "status", cwd=tmp_path).output


def test_it_stays_up_until_it_is_interrupted(control_plane: ControlPlane, tmp_path: Path) -> None:
    del control_plane
    log = tmp_path / "output"
    with log.open("w") as output:
        process = subprocess.Popen([PENSTOCK, "up"], cwd=tmp_path, stdout=output, stderr=output)
    eventually(lambda: process.poll() is not None or "Ctrl-C ends it" in log.read_text(), "the first round")
    assert process.poll() is None, log.read_text()
    second = penstock("up", cwd=tmp_path)
    assert (second.code, "already runs" in second.output) == (1, True)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0, log.read_text()
    assert "no control plane runs" in penstock("control-plane", "status", cwd=tmp_path).output


def test_a_cluster_of_your_own_is_not_written_to_without_consent(own: ControlPlane, tmp_path: Path) -> None:
    done = penstock("up", "--once", "--kubeconfig", str(own.kubeconfig), cwd=tmp_path)
    assert (done.code, "nothing was changed" in done.output) == (1, True)
    with Kube(own) as client:
        assert not names(client, CRDS)


def test_what_was_brought_to_your_own_cluster_is_taken_away_without_a_rest(
    own: ControlPlane, cluster: Kube, tmp_path: Path
) -> None:
    before = names(cluster, "/api/v1/namespaces")
    done = penstock("up", "--once", "--yes", "--kubeconfig", str(own.kubeconfig), cwd=tmp_path)
    assert done.code == 0, done.output
    assert len(names(cluster, CRDS)) == len(manifests())
    assert names(cluster, "/api/v1/namespaces") == before | {"penstock-sample", "hello"}
    assert "✔ the API server reaches the admission hook" in done.output
    assert not names(cluster, HOOKS), "nobody is there to be called any more"
    elsewhere = penstock("up", "--once", cwd=tmp_path)
    assert (elsewhere.code, "`make down` first" in elsewhere.output) == (1, True)
    gone = penstock("down", cwd=tmp_path)
    assert gone.code == 0, gone.output
    eventually(lambda: not names(cluster, CRDS), "the CRDs' end")
    eventually(lambda: names(cluster, "/api/v1/namespaces") == before, "the namespaces' end")
    assert "✔ nothing of penstock is left" in gone.output


def test_crds_that_were_there_before_stay_as_they_are(
    own: ControlPlane, cluster: Kube, tmp_path: Path
) -> None:
    for crd in manifests():
        cluster.post(CRDS, crd)
    done = penstock("up", "--once", "--yes", "--kubeconfig", str(own.kubeconfig), cwd=tmp_path)
    assert done.code == 0, done.output
    assert "was there before and stays as it is" in done.output
    assert penstock("down", cwd=tmp_path).code == 0
    for name in names(cluster, CRDS):
        stored = cluster.get(f"{CRDS}/{name}")
        assert stored is not None
        assert BROUGHT_BY not in (stored["metadata"].get("annotations") or {})
    assert len(names(cluster, CRDS)) == len(manifests())


def test_it_stands_down_where_flux_itself_runs(own: ControlPlane, cluster: Kube, tmp_path: Path) -> None:
    labels = {"app.kubernetes.io/part-of": "flux", "app": "source-controller"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "manager", "image": "x:v1"}]}}
    deployment = {
        "metadata": {"name": "source-controller", "labels": labels},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "source-controller"}}, "template": pod},
    }
    path = "/apis/apps/v1/namespaces/default/deployments"
    cluster.post(path, deployment)

    def ready() -> bool:
        found = cluster.get(f"{path}/source-controller")
        return found is not None and bool(found["status"].get("readyReplicas"))

    eventually(ready, "the Deployment")
    done = penstock("up", "--once", "--yes", "--kubeconfig", str(own.kubeconfig), cwd=tmp_path)
    cluster.delete(f"{path}/source-controller")
    assert done.code == 1
    assert (
        "standing down: Flux's own controllers run on this cluster (default/source-controller)" in done.output
    )


def _make(*arguments: str, **env: str) -> str:
    """What make would run."""
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "up", *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_only_a_kubeconfig_on_the_command_line_of_make_reaches_a_cluster() -> None:
    assert "--kubeconfig" not in _make(KUBECONFIG="/home/me/.kube/config", CONTEXT="prod")
    assert "--kubeconfig '/k' --context 'c' --once --yes" in " ".join(
        _make("KUBECONFIG=/k", "CONTEXT=c", "ONCE=1", "YES=1").split()
    )
