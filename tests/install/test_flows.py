"""Installing and uninstalling, cut off at each call: doing it again comes to the same end."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.deadline import Deadline
from penstock.base.errors import Terminal, Transient
from penstock.cluster.errors import Forbidden
from penstock.install.components import Components, objects
from penstock.install.flow import InstallPorts, install, wait_at_rest
from penstock.install.removal import Wanted
from penstock.install.uninstall import Removed, UninstallPorts, conclude, uninstall
from penstock.kustomize.changes import Action

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.killing import Killed, Life
from tests.fakes.telling import FakeTell
from tests.kustomize.builders import config_map, make

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.cluster.port import Cluster

WANTED = objects(Components())
NAMESPACE = ObjectRef("", "v1", "Namespace", "", "flux-system")
HELD = {"metadata": {"finalizers": ["example.com/held"]}}
KUSTOMIZATION = ObjectRef("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "apps", "apps")


class Desk:
    """A person at a terminal whose time goes by while something is waited for."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.deadline = Deadline.after(self.clock, 60)
        self.tell = FakeTell()
        self.hooks = ["penstock"]

    def remove_hook(self) -> tuple[str, ...]:
        removed, self.hooks = tuple(self.hooks), []
        return removed

    def install(self, cluster: Cluster) -> InstallPorts:
        return InstallPorts(cluster, self.deadline, self.tell, self.clock.move)

    def uninstall(self, cluster: Cluster) -> UninstallPorts:
        return UninstallPorts(cluster, self.deadline, self.tell, self.remove_hook, self.clock.move)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def installed(*more: Json) -> FakeCluster:
    cluster = FakeCluster(namespaces=("default", "apps"))
    install(Desk().install(cluster), WANTED)
    cluster.seed(*more)
    return cluster


def flux_objects() -> tuple[Json, ...]:
    source = make(
        "source.toolkit.fluxcd.io/v1", "GitRepository", "fleet", "apps", spec={"url": "https://a/b"}
    )
    applied = make(KUSTOMIZATION.api_version, KUSTOMIZATION.kind, "apps", "apps", spec={})
    for obj in (source, applied):
        obj["metadata"]["finalizers"] = ["finalizers.fluxcd.io"]
    return source, applied


def state(cluster: FakeCluster) -> set[str]:
    return {str(ObjectRef.from_object(obj)) for obj in cluster.objects()}


def test_what_is_missing_is_created_and_what_is_there_is_left_alone(desk: Desk) -> None:
    cluster = FakeCluster(namespaces=("default",))
    changes = install(desk.install(cluster), WANTED)
    assert [change.ref for change in changes] == [ObjectRef.from_object(obj) for obj in WANTED]
    assert {change.action for change in changes} == {Action.CREATED}
    assert {call.manager for call in cluster.writes()} == {"flux"}
    before = len(cluster.writes())
    again = install(desk.install(cluster), WANTED)
    assert {change.action for change in again} == {Action.UNCHANGED}
    assert len(cluster.writes()) == before


def test_only_what_differs_is_configured(desk: Desk) -> None:
    cluster = installed()
    changed = ObjectRef("apps", "v1", "Deployment", "flux-system", "source-controller")
    cluster.merge_patch(changed, {"spec": {"replicas": 1}}, field_manager="kubectl")
    found = [one for one in install(desk.install(cluster), WANTED) if one.effective]
    assert [str(one) for one in found] == ["Deployment/flux-system/source-controller configured"]


def test_a_dry_run_writes_nothing_and_says_what_would_be_done(desk: Desk) -> None:
    cluster = FakeCluster(namespaces=("default",))
    before = state(cluster)
    changes = install(desk.install(cluster), WANTED, dry_run=True)
    assert {change.action for change in changes} == {Action.CREATED}
    assert cluster.writes() == ()
    assert state(cluster) == before


def test_an_object_that_is_refused_ends_it_with_the_api_servers_words(desk: Desk) -> None:
    cluster = FakeCluster(namespaces=("default",))
    cluster.fail(Forbidden("no"), lambda call: call.verb == "apply" and call.ref.kind == "ClusterRoleBinding")
    with pytest.raises(Forbidden, match="no"):
        install(desk.install(cluster), WANTED)


@pytest.mark.parametrize("after", [False, True])
def test_an_installation_that_is_cut_off_anywhere_is_finished_by_the_next(after: bool) -> None:
    whole = state(installed())
    for k in itertools.count(1):
        cluster = FakeCluster(namespaces=("default", "apps"))
        try:
            install(Desk().install(Life(k, after=after).of(cluster)), WANTED)
        except Killed:
            install(Desk().install(cluster), WANTED)
            assert state(cluster) == whole
        else:
            break


def test_controllers_that_run_on_are_waited_for_and_then_named(desk: Desk) -> None:
    cluster = installed()
    deployment = ObjectRef("apps", "v1", "Deployment", "flux-system", "source-controller")
    one, none = ({"status": {"readyReplicas": number}} for number in (1, None))
    cluster.merge_patch(deployment, one, field_manager="test", subresource="status")
    with pytest.raises(Terminal, match=r"still run.*flux-system/source-controller"):
        wait_at_rest(desk.install(cluster))
    assert len(desk.tell.lines) == 1
    cluster.merge_patch(deployment, none, field_manager="test", subresource="status")
    wait_at_rest(Desk().install(cluster))


