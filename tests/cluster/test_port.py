"""What the port promises, on the real API server and on the fake that other tests use in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.cluster.errors import AlreadyExists, Conflict, Invalid, NamespaceMissing, NotFound, UnknownKind

from tests.fakes.cluster import FakeCluster

if TYPE_CHECKING:
    from penstock.cluster.client import ApiCluster, Cluster

ME = "kustomize-controller"
Json = dict[str, Any]


@pytest.fixture(params=["fake", "real"])
def cluster(request: pytest.FixtureRequest, api_cluster: ApiCluster, namespace: str) -> Cluster:
    return api_cluster if request.param == "real" else FakeCluster(namespaces=(namespace,))


def config_map(namespace: str, name: str = "web", labels: Json | None = None, **data: str) -> Json:
    metadata: Json = {"name": name, "namespace": namespace, **({"labels": labels} if labels else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def deployment(namespace: str, replicas: int = 1) -> Json:
    labels = {"app": "web"}
    containers = [{"name": "web", "image": "web:1"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": "web", "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def test_a_dry_run_shows_the_object_and_stores_nothing(cluster: Cluster, namespace: str) -> None:
    wanted = config_map(namespace, a="1")
    shown = cluster.apply(wanted, field_manager=ME, dry_run=True)
    assert shown["data"] == {"a": "1"}
    assert "resourceVersion" not in shown["metadata"]
    assert cluster.get(ObjectRef.from_object(wanted)) is None


def test_applying_the_same_again_changes_nothing(cluster: Cluster, namespace: str) -> None:
    wanted = config_map(namespace, a="1")
    first = cluster.apply(wanted, field_manager=ME)
    again = cluster.apply(wanted, field_manager=ME)
    other = cluster.apply(config_map(namespace, a="2"), field_manager=ME)
    versions = [obj["metadata"]["resourceVersion"] for obj in (first, again, other)]
    assert versions[0] == versions[1] != versions[2]
    assert len({obj["metadata"]["uid"] for obj in (first, again, other)}) == 1


def test_a_dry_run_of_a_change_shows_it_and_stores_nothing(cluster: Cluster, namespace: str) -> None:
    stored = cluster.apply(config_map(namespace, a="1"), field_manager=ME)
    shown = cluster.apply(config_map(namespace, a="2"), field_manager=ME, dry_run=True)
    assert shown["data"] == {"a": "2"}
    assert cluster.get(ObjectRef.from_object(stored)) == stored


def test_a_field_that_is_no_longer_applied_goes_and_those_of_others_stay(
    cluster: Cluster, namespace: str
) -> None:
    cluster.apply(config_map(namespace, a="1", b="2"), field_manager=ME)
    cluster.apply(config_map(namespace, c="3"), field_manager="somebody-else")
    after = cluster.apply(config_map(namespace, a="1"), field_manager=ME)
    assert after["data"] == {"a": "1", "c": "3"}


def test_objects_are_listed_by_namespace_and_label_with_their_kind(cluster: Cluster, namespace: str) -> None:
    cluster.apply(config_map(namespace, "one", {"app": "web"}), field_manager=ME)
    cluster.apply(config_map(namespace, "two", {"app": "db"}), field_manager=ME)
    (found,) = cluster.list("", "v1", "ConfigMap", namespace, label_selector="app=web")
    assert (found["apiVersion"], found["kind"], found["metadata"]["name"]) == ("v1", "ConfigMap", "one")
    everywhere = cluster.list("", "v1", "ConfigMap", label_selector="app=db")
    assert "two" in {obj["metadata"]["name"] for obj in everywhere}


def test_a_metadata_list_carries_metadata_and_kind_alone(cluster: Cluster, namespace: str) -> None:
    cluster.apply(config_map(namespace, "one", {"app": "web"}, a="1"), field_manager=ME)
    (found,) = cluster.list("", "v1", "ConfigMap", namespace, label_selector="app=web", metadata_only=True)
    assert sorted(found) == ["apiVersion", "kind", "metadata"]
    assert ObjectRef.from_object(found) == ObjectRef("", "v1", "ConfigMap", namespace, "one")
    assert found["metadata"]["labels"] == {"app": "web"}


def test_a_name_can_be_created_once(cluster: Cluster, namespace: str) -> None:
    assert cluster.create(config_map(namespace, a="1"))["metadata"]["uid"]
    with pytest.raises(AlreadyExists):
        cluster.create(config_map(namespace, a="1"))


def test_only_the_object_that_was_meant_is_deleted(cluster: Cluster, namespace: str) -> None:
    stored = cluster.create(config_map(namespace))
    ref = ObjectRef.from_object(stored)
    with pytest.raises(Conflict):
        cluster.delete(ref, uid="00000000-dead-beef-0000-000000000000")
    uid, version = stored["metadata"]["uid"], stored["metadata"]["resourceVersion"]
    changed = cluster.merge_patch(ref, {"metadata": {"labels": {"a": "b"}}}, field_manager=ME)
    with pytest.raises(Conflict):
        cluster.delete(ref, uid=uid, resource_version=version)
    assert cluster.delete(ref, uid=uid, resource_version=changed["metadata"]["resourceVersion"])
    assert not cluster.delete(ref, uid=uid)
    assert cluster.get(ref) is None


def test_a_finalizer_holds_an_object_until_it_is_taken_off(cluster: Cluster, namespace: str) -> None:
    wanted = config_map(namespace)
    wanted["metadata"]["finalizers"] = ["example.com/hold"]
    ref = ObjectRef.from_object(cluster.create(wanted))
    assert cluster.delete(ref, uid=None)
    held = cluster.get(ref)
    assert held is not None
    assert held["metadata"]["deletionTimestamp"]
    cluster.merge_patch(ref, {"metadata": {"finalizers": []}}, field_manager=ME)
    assert cluster.get(ref) is None


def test_a_patch_changes_removes_and_respects_the_version(cluster: Cluster, namespace: str) -> None:
    stored = cluster.create(config_map(namespace, a="1", b="2"))
    ref, version = ObjectRef.from_object(stored), stored["metadata"]["resourceVersion"]
    patched = cluster.merge_patch(
        ref, {"data": {"a": None, "b": "3"}}, field_manager=ME, resource_version=version
    )
    assert patched["data"] == {"b": "3"}
    with pytest.raises(Conflict):
        cluster.merge_patch(ref, {"data": {"b": "4"}}, field_manager=ME, resource_version=version)
    with pytest.raises(NotFound):
        cluster.merge_patch(replace(ref, name="other"), {"data": {"b": "4"}}, field_manager=ME)


def test_the_status_and_the_rest_are_patched_apart(cluster: Cluster, namespace: str) -> None:
    stored = cluster.create(deployment(namespace))
    ref = ObjectRef.from_object(stored)
    both: Json = {"spec": {"replicas": 5}, "status": {"replicas": 1, "observedGeneration": 1}}
    after = cluster.merge_patch(ref, both, field_manager=ME, subresource="status")
    assert (after["spec"]["replicas"], after["status"]["replicas"]) == (1, 1)
    assert after["metadata"]["generation"] == stored["metadata"]["generation"]
    both["status"]["replicas"] = 2
    after = cluster.merge_patch(ref, both, field_manager=ME)
    assert (after["spec"]["replicas"], after["status"]["replicas"]) == (5, 1)
    assert after["metadata"]["generation"] == stored["metadata"]["generation"] + 1


def test_what_is_not_there_reads_as_none(cluster: Cluster, namespace: str) -> None:
    assert cluster.get(ObjectRef("", "v1", "ConfigMap", namespace, "web")) is None
    assert cluster.get(ObjectRef("", "v1", "ConfigMap", "no-such-namespace", "web")) is None
    assert cluster.list("", "v1", "ConfigMap", "no-such-namespace") == ()


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_object_needs_its_namespace(cluster: Cluster, dry_run: bool) -> None:
    with pytest.raises(NotFound, match='namespaces "no-such-namespace" not found'):
        cluster.apply(config_map("no-such-namespace"), field_manager=ME, dry_run=dry_run)
    with pytest.raises(NamespaceMissing):
        cluster.apply(config_map(""), field_manager=ME, dry_run=dry_run)


def test_a_kind_that_is_not_served_is_told_apart_from_an_object_that_is_not_there(
    cluster: Cluster, namespace: str
) -> None:
    ref = ObjectRef("example.com", "v1", "CronTab", namespace, "x")
    expected = 'no matches for kind "CronTab" in version "example.com/v1"'
    with pytest.raises(UnknownKind, match=expected):
        cluster.get(ref)
    with pytest.raises(UnknownKind):
        cluster.list(ref.group, ref.version, ref.kind)
    with pytest.raises(UnknownKind):
        cluster.delete(ref, uid=None)
    thing = {
        "apiVersion": "example.com/v1",
        "kind": "CronTab",
        "metadata": {"name": "x", "namespace": namespace},
    }
    with pytest.raises(UnknownKind):
        cluster.apply(thing, field_manager=ME)


def test_a_watch_tells_what_changed_since(cluster: Cluster, namespace: str) -> None:
    first = cluster.create(config_map(namespace, a="1"))
    cluster.merge_patch(ObjectRef.from_object(first), {"data": {"a": "2"}}, field_manager=ME)
    version = first["metadata"]["resourceVersion"]
    events = list(cluster.watch("", "v1", "ConfigMap", namespace, "web", version, 1))
    event = next(event for event in events if event["type"] != "BOOKMARK")
    assert (event["type"], event["object"]["data"]) == ("MODIFIED", {"a": "2"})


def test_a_cluster_has_an_identity_a_version_and_kinds(cluster: Cluster) -> None:
    view = cluster.within(Deadline.after(SystemClock(), 60))
    assert len(cluster.identity()) == 36
    assert view.identity() == cluster.identity()
    assert cluster.version().startswith("v1.")
    found = cluster.discovery().find("apps", "Deployment")
    assert found is not None
    assert (found.version, found.plural, found.namespaced) == ("v1", "deployments", True)
    assert "status" in found.subresources
    assert cluster.discovery().partial == frozenset()


def test_a_json_patch_changes_the_object_that_was_read_and_no_other(cluster: Cluster, namespace: str) -> None:
    stored = cluster.apply(config_map(namespace, labels={"a/b": "c"}, a="1"), field_manager=ME)
    ref, version = ObjectRef.from_object(stored), stored["metadata"]["resourceVersion"]
    removal = {"op": "remove", "path": "/metadata/labels/a~1b"}
    patched = cluster.json_patch(ref, [removal], field_manager=ME, resource_version=version)
    assert "a/b" not in (patched["metadata"].get("labels") or {})
    replacement = {"op": "replace", "path": "/data/a", "value": "2"}
    with pytest.raises(Conflict):
        cluster.json_patch(ref, [replacement], field_manager=ME, resource_version=version)
    with pytest.raises(NotFound):
        cluster.json_patch(replace(ref, name="none"), [], field_manager=ME, resource_version=version)


def test_a_dry_run_of_a_creation_stores_nothing_and_sees_the_name_last(
    cluster: Cluster, namespace: str
) -> None:
    wanted = config_map(namespace, a="1")
    assert cluster.create(wanted, field_manager=ME, dry_run=True)["data"] == {"a": "1"}
    assert cluster.get(ObjectRef.from_object(wanted)) is None
    cluster.apply(wanted, field_manager=ME)
    with pytest.raises(AlreadyExists):
        cluster.create(wanted, field_manager=ME, dry_run=True)


def test_the_real_server_says_what_is_wrong_with_a_new_object_before_the_name_is_taken(
    api_cluster: ApiCluster, namespace: str
) -> None:
    stored = api_cluster.apply(deployment(namespace), field_manager=ME)
    bad = {**deployment(namespace), "spec": {**stored["spec"], "selector": {"matchLabels": {"app": "x"}}}}
    with pytest.raises(Invalid, match="selector"):
        api_cluster.create(bad, field_manager=ME, dry_run=True)


def test_what_a_creation_would_be_warned_of_is_told_and_nothing_is_stored(
    cluster: Cluster, namespace: str
) -> None:
    if isinstance(cluster, FakeCluster):
        cluster.warned = lambda obj: (f'unknown field "{max(obj)}"',)
    wanted = config_map(namespace) | {"surplus": "x"}
    wanted["metadata"] = {"generateName": "web-", "namespace": namespace}
    assert cluster.warnings(wanted) == ('unknown field "surplus"',)
    names = [obj["metadata"]["name"] for obj in cluster.list("", "v1", "ConfigMap", namespace)]
    assert not any(name.startswith("web-") for name in names)
