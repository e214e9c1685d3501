"""Installations on a real API server with what makes Deployments ready: as they come, live and go."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from penstock.api.kstatus import State, judge
from penstock.api.refs import ObjectRef, definition
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.install.components import Components, objects, text
from penstock.install.flow import InstallPorts, install, wait_at_rest
from penstock.install.found import PROBE, installed
from penstock.install.removal import Wanted
from penstock.install.uninstall import UninstallPorts, conclude, uninstall
from penstock.kustomize.changes import Action

from tests.fakes.telling import FakeTell
from tests.kustomize.builders import config_map
from tests.kustomize.live import Live
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from penstock.cluster.client import ApiCluster
    from penstock.tools.upstream import Upstream

NAMESPACE = "flux-system"
PATCHED = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [gotk-components.yaml]
patches:
- target: {kind: Deployment, name: "(source-controller|kustomize-controller|helm-controller)"}
  patch: |
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: --concurrent=20}
    - {op: replace, path: /spec/template/spec/containers/0/resources/limits/memory, value: 2Gi}
    - {op: remove, path: /spec/template/spec/containers/0/securityContext/seccompProfile}
- target: {kind: Deployment, name: source-controller}
  patch: |
    - op: replace
      path: /spec/template/spec/containers/0/args/6
      value: --storage-adv-addr=example.com.
    - op: add
      path: /spec/template/spec/volumes/-
      value: {name: more, persistentVolumeClaim: {claimName: x}}
    - op: replace
      path: /spec/template/spec/containers/0/volumeMounts/0
      value: {name: more, mountPath: /data}
    - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: HTTPS_PROXY, value: "http://x:1"}}
- patch: |
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: source-controller
      namespace: flux-system
      annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::1:role/x"}
"""
"""The patches of Flux's documentation for its components: persistence, proxies, identities, OpenShift."""
WANTED = objects(Components())
GIT = definition("gitrepositories.source.toolkit.fluxcd.io")
STUB = ObjectRef("apps", "v1", "Deployment", NAMESPACE, "source-controller")


def ports(cluster: ApiCluster) -> InstallPorts:
    return InstallPorts(cluster, Deadline.after(SystemClock(), 60), FakeTell())


def remove(cluster: ApiCluster, wanted: Wanted) -> None:
    deadline = Deadline.after(SystemClock(), 60)
    conclude(uninstall(UninstallPorts(cluster, deadline, FakeTell(), tuple), wanted))


@pytest.fixture
def fresh(install_cluster: ApiCluster) -> ApiCluster:
    """The cluster with the components."""
    install(ports(install_cluster), WANTED)
    return install_cluster


@pytest.fixture
def apps(install_cluster: ApiCluster) -> str:
    """A namespace for what a fleet brings."""
    name = f"apps-{time.monotonic_ns()}"
    install_cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


@pytest.fixture
def live(fresh: ApiCluster, real_upstream: Upstream, apps: str) -> Live:
    """A fleet in that namespace."""
    return Live(fresh, real_upstream, apps)


def is_current(cluster: ApiCluster, ref: ObjectRef) -> bool:
    """As flux check waits for it; the conditions are the Deployment controller's."""
    found = cluster.get(ref)
    conditions = {one["type"]: one["status"] for one in (found or {}).get("status", {}).get("conditions", ())}
    return found is not None and judge(found).state is State.CURRENT and conditions.get("Available") == "True"


def test_what_is_installed_is_current_and_a_second_time_changes_nothing(
    install_cluster: ApiCluster,
) -> None:
    remove(install_cluster, Wanted(keep_namespace=True))
    install(ports(install_cluster), WANTED)
    fresh = install_cluster
    found = installed(fresh.get(PROBE))
    assert found is not None
    assert (found.distribution, found.bootstrapped) == ("flux-v2.9.4", False)
    eventually(lambda: is_current(fresh, STUB), "the stub is current")
    wait_at_rest(ports(fresh))
    assert {change.action for change in install(ports(fresh), WANTED)} == {Action.UNCHANGED}