def test_the_hook_goes_first_then_the_work_stops_then_the_rest_goes_and_workloads_stay(desk: Desk) -> None:
    workload = config_map("settings", "apps")
    cluster = installed(*flux_objects(), workload)
    removed = uninstall(desk.uninstall(cluster), Wanted())
    assert removed == Removed(repositories=("https://a/b",))
    conclude(removed)
    heads = [line for line in desk.tell.lines if line.startswith("►")]
    assert heads == [
        "► removing the admission hook",
        "► suspending and deleting toolkit.fluxcd.io finalizers in all namespaces",
        "► deleting components in flux-system namespace",
        "► deleting toolkit.fluxcd.io custom resource definitions",
    ]
    assert desk.tell.lines[1] == "✔ ValidatingWebhookConfiguration/penstock deleted"
    assert "✔ Kustomization/apps/apps finalizers deleted" in desk.tell.lines
    assert desk.tell.lines[-1] == "✔ Namespace/flux-system deleted"
    left = state(cluster)
    assert "ConfigMap/apps/settings" in left
    assert not [name for name in left if "flux" in name or "penstock" in name]
    found = cluster.get(KUSTOMIZATION)
    assert found is not None
    assert (found["spec"]["suspend"], found["metadata"]["finalizers"]) == (True, [])


def test_the_namespace_is_kept_where_that_is_asked(desk: Desk) -> None:
    cluster = installed()
    uninstall(desk.uninstall(cluster), Wanted(keep_namespace=True))
    assert cluster.get(NAMESPACE) is not None


def test_a_dry_run_only_says_what_would_go(desk: Desk) -> None:
    cluster = installed(*flux_objects())
    cluster.calls.clear()
    uninstall(desk.uninstall(cluster), Wanted(dry_run=True))
    assert cluster.writes() == ()
    assert desk.hooks == ["penstock"]
    assert "✔ Namespace/flux-system deleted (dry run)" in desk.tell.lines
    assert "✔ Kustomization/apps/apps finalizers deleted (dry run)" in desk.tell.lines


def test_handing_back_leaves_fluxs_objects_as_they_are(desk: Desk) -> None:
    cluster = installed(*flux_objects())
    before = cluster.get(KUSTOMIZATION)
    uninstall(desk.uninstall(cluster), Wanted(hand_back=True))
    assert cluster.get(KUSTOMIZATION) == before
    left = state(cluster)
    assert {"Namespace/flux-system", "ClusterRole/flux-view-flux-system"} <= left
    assert not [name for name in left if "penstock" in name or name.startswith("Deployment/")]


@pytest.mark.parametrize("after", [False, True])
def test_an_uninstall_that_is_cut_off_anywhere_is_finished_by_the_next(after: bool) -> None:
    whole: set[str] | None = None
    for k in itertools.count(1):
        cluster = installed(*flux_objects())
        try:
            uninstall(Desk().uninstall(Life(k, after=after).of(cluster)), Wanted())
        except Killed:
            conclude(uninstall(Desk().uninstall(cluster), Wanted()))
            whole = whole or state(cluster)
            assert state(cluster) == whole
        else:
            assert state(cluster) == whole
            break


def test_what_cannot_be_removed_is_told_and_stands_in_nobodys_way(desk: Desk) -> None:
    cluster = installed(*flux_objects())
    cluster.fail(Forbidden("no"), lambda call: call.verb == "delete" and call.ref.kind == "ClusterRole")
    cluster.fail(Forbidden("no"), lambda call: call.verb == "patch" and call.ref.kind == "GitRepository")
    removed = uninstall(desk.uninstall(cluster), Wanted())
    assert "GitRepository/apps/fleet removing finalizers failed: no" in removed.problems
    assert "ClusterRole/flux-view-flux-system deletion failed: no" in removed.problems
    assert cluster.get(NAMESPACE) is None
    with pytest.raises(Terminal, match=f"{len(removed.problems)} things could not be removed"):
        conclude(removed)


def test_a_kind_whose_end_is_held_back_is_told(desk: Desk) -> None:
    cluster = installed()
    for crd in cluster.objects("CustomResourceDefinition"):
        cluster.merge_patch(ObjectRef.from_object(crd), HELD, field_manager="test")
    removed = uninstall(desk.uninstall(cluster), Wanted())
    assert removed.problems == ("the CRDs are not gone yet: something holds their objects back",)
    assert cluster.get(NAMESPACE) is None


def held_lease(desk: Desk, seconds: int) -> Json:
    now = desk.clock.now().isoformat()
    spec: dict[str, Any] = {"holderIdentity": "a", "leaseDurationSeconds": seconds, "renewTime": now}
    labels = {"app.kubernetes.io/managed-by": "penstock"}
    return make("coordination.k8s.io/v1", "Lease", "penstock-apply-fleet", "apps", labels=labels, spec=spec)


def test_a_run_that_is_under_way_is_waited_for(desk: Desk) -> None:
    cluster = installed(held_lease(desk, 10))
    uninstall(desk.uninstall(cluster), Wanted())
    assert "◎ waiting for the runs under way to end" in desk.tell.lines
    assert cluster.objects("Lease") == ()


def test_a_run_that_does_not_end_stops_it_before_anything_else_goes(desk: Desk) -> None:
    cluster = installed(held_lease(desk, 600))
    before = state(cluster)
    with pytest.raises(Transient, match="stop them, then run it again"):
        uninstall(desk.uninstall(cluster), Wanted())
    assert state(cluster) == before
