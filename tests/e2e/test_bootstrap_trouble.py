"""`penstock bootstrap` that is refused, cut off, or led to a cluster that Flux runs; nobody ticks."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.bootstrap.layout import layout
from penstock.bootstrap.sync import Sync, manifest
from penstock.tools.gitserver import GitServer

from tests.e2e.bootstrapping import (
    PENSTOCK,
    Cluster,
    Forge,
    check_silence,
)
from tests.e2e.layouts import components
from tests.fixtures_git import clone
from tests.runtime.processes import running
from tests.runtime.requesting import SECRET, TOKEN
from tests.support.kubectl import Kubectl
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.support.gitea_server import GiteaServer


def test_a_wrong_token_and_a_missing_right_are_told_in_one_message(forge: Forge, gitea: GiteaServer) -> None:
    ran = forge.bootstrap(token="0" * 40)
    assert ran.code == 1
    assert ran.lines[0].startswith("► connecting to 127.0.0.1:")
    assert ran.lines[1].startswith("✗ ")
    assert "GITEA_TOKEN" in ran.lines[1]
    assert len(ran.lines) == 2
    weak = gitea.token(forge.person.login, forge.person.password, "read:user", "read:repository")
    ran = forge.bootstrap(token=weak)
    assert ran.code == 1
    assert "write" in ran.lines[-1]


def test_a_person_without_rights_and_a_cluster_that_is_away_are_told_in_one_line(
    cluster: Cluster, tmp_path: Path
) -> None:
    config = yaml.safe_load(cluster.plane.kubeconfig.read_text())
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    cluster.kube.post(accounts, {"metadata": {"name": "nobody"}})
    token = cluster.kube.post(f"{accounts}/nobody/token", {"spec": {}})["status"]["token"]
    config["users"][0]["user"] = {"token": token}
    nobody = tmp_path / "nobody"
    nobody.write_text(yaml.safe_dump(config))
    arguments = ("git", "--url=https://127.0.0.1:1/fleet", "--token-auth", "--password=any")
    ran = cluster.bootstrap(*arguments, f"--kubeconfig={nobody}")
    assert (ran.code, len(ran.lines)) == (1, 1)
    assert "forbidden" in ran.stderr.lower()
    assert "; `penstock check --pre` lists the rights that you lack" in ran.stderr
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    nobody.write_text(yaml.safe_dump(config))
    ran = cluster.bootstrap(*arguments, f"--kubeconfig={nobody}")
    assert (ran.code, len(ran.lines)) == (1, 1)
    assert "127.0.0.1:1" in ran.stderr
    check_silence(cluster, token)


def test_an_interrupted_run_says_so_and_the_next_one_finishes_it(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "git").mkdir()
    with GitServer(tmp_path / "git") as server:
        arguments = (
            *("git", "--namespace=cut", "--path=cut", "--token-auth", "--allow-insecure-http"),
            *("--password=any", f"--url={server.create('fleet')}"),
        )
        nobody = {**cluster.settings, "PENSTOCK_INVOKE_TOKEN": "another"}
        with running([PENSTOCK, "bootstrap", *arguments], nobody) as started:
            waiting = '◎ waiting for GitRepository "cut/cut" to be reconciled'
            eventually(lambda: waiting in started.lines, waiting)
            assert started.end(signal.SIGINT) == 130
        assert "✗ interrupted: run the same command again, it goes on from there" in started.lines
        ran = cluster.bootstrap(*arguments)
    assert ran.code == 0, ran.stderr
    assert "✔ sync manifests are up to date" in ran.lines


def _tell(leaks: set[str], pid: int, secrets: tuple[str, ...]) -> bool:
    """Add what a process shows of the secrets in its arguments and environment; whether it is a git.

    Between fork and exec a child is a copy of its parent, so that a git counts as one if it is one before and
    after its environment was read.
    """
    place = Path(f"/proc/{pid}")
    try:
        before = (place / "cmdline").read_bytes()
        variables = (place / "environ").read_bytes()
        after = (place / "cmdline").read_bytes()
    except OSError:
        return False
    git = before == after and before.startswith(b"git\0")
    for secret in secrets:
        if secret.encode() in before + after:
            leaks.add(f"argument of {before[:40]!r}")
        if git and secret.encode() in variables:
            leaks.add(f"environment of {before[:40]!r}")
    return git


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_run_that_is_ended_shows_no_secret_to_other_users_and_is_finished_by_the_next(
    forge: Forge, cluster: Cluster, tmp_path: Path, number: signal.Signals
) -> None:
    name = f"ended{int(number)}"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    login = ("--token-auth", f"--namespace={name}", f"--path={name}")
    argv = [PENSTOCK, "bootstrap", *forge.arguments, *login]
    env = {**cluster.settings, "GITEA_TOKEN": forge.person.token, "TMPDIR": str(temporary)}
    secrets = (forge.person.token, SECRET, TOKEN, forge.person.password)
    leaks, gits = set[str](), set[int]()
    with running(argv, env) as started:
        while not any(line.startswith("► installing components") for line in started.lines):
            assert started.process.poll() is None, started.output
            gits |= {pid for pid in _family(started.process.pid) if _tell(leaks, pid, secrets)}
        code = started.end(number)
    assert (leaks, bool(gits)) == (set(), True)
    if number is signal.SIGKILL:
        assert code == -signal.SIGKILL
        assert all(path.stat().st_mode & 0o077 == 0 for path in temporary.iterdir()), "ours alone"
    else:
        assert code == 130
        assert "✗ interrupted: run the same command again, it goes on from there" in started.lines
        assert not list(temporary.iterdir())
    cluster.said.append(started.output)
    ran = forge.bootstrap(*login)
    assert ran.code == 0, ran.stderr
    forge.pull()
    assert len(forge.copy.git("log", "--format=%s").splitlines()) == 2
    assert forge.counts() == (0, 1)
    check_silence(cluster, *secrets)


def _family(pid: int) -> set[int]:
    """A process and its children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return set()
    return {pid, *map(int, children)}