def test_penstocks_own_apply_takes_the_components_over_and_tells_of_nobody_that_is_held(
    fresh: ApiCluster, live: Live
) -> None:
    live.add()
    live.push({"apps/gotk-components.yaml": text(Components())})
    outcome = live.one()
    assert outcome.ok, outcome.message
    again = live.one(live.apps)
    assert (again.ok, again.changes) == (True, ())
    events = fresh.list("", "v1", "Event", namespace=live.namespace)
    assert "FluxControllersHeld" not in {event["reason"] for event in events}
    found = installed(fresh.get(PROBE))
    assert found is not None
    assert found.bootstrapped
    live.push({"apps/gotk-components.yaml": text(Components()), "apps/kustomization.yaml": PATCHED})
    outcome = live.one()
    assert outcome.ok, outcome.message
    assert f"Deployment/{NAMESPACE}/source-controller configured" in outcome.changes
    assert f"ServiceAccount/{NAMESPACE}/source-controller configured" in outcome.changes
    pod = (fresh.get(STUB) or {})["spec"]["template"]["spec"]
    assert pod["containers"][0]["args"][6:] == ["--storage-adv-addr=example.com.", "--concurrent=20"]
    assert (fresh.get(STUB) or {})["spec"]["replicas"] == 0
    remove(fresh, Wanted(keep_namespace=True))


def test_uninstalling_leaves_what_was_applied_and_a_second_time_finds_nothing(
    fresh: ApiCluster, live: Live
) -> None:
    live.add()
    live.push({"apps/a.yaml": config_map("a", live.namespace)})
    assert live.one().ok
    for _ in range(2):
        remove(fresh, Wanted(keep_namespace=True))
        assert fresh.get(GIT) is None
        assert live.get("ConfigMap", "a") is not None
        assert fresh.get(STUB) is None
    assert {one.action for one in install(ports(fresh), WANTED)} == {Action.CREATED, Action.UNCHANGED}


def test_an_installation_waits_for_the_end_of_the_one_before(fresh: ApiCluster, live: Live) -> None:
    held = {"metadata": {"finalizers": ["example.com/held"]}}
    live.patch(live.repository, held)
    fresh.delete(GIT, uid=None)
    eventually(lambda: (fresh.get(GIT) or {})["metadata"].get("deletionTimestamp"), "its deletion")

    class Lets(FakeTell):
        def waiting(self, text: str, /) -> None:
            super().waiting(text)
            live.patch(live.repository, {"metadata": {"finalizers": []}})

    tell = Lets()
    install(InstallPorts(fresh, Deadline.after(SystemClock(), 60), tell), WANTED)
    assert tell.lines == [f"◎ {GIT} is being deleted: waiting for its end"]
    assert "deletionTimestamp" not in (fresh.get(GIT) or {})["metadata"]


def test_whoever_deletes_the_kind_itself_loses_nothing_that_was_applied(
    fresh: ApiCluster, live: Live
) -> None:
    live.add()
    live.push({"apps/a.yaml": config_map("a", live.namespace)})
    assert live.one().ok
    fresh.delete(definition("kustomizations.kustomize.toolkit.fluxcd.io"), uid=None)
    eventually(lambda: (fresh.get(live.apps) or {})["metadata"].get("deletionTimestamp"), "its deletion")
    assert live.one(live.apps).ok
    assert live.get("ConfigMap", "a") is not None


def test_handing_back_leaves_the_kinds_the_objects_and_what_they_applied(
    fresh: ApiCluster, live: Live
) -> None:
    live.add()
    live.push({"apps/a.yaml": config_map("a", live.namespace)})
    assert live.one().ok
    before = fresh.get(live.apps)
    remove(fresh, Wanted(hand_back=True))
    assert fresh.get(live.apps) == before
    assert fresh.get(GIT) is not None
    assert fresh.get(STUB) is None
    assert fresh.get(ObjectRef("", "v1", "ServiceAccount", NAMESPACE, "penstock")) is None
