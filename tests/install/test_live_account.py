"""The functions' own account: real functions with nothing but its token, on a real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from penstock.api.meta import REQUESTED_AT
from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.install.components import Components, objects
from penstock.install.flow import InstallPorts, install
from penstock.install.removal import Wanted
from penstock.install.uninstall import UninstallPorts, uninstall

from tests.fakes.telling import FakeTell
from tests.runtime.processes import environment, serving
from tests.runtime.requesting import SECRET, TOKEN
from tests.support.kube import Kube
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane

    from tests.fixtures_git import WorkingCopy

NAMESPACE = "flux-system"
ROLE = "only-configmaps"
APPS = kustomization("default", "fleet")
APPLIED = ObjectRef("", "v1", "ConfigMap", "default", "allowed")
OBJECT = "{{apiVersion: v1, kind: {}, metadata: {{name: {}, namespace: default}}}}"


def account(plane: ControlPlane, folder: Path) -> Path:
    """A kubeconfig with a token of the functions' account, as docs/operate.md says."""
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/penstock/token"
    with Kube(plane) as kube:
        token = kube.post(path, {"spec": {"expirationSeconds": 600}})["status"]["token"]
    given = yaml.safe_load(plane.kubeconfig.read_text())
    (folder / "token").write_text(token)
    given["users"][0]["user"] = {"tokenFile": str(folder / "token")}
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(given))
    return file


def installed(cluster: ApiCluster) -> None:
    """The components, with a role for what Git brings that has ConfigMaps only."""
    deadline = Deadline.after(SystemClock(), 60)
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": ROLE}}
    cluster.apply({**role, "rules": rules}, field_manager="test")
    uninstall(UninstallPorts(cluster, deadline, FakeTell(), tuple), Wanted(keep_namespace=True))
    install(InstallPorts(cluster, deadline, FakeTell()), objects(Components(cluster_role=ROLE)))


def fleet(cluster: ApiCluster, url: str) -> None:
    source = git_repository("default", "fleet")
    wanted = {"interval": "1m", "path": "./", "prune": True}
    for ref, spec in (
        (source, {"interval": "1m", "url": url, "ref": {"branch": "main"}}),
        (APPS, {**wanted, "sourceRef": {"kind": "GitRepository", "name": "fleet"}}),
    ):
        meta = {"name": ref.name, "namespace": ref.namespace}
        cluster.create({"apiVersion": ref.api_version, "kind": ref.kind, "metadata": meta, "spec": spec})


def ready(cluster: ApiCluster) -> str:
    """Status and message of the Kustomization's Ready condition."""
    conditions = (cluster.get(APPS) or {}).get("status", {}).get("conditions", ())
    found = next((one for one in conditions if one["type"] == "Ready"), {"status": "", "message": ""})
    return f"{found['status']} {found['message']}"


def test_its_role_is_all_that_the_functions_need_and_git_brings_what_the_other_one_may_write(
    install_plane: ControlPlane, install_cluster: ApiCluster, repository: WorkingCopy, tmp_path: Path
) -> None:
    installed(install_cluster)
    env = environment(
        webhook_secret=SECRET,
        invoke_token=TOKEN,
        kubeconfig=account(install_plane, tmp_path),
        bucket=tmp_path / "bucket",
        queue=tmp_path / "queue",
        tick_seconds=1,
    )
    repository.publish({"a.yaml": OBJECT.format("ConfigMap", "allowed")})
    with serving(env) as (process, _):
        fleet(install_cluster, repository.url)
        eventually(lambda: ready(install_cluster).startswith("True Applied revision"), "it is applied")
        assert install_cluster.get(APPLIED) is not None
        assert "forbidden" not in process.output
        repository.publish({"b.yaml": OBJECT.format("Secret", "refused")})
        request = {"metadata": {"annotations": {REQUESTED_AT: "now"}}}
        install_cluster.merge_patch(git_repository("default", "fleet"), request, field_manager="test")
        eventually(lambda: ready(install_cluster).startswith("False"), "it fails")
        assert "Secret/default/refused dry-run failed (Forbidden)" in ready(install_cluster)
        install_cluster.delete(APPS, uid=None)
        eventually(lambda: install_cluster.get(APPLIED) is None, "its end")
    uninstall(
        UninstallPorts(install_cluster, Deadline.after(SystemClock(), 60), FakeTell(), tuple),
        Wanted(keep_namespace=True),
    )
