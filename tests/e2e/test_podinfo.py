"""podinfo's own manifests, from a push to ready Pods, beside what the real kubectl makes of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.fleet import OWNER, Fleet, revision
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from penstock.tools.controlplane.plane import ControlPlane

    from tests.support.audit import Audit, Request
    from tests.support.kubectl import Kubectl

PODINFO = Path(__file__).resolve().parents[3] / "shared" / "fleets" / "podinfo"
BOOKKEEPING = re.compile(r"\.toolkit\.fluxcd\.io/|/events|\.k8s\.io/v1/namespaces/[^/]+/leases")

pytestmark = pytest.mark.skipif(not PODINFO.is_dir(), reason="../shared is absent: no podinfo to apply")


@pytest.fixture
def podinfo(fleet: Fleet) -> Fleet:
    """podinfo in a Git repository, pushed and applied."""
    fleet.add_source()
    fleet.add_kustomization(path="./kustomize")
    files = {
        str(file.relative_to(PODINFO)): file.read_bytes() for file in PODINFO.rglob("*") if file.is_file()
    }
    fleet.wait_applied(fleet.push(files, "Add podinfo"))
    return fleet


def rendered(kubectl: Kubectl, podinfo: Fleet) -> str:
    """What is in the working copy, as kubectl renders it."""
    return kubectl("kustomize", str(podinfo.copy.path / "kustomize"))


def difference(kubectl: Kubectl, podinfo: Fleet, *options: str) -> list[str]:
    """The lines that `kubectl diff` of that shows, without their file names."""
    done = kubectl.run("diff", "-n", podinfo.namespace, *options, "-f", "-", stdin=rendered(kubectl, podinfo))
    assert done.returncode in {0, 1}, done.stderr
    return [line for line in done.stdout.splitlines() if re.match(r"[-+](?![-+]{2} )", line)]


def settle_at(wanted: list[str], kubectl: Kubectl, podinfo: Fleet, *options: str) -> None:
    """Fails unless the difference is this one; controllers that write meanwhile show in it for a moment."""
    shown: list[list[str]] = []

    def settled() -> bool:
        shown.append(difference(kubectl, podinfo, *options))
        return shown[-1] == wanted or len(shown) == 10

    eventually(settled, "kubectl diff")
    assert shown[-1] == wanted


def writes(requests: tuple[Request, ...]) -> list[tuple[str, str]]:
    """Verb and path of what penstock wrote, apart from Flux's objects, events and its own Leases."""
    ours = [one for one in requests if one.writes and one.agent.startswith("penstock/")]
    paths = [(one.verb, one.uri.partition("?")[0]) for one in ours]
    return [(verb, path) for verb, path in paths if not BOOKKEEPING.search(path)]


def test_the_cluster_holds_exactly_what_kubectl_renders_and_our_labels(
    podinfo: Fleet, kubectl: Kubectl, workloads: ControlPlane
) -> None:
    assert workloads.has_workloads
    kubectl("rollout", "status", "deployment/podinfo", "-n", podinfo.namespace, "--timeout=60s")
    assert podinfo.the("Deployment", "podinfo")["status"]["readyReplicas"] > 0
    assert podinfo.the("HorizontalPodAutoscaler", "podinfo")["spec"]["maxReplicas"] == 4
    settle_at([], kubectl, podinfo)
    as_owner = ("--server-side", "--force-conflicts", "--field-manager=kustomize-controller")
    labels = ["-  labels:", f"-    {OWNER}/name: apps", f"-    {OWNER}/namespace: {podinfo.namespace}"]
    settle_at(labels * 3, kubectl, podinfo, *as_owner)


def test_one_changed_value_writes_one_object(podinfo: Fleet, audit: Audit, kubectl: Kubectl) -> None:
    service = (podinfo.copy.path / "kustomize" / "service.yaml").read_text()
    mark = audit.mark()
    commit = podinfo.push({"kustomize/service.yaml": service.replace("9898", "9899")})
    podinfo.wait_applied(commit)
    assert writes(audit.since(mark)) == [("patch", podinfo.path("Service", "podinfo"))]
    settle_at([], kubectl, podinfo)
    mark = audit.mark()
    podinfo.wait_applied(podinfo.push({"README.md": "Nothing of it is applied."}))
    assert writes(audit.since(mark)) == []


def test_a_removed_file_deletes_its_object_and_a_revert_brings_it_back(
    podinfo: Fleet, audit: Audit, kubectl: Kubectl
) -> None:
    resources = (podinfo.copy.path / "kustomize" / "kustomization.yaml").read_text()
    mark = audit.mark()
    without = {
        "kustomize/hpa.yaml": None,
        "kustomize/kustomization.yaml": resources.replace("  - hpa.yaml\n", ""),
    }
    podinfo.wait_applied(podinfo.push(without, "Remove the autoscaler"))
    autoscaler = podinfo.path("HorizontalPodAutoscaler", "podinfo")
    assert writes(audit.since(mark)) == [("delete", autoscaler)]
    assert podinfo.kube.get(autoscaler) is None
    mark = audit.mark()
    podinfo.copy.git("revert", "--no-edit", "HEAD")
    podinfo.copy.push()
    podinfo.announce()
    podinfo.wait_applied(podinfo.copy.git("rev-parse", "HEAD"))
    assert writes(audit.since(mark)) == [("patch", autoscaler)]
    settle_at([], kubectl, podinfo)


def test_a_force_push_backwards_is_followed(podinfo: Fleet, kubectl: Kubectl) -> None:
    first = podinfo.copy.git("rev-parse", "HEAD")
    service = (podinfo.copy.path / "kustomize" / "service.yaml").read_text()
    podinfo.wait_applied(podinfo.push({"kustomize/service.yaml": service.replace("9898", "9899")}))
    podinfo.copy.git("reset", "--quiet", "--hard", first)
    podinfo.copy.push(force=True)
    podinfo.announce()
    status = podinfo.wait_applied(first)["status"]
    assert status["lastAppliedRevision"] == status["lastAttemptedRevision"] == revision(first)
    assert podinfo.the("GitRepository", "fleet")["status"]["artifact"]["revision"] == revision(first)
    assert podinfo.the("Service", "podinfo")["spec"]["ports"][0]["port"] == 9898
    settle_at([], kubectl, podinfo)


def test_kubectl_shows_what_it_shows_with_flux(podinfo: Fleet, kubectl: Kubectl) -> None:
    at = revision(podinfo.copy.git("rev-parse", "HEAD"))
    lines = kubectl("get", "gitrepositories,kustomizations", "-A").splitlines()
    heads = [re.split(r" {2,}", line.strip()) for line in lines if line.startswith("NAMESPACE")]
    assert heads == [
        ["NAMESPACE", "NAME", "URL", "AGE", "READY", "STATUS"],
        ["NAMESPACE", "NAME", "AGE", "READY", "STATUS"],
    ]
    rows = [re.split(r" {2,}", line) for line in lines if line.startswith(f"{podinfo.namespace} ")]
    assert [[cell for cell in row if not re.fullmatch(r"\d+s", cell)] for row in rows] == [
        [
            podinfo.namespace,
            "gitrepository.source.toolkit.fluxcd.io/fleet",
            podinfo.copy.url,
            "True",
            f"stored artifact for revision '{at}'",
        ],
        [
            podinfo.namespace,
            "kustomization.kustomize.toolkit.fluxcd.io/apps",
            "True",
            f"Applied revision: {at}",
        ],
    ]