PATCH = """\
patches:
- target: {kind: Deployment, name: source-controller}
  patch: |
    - {op: add, path: /spec/template/metadata/annotations, value: {mine: kept}}
"""
APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: podinfo, namespace: taken}
spec:
  replicas: 2
  selector: {matchLabels: {app: podinfo}}
  template:
    metadata: {labels: {app: podinfo}}
    spec: {containers: [{name: podinfo, image: "podinfo:6"}]}
"""


def _bootstrapped_by_flux(url: str) -> dict[str, str]:
    """What `flux bootstrap git --token-auth` leaves, with a patch and an app of the person's."""
    head = "---\n# This manifest was generated by flux. DO NOT EDIT.\n# Flux Version: v2.8.0\n"
    resources = "resources:\n- gotk-components.yaml\n- gotk-sync.yaml\n"
    followed = Sync(layout("clusters/prod", "taken"), url, "main", 60, "taken")
    return {
        "clusters/prod/taken/gotk-components.yaml": f"{head}---\n{components('taken')}",
        "clusters/prod/taken/gotk-sync.yaml": manifest(followed),
        "clusters/prod/taken/kustomization.yaml": resources + PATCH,
        "clusters/prod/podinfo.yaml": APP,
        "clusters/prod/kustomization.yaml": "resources: [taken, podinfo.yaml]\n",
    }


def _pods(cluster: Cluster) -> set[str]:
    found = cluster.kube.get("/api/v1/namespaces/taken/pods?labelSelector=app%3Dpodinfo")
    return {pod["metadata"]["uid"] for pod in (found or {"items": []})["items"]}


def _ready(cluster: Cluster, name: str) -> int:
    found = cluster.get("Deployment", name, "taken")
    return int((found or {}).get("status", {}).get("readyReplicas", 0))


def test_a_cluster_that_flux_runs_is_taken_over_with_consent_and_no_pod_restarts(
    cluster: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "git").mkdir()
    cluster.plane.start_workloads()
    kubectl = Kubectl(cluster.plane.kubectl, cluster.plane.kubeconfig)
    with GitServer(tmp_path / "git") as server:
        copy = clone(server, "fleet", tmp_path / "copy")
        commit = copy.publish(_bootstrapped_by_flux(copy.url))
        apply = ("apply", "--server-side", "--force-conflicts", "--field-manager=kustomize-controller")
        folder = str(copy.path / "clusters/prod")
        eventually(lambda: kubectl.run(*apply, "-k", folder).returncode == 0, "what Flux has applied")
        status = {"lastAppliedRevision": f"main@sha1:{commit}", "observedGeneration": 1, "conditions": []}
        path = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/taken/kustomizations/taken"
        cluster.kube.merge(f"{path}/status", {"status": status})
        eventually(lambda: _ready(cluster, "podinfo") == 2 and _ready(cluster, "source-controller"), "pods")
        pods = _pods(cluster)

        arguments = (
            *("git", "--namespace=taken", "--path=clusters/prod", "--token-auth", "--allow-insecure-http"),
            *("--password=any", f"--url={copy.url}"),
        )
        ran = cluster.bootstrap(*arguments)
        assert ran.code == 1
        assert ran.lines[-1].startswith("✗ nothing was changed: there is no terminal to ask on")
        assert _ready(cluster, "source-controller") == 1

        ran = cluster.bootstrap(*arguments, "--yes")
        assert ran.code == 0, ran.stderr
        assert "► scaling Flux's own controllers to 0" in ran.lines
        assert server.refs("fleet")["refs/heads/main"] == commit, "nothing had to be pushed"
    held = cluster.the("Deployment", "source-controller", "taken")
    assert held["spec"]["replicas"] == 0
    assert held["spec"]["template"]["metadata"]["annotations"] == {"mine": "kept"}
    assert _pods(cluster) == pods
    eventually(lambda: not running_controllers_of(kubectl), "the end of Flux's pods")


def running_controllers_of(kubectl: Kubectl) -> str:
    """What is left of the pods of Flux's controllers."""
    return kubectl("get", "pods", "-n", "taken", "-l", "app=source-controller", "-o", "name").strip()
