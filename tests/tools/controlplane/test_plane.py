"""The control plane of the whole run, seen from outside."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.kube import Kube
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.tools.controlplane.plane import ControlPlane

    from tests.support.audit import Audit

CONTAINERS = [{"name": "main", "image": "example.dev/app:1"}]


def kubectl(plane: ControlPlane, *arguments: str) -> dict[str, Any]:
    argv: list[str | Path] = [plane.kubectl, "--kubeconfig", plane.kubeconfig, *arguments, "-o", "json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env={"HOME": "/nonexistent"})
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_client_and_server_say_the_pinned_version(control_plane: ControlPlane) -> None:
    told = kubectl(control_plane, "version")
    for side in (told["clientVersion"], told["serverVersion"]):
        assert (side["gitVersion"], side["major"], side["minor"]) == ("v1.37.2", "1", "37")
        assert side["gitTreeState"] == "clean"


def test_nobody_gets_in_without_an_identity(control_plane: ControlPlane) -> None:
    with Kube(control_plane, token="nonsense") as stranger:
        assert stranger.request("GET", "/api/v1/namespaces")[0] == 401


def test_a_service_account_may_do_what_it_was_given(
    control_plane: ControlPlane, kube: Kube, namespace: str
) -> None:
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    kube.post(accounts, {"metadata": {"name": "robot"}})
    token = kube.post(f"{accounts}/robot/token", {"spec": {}})["status"]["token"]
    with Kube(control_plane, token) as robot:
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        assert robot.request("GET", path)[0] == 403
        rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
        kube.post(f"{rbac}/roles", {"metadata": {"name": "reader"}, "rules": [rule]})
        subject = {"kind": "ServiceAccount", "name": "robot", "namespace": namespace}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
        kube.post(f"{rbac}/rolebindings", {"metadata": {"name": "r"}, "roleRef": role, "subjects": [subject]})
        eventually(lambda: robot.request("GET", path)[0] == 200)


def test_a_deployment_gets_ready_and_its_pods_go_with_it(
    workloads: ControlPlane, kube: Kube, namespace: str
) -> None:
    assert workloads.has_workloads
    labels = {"app": "web"}
    pod = {"containers": CONTAINERS, "initContainers": [{"name": "first", "image": "example.dev/init:1"}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    deployments = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    kube.post(deployments, {"metadata": {"name": "web"}, "spec": spec})
    eventually(lambda: ((kube.get(f"{deployments}/web") or {})["status"]).get("readyReplicas") == 2)
    kube.delete(f"{deployments}/web?propagationPolicy=Background")
    eventually(lambda: not (kube.get(f"/api/v1/namespaces/{namespace}/pods") or {})["items"])


def test_a_job_completes(workloads: ControlPlane, kube: Kube, namespace: str) -> None:
    assert workloads.has_workloads
    template = {"spec": {"containers": CONTAINERS, "restartPolicy": "Never"}}
    jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    kube.post(jobs, {"metadata": {"name": "once"}, "spec": {"template": template}})
    eventually(lambda: (kube.get(f"{jobs}/once") or {})["status"].get("succeeded") == 1)


@pytest.mark.usefixtures("workloads")
def test_starting_the_workloads_again_starts_nothing(control_plane: ControlPlane) -> None:
    recorded = control_plane.kubeconfig.with_name("state.json").read_text()
    control_plane.start_workloads()
    assert control_plane.kubeconfig.with_name("state.json").read_text() == recorded


def test_workloads_can_be_stopped_and_started_again(
    workloads: ControlPlane, kube: Kube, namespace: str
) -> None:
    workloads.stop_workloads()
    assert not workloads.has_workloads
    assert kube.get("/api/v1/namespaces/default")
    assert "kwok" not in workloads.kubeconfig.with_name("state.json").read_text()
    workloads.start_workloads()
    assert workloads.has_workloads
    pods = f"/api/v1/namespaces/{namespace}/pods"
    kube.post(pods, {"metadata": {"name": "a"}, "spec": {"containers": CONTAINERS}})
    eventually(lambda: (kube.get(f"{pods}/a") or {})["status"]["phase"] == "Running", seconds=20)


def test_the_audit_log_tells_who_did_what(audit: Audit, kube: Kube, namespace: str) -> None:
    mark = audit.mark()
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    kube.post(f"{path}?dryRun=All", {"metadata": {"name": "a"}})
    kube.post(path, {"metadata": {"name": "a"}})
    kube.get(f"{path}/b")
    mine = [one for one in audit.since(mark) if one.user == "penstock-admin"]
    assert [(one.verb, one.code, one.writes) for one in mine] == [
        ("create", 201, False),
        ("create", 201, True),
        ("get", 404, False),
    ]


def test_the_kubeconfig_is_its_owner_s_only(kubeconfig: Path) -> None:
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    assert kubeconfig.parent.stat().st_mode & 0o777 == 0o700
