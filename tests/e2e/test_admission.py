"""The API server tells of changes itself: nothing here is pushed, invoked or ticked, unless it says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from penstock.admission.configuration import SELECTOR
from penstock.api.meta import REQUESTED_AT
from penstock.cli import main

from tests.e2e.fleet import Fleet, config_map, revision
from tests.runtime.processes import ask
from tests.runtime.requesting import bearer
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Serve
    from tests.fixtures_git import WorkingCopy
    from tests.support.audit import Audit
    from tests.support.kube import Kube
    from tests.support.kubectl import Kubectl

HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


@pytest.fixture
def hooked(
    serve: Serve, kube: Kube, namespace: str, repository: WorkingCopy, tmp_path: Path
) -> Iterator[Fleet]:
    """A fleet whose API server tells the functions of changes in its namespace; no timer, no webhook."""
    with serve(tmp_path, namespaces=namespace, admission_port=0) as functions:
        functions.running.wait_for("the admission hook is in place")
        fleet = Fleet(kube, functions, namespace, repository)
        eventually(lambda: told(fleet), "the API server knows the hook")
        yield fleet
    remove_hooks(kube)


def hooks(kube: Kube) -> list[str]:
    found = kube.get(f"{HOOKS}?labelSelector={SELECTOR.replace('=', '%3D')}") or {}
    return [item["metadata"]["name"] for item in found["items"]]


def remove_hooks(kube: Kube) -> None:
    for name in hooks(kube):
        kube.delete(f"{HOOKS}/{name}")


def told(fleet: Fleet) -> bool:
    """Whether a dry-run with the mark of a probe is told to the functions."""
    manifest = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "probe", "annotations": {"penstock.dev/probe": "e2e"}},
        "spec": {"url": "https://example.invalid/x", "interval": "1h"},
    }
    fleet.kube.request("POST", f"{fleet.path('GitRepository')}?dryRun=All", manifest)
    return calls(fleet).get("probe", 0) > 0


def calls(fleet: Fleet) -> dict[str, float]:
    """The calls of the API server so far, by what came of them."""
    text = ask(fleet.functions.url, "/metrics", method="GET", headers=bearer())[1].decode()
    prefix = 'penstock_admission_reviews_total{result="'
    lines = (line.removeprefix(prefix).split('"} ') for line in text.splitlines() if line.startswith(prefix))
    return {result: float(count) for result, count in lines}


def test_what_kubectl_and_flux_do_is_acted_on_at_once(hooked: Fleet, kubectl: Kubectl) -> None:
    fleet = hooked
    commit = fleet.copy.publish({"a.yaml": config_map("a", x="1")})
    fleet.add_source()
    fleet.wait_stored(commit)
    fleet.add_kustomization()
    fleet.wait_applied(commit)

    # flux reconcile: a commit that nobody announced is found
    commit = fleet.copy.publish({"a.yaml": config_map("a", x="2")})
    fleet.annotate("GitRepository", "fleet", REQUESTED_AT, "2030-01-01T00:00:00Z")
    fleet.wait_applied(commit)
    eventually(lambda: fleet.answered("GitRepository", "fleet", "2030-01-01T00:00:00Z"), "the answer")

    # flux suspend and resume
    fleet.patch("Kustomization", "apps", {"spec": {"suspend": True}})
    eventually(lambda: observed(fleet), "the suspension is seen")
    fleet.kube.delete(fleet.path("ConfigMap", "a"))
    fleet.annotate("Kustomization", "apps", REQUESTED_AT, "while suspended")
    eventually(lambda: fleet.answered("Kustomization", "apps", "while suspended"), "the answer")
    assert fleet.get("ConfigMap", "a") is None
    fleet.patch("Kustomization", "apps", {"spec": {"suspend": None}})
    eventually(lambda: fleet.get("ConfigMap", "a"), "what drifted is put right")

    # kubectl apply
    found = fleet.the("Kustomization", "apps")
    manifest = {key: found[key] for key in ("apiVersion", "kind")} | {
        "metadata": {"name": "apps", "namespace": fleet.namespace},
        "spec": {**found["spec"], "namePrefix": "my-"},
    }
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(manifest))
    eventually(lambda: fleet.get("ConfigMap", "my-a"), "the new spec is obeyed")
    fleet.wait_applied(commit)

    # kubectl delete
    kubectl("-n", fleet.namespace, "delete", "--wait=false", "kustomization/apps", "gitrepository/fleet")
    eventually(lambda: fleet.get("Kustomization", "apps") is None, "the end of the Kustomization")
    eventually(lambda: fleet.get("GitRepository", "fleet") is None, "the end of the GitRepository")
    assert fleet.get("ConfigMap", "my-a") is None
    assert hooks(fleet.kube), "it is in no inventory, so no prune takes it"


def test_the_command_line_is_answered_at_once_without_an_address_of_the_functions(
    hooked: Fleet, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    for name in ("PENSTOCK_KUBECONFIG", "PENSTOCK_CONTEXT", "PENSTOCK_RECEIVER_URL"):
        monkeypatch.delenv(name, raising=False)

    def act(*args: str) -> str:
        code = main.run([*args, "-n", hooked.namespace])
        told = capsys.readouterr().err
        assert (code, "nobody has looked" in told) == (main.EXIT_OK, False), told
        return told.splitlines()[-1]

    commit = hooked.copy.publish({"a.yaml": config_map("a")})
    act("create", "source", "git", "fleet", f"--url={hooked.copy.url}", "--branch=main", "--interval=1h")
    flags = ("--source=fleet", "--prune", f"--target-namespace={hooked.namespace}", "--interval=1h")
    assert act("create", "ks", "apps", *flags) == f"✔ applied revision {revision(commit)}"
    commit = hooked.copy.publish({"a.yaml": None, "b.yaml": config_map("b")})
    assert act("reconcile", "ks", "apps", "--with-source") == f"✔ applied revision {revision(commit)}"
    act("suspend", "ks", "apps")
    assert act("resume", "ks", "apps") == f"✔ applied revision {revision(commit)}"
    act("delete", "ks", "apps", "--silent")
    eventually(lambda: hooked.get("Kustomization", "apps") is None, "the end of the Kustomization")
    assert hooked.get("ConfigMap", "b") is None


def observed(fleet: Fleet) -> bool:
    obj = fleet.the("Kustomization", "apps")
    return bool(obj["status"]["observedGeneration"] == obj["metadata"]["generation"])


def test_what_penstock_writes_itself_calls_nobody_and_ends(hooked: Fleet, audit: Audit) -> None:
    fleet = hooked
    child = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "child", "namespace": fleet.namespace},
        "spec": {
            "interval": "1h",
            "prune": True,
            "path": "./child",
            "sourceRef": {"kind": "GitRepository", "name": "fleet"},
            "targetNamespace": fleet.namespace,
        },
    }
    commit = fleet.copy.publish({"all/child.yaml": json.dumps(child), "child/b.yaml": config_map("b")})
    fleet.add_source()
    fleet.add_kustomization(path="./all")
    fleet.wait_applied(commit)
    fleet.wait_applied(commit, "child")
    eventually(lambda: not any(queue_items(fleet)), "the queue is empty")
    made = {"probe": calls(fleet)["probe"], "accepted": 3.0}
    assert calls(fleet) == made, "two by hand and one by penstock: finalizers and statuses call nobody"
    mark = audit.mark()
    fleet.annotate("Kustomization", "child", REQUESTED_AT, "once")
    eventually(lambda: fleet.answered("Kustomization", "child", "once"), "the answer")
    eventually(lambda: not any(queue_items(fleet)), "the queue is empty")
    assert calls(fleet) == {**made, "accepted": 4.0}
    about = [one for one in audit.since(mark) if f"/{fleet.namespace}/" in one.uri]
    ours = [one for one in about if "leases" not in one.uri and one.agent.startswith("penstock/")]
    written = [(one.verb, one.uri.partition("?")[0].rpartition("/")[2]) for one in ours if one.writes]
    assert sorted(written) == [("create", "events"), ("patch", "status")]


def queue_items(fleet: Fleet) -> list[Path]:
    return [path for name in ("pending", "claimed") for path in (fleet.functions.queue / name).iterdir()]


def test_a_dry_run_is_told_to_nobody(hooked: Fleet, kubectl: Kubectl) -> None:
    fleet = hooked
    fleet.add_source()
    eventually(lambda: fleet.the("GitRepository", "fleet")["status"].get("conditions"), "the first look")
    before = calls(fleet)
    patch = '{"spec":{"interval":"2h"}}'
    for action in (("patch", "--type=merge", "-p", patch), ("delete", "--wait=false")):
        verb, *flags = action
        kubectl("-n", fleet.namespace, verb, "gitrepository/fleet", "--dry-run=server", *flags)
    assert calls(fleet) == before


def test_without_the_functions_the_api_server_goes_on_and_the_next_tick_catches_up(
    serve: Serve, kube: Kube, namespace: str, repository: WorkingCopy, tmp_path: Path
) -> None:
    with serve(tmp_path, namespaces=namespace, admission_port=0) as functions:
        functions.running.wait_for("the admission hook is in place")
        fleet = Fleet(kube, functions, namespace, repository)
        eventually(lambda: told(fleet), "the API server knows the hook")
    commit = fleet.copy.publish({"a.yaml": config_map("a")})
    fleet.add_source()
    fleet.add_kustomization()
    remove_hooks(kube)
    with serve(tmp_path, namespaces=namespace) as functions:
        fleet = Fleet(kube, functions, namespace, repository)
        assert ask(functions.url, "/tick", b"", bearer())[0] == 202
        fleet.wait_applied(commit)


def test_a_storm_of_changes_comes_to_its_end(hooked: Fleet) -> None:
    fleet = hooked
    commit = fleet.copy.publish({"a.yaml": config_map("a")})
    fleet.add_source()
    fleet.add_kustomization()
    fleet.wait_stored(commit)
    fleet.wait_applied(commit)
    for number in range(1, 41):
        fleet.annotate("Kustomization", "apps", REQUESTED_AT, f"{number:03d}")
    eventually(lambda: fleet.answered("Kustomization", "apps", "040"), "the last answer")
    eventually(lambda: not any(queue_items(fleet)), "the queue is empty")
    told_of = calls(fleet)["accepted"]
    looks = fleet.functions.running.logged("done")
    assert len([line for line in looks if line.get("function") == "apply"]) <= told_of
