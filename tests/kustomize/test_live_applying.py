"""What happens to objects that are applied, on a real API server: force, marks, writers, ignored fields."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from penstock.api.objects import deleting
from penstock.api.refs import ObjectRef
from penstock.kustomize.owner import owned_by
from penstock.kustomize.steps.awaiting import WAITING
from penstock.store.baselines import Baselines

from tests.fakes.bucket import MemoryBucket
from tests.kustomize.builders import config_map, crd, make
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json

    from tests.kustomize.live import Live

GROUP = "kustomize.toolkit.fluxcd.io"
KUBECTL = "kubectl-client-side-apply"
LAST = "kubectl.kubernetes.io/last-applied-configuration"
LABELS = {"app": "web"}


def service(live: Live, address: str) -> Json:
    spec = {"clusterIP": address, "ports": [{"port": 80, "protocol": "TCP"}], "selector": LABELS}
    return make("v1", "Service", "web", live.namespace, spec=spec)


def job(live: Live, image: str) -> Json:
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": image}]}
    return make("batch/v1", "Job", "web", live.namespace, spec={"template": {"spec": pod}})


def frozen(live: Live, value: str) -> Json:
    return config_map("web", live.namespace, immutable=True, data={"a": value})


def deployment(live: Live, *, replicas: int = 1, image: str = "a", labels: Json | None = None) -> Json:
    found = labels or LABELS
    pod = {"containers": [{"name": "c", "image": image}]}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": found},
        "template": {"metadata": {"labels": found}, "spec": pod},
    }
    return make("apps/v1", "Deployment", "web", live.namespace, spec=spec)


PAIRS: list[Callable[[Live, bool], Json]] = [
    lambda live, new: service(live, "None" if new else ""),
    lambda live, new: job(live, "b" if new else "a"),
    lambda live, new: frozen(live, "2" if new else "1"),
    lambda live, new: deployment(live, labels={"app": "other"} if new else LABELS),
]


def stored(live: Live, obj: Json) -> Json:
    found = live.cluster.get(ObjectRef.from_object(obj))
    assert found is not None
    return found


@pytest.mark.parametrize("pair", PAIRS, ids=["Service", "Job", "ConfigMap", "Deployment"])
@pytest.mark.parametrize("how", ["nothing", "spec", "annotation"])
def test_an_immutable_field_changes_with_force_only(
    live: Live, pair: Callable[[Live, bool], Json], how: str
) -> None:
    live.add(force=how == "spec")
    old, new = pair(live, False), pair(live, True)
    live.push({"apps/web.yaml": old})
    assert live.one().ok
    before = stored(live, old)
    if how == "annotation":
        new["metadata"]["annotations"] = {f"{GROUP}/force": "enabled"}
    live.push({"apps/web.yaml": new})
    outcome = live.one()
    after = stored(live, new)
    if how == "nothing":
        assert "dry-run failed (Invalid)" in outcome.message
        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        return
    assert outcome.ok, outcome.message
    assert outcome.changes == (f"{ObjectRef.from_object(new)} created",)
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert live.one(live.apps).changes == ()


def test_what_is_invalid_is_never_deleted(live: Live) -> None:
    live.add(force=True)
    live.push({"apps/web.yaml": deployment(live)})
    assert live.one().ok
    before = stored(live, deployment(live))
    bad = deployment(live, labels={"app": "other"})
    bad["spec"]["template"]["spec"]["containers"] = [{"name": "c", "image": "a", "imagePullPolicy": "Often"}]
    live.push({"apps/web.yaml": bad})
    outcome = live.one()
    assert "it is not deleted, for the new one would be refused" in outcome.message
    plain = deployment(live, replicas=-1)
    live.push({"apps/web.yaml": plain})
    assert "spec.replicas" in live.one().message
    assert stored(live, plain)["metadata"]["uid"] == before["metadata"]["uid"]


def test_the_ports_that_a_service_keeps_are_no_obstacle(live: Live) -> None:
    live.add(force=True)
    old = service(live, "")
    old["spec"] |= {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30987, "protocol": "TCP"}]}
    live.push({"apps/web.yaml": old})
    assert live.one().ok
    taken = stored(live, old)["spec"]["clusterIP"]
    head, _, last = taken.rpartition(".")
    new = {**old, "spec": {**old["spec"], "clusterIP": f"{head}.{(int(last) + 1) % 250 + 2}"}}
    live.push({"apps/web.yaml": new})
    outcome = live.one()
    assert outcome.ok, outcome.message
    assert stored(live, new)["spec"]["ports"][0]["nodePort"] == 30987


def _by_kubectl(live: Live, obj: Json, manager: str = KUBECTL) -> None:
    """An object as `kubectl apply` leaves it: an Update of that manager, and its annotation."""
    ref = ObjectRef.from_object(obj)
    live.cluster.create(obj, field_manager=manager)
    patch = {"metadata": {"annotations": {LAST: "{}"}}}
    live.cluster.merge_patch(ref, patch, field_manager=manager)


def test_what_kubectl_made_is_taken_over_with_all_of_its_fields(live: Live) -> None:
    _by_kubectl(live, config_map("x", live.namespace, data={"a": "1", "more": "kept?"}))
    live.add()
    live.push({"apps/x.yaml": config_map("x", live.namespace, data={"a": "2"})})
    assert live.one().changes == (f"ConfigMap/{live.namespace}/x configured",)
    found = stored(live, config_map("x", live.namespace))
    assert found["data"] == {"a": "2"}
    assert LAST not in (found["metadata"].get("annotations") or {})
    managers = [(one["manager"], one["operation"]) for one in found["metadata"]["managedFields"]]
    assert managers == [("kustomize-controller", "Apply")]
    assert live.one(live.apps).changes == ()


def test_what_was_there_before_managers_were_noted_goes_at_the_second_look(live: Live) -> None:
    there = config_map("x", live.namespace, data={"a": "1", "more": "2"})
    stored_first = live.cluster.create(there, field_manager=KUBECTL)
    unknown = {"op": "replace", "path": "/metadata/managedFields", "value": [{}]}
    version = stored_first["metadata"]["resourceVersion"]
    live.cluster.json_patch(
        ObjectRef.from_object(there), [unknown], field_manager=KUBECTL, resource_version=version
    )
    live.ports = replace(live.ports, baselines=Baselines(MemoryBucket(), live.cluster.identity))
    live.add()
    live.push({"apps/x.yaml": config_map("x", live.namespace, data={"a": "1"})})
    assert live.one().changes == (f"ConfigMap/{live.namespace}/x configured",)
    assert live.one(live.apps).changes == (f"ConfigMap/{live.namespace}/x configured",)
    assert stored(live, there)["data"] == {"a": "1"}


def test_what_kubectl_adds_is_taken_away_and_what_others_add_is_not(live: Live) -> None:
    live.add()
    live.push({"apps/x.yaml": config_map("x", live.namespace, data={"a": "1"})})
    assert live.one().ok
    ref = ObjectRef("", "v1", "ConfigMap", live.namespace, "x")
    live.cluster.merge_patch(ref, {"data": {"by-hand": "1"}}, field_manager="kubectl-edit")
    live.cluster.merge_patch(ref, {"data": {"by-operator": "1"}}, field_manager="operator")
    assert live.one(live.apps).changes == (f"ConfigMap/{live.namespace}/x configured",)
    assert stored(live, config_map("x", live.namespace))["data"] == {"a": "1", "by-operator": "1"}


def test_an_object_that_is_to_be_merged_keeps_what_kubectl_adds(live: Live) -> None:
    live.add()
    merged = config_map("x", live.namespace, data={"a": "1"}, annotations={f"{GROUP}/ssa": "Merge"})
    live.push({"apps/x.yaml": merged})
    assert live.one().ok
    ref = ObjectRef.from_object(merged)
    live.cluster.merge_patch(ref, {"data": {"by-hand": "1", "a": "2"}}, field_manager="kubectl-edit")
    assert live.one(live.apps).ok
    assert stored(live, merged)["data"] == {"a": "1", "by-hand": "1"}


@pytest.mark.parametrize("mark", [("ssa", "IfNotPresent"), ("ssa", "Ignore"), ("reconcile", "disabled")])
def test_who_asks_to_be_left_alone_is_not_even_tried(live: Live, mark: tuple[str, str]) -> None:
    live.cluster.create(frozen(live, "1"))
    live.add(force=True)
    left = {**frozen(live, "2")}
    left["metadata"]["annotations"] = {f"{GROUP}/{mark[0]}": mark[1]}
    live.push({"apps/web.yaml": left})
    outcome = live.one()
    assert outcome.ok, outcome.message
    assert outcome.changes == ()
    found = stored(live, left)
    assert (found["data"], owned_by(found, live.apps)) == ({"a": "1"}, False)
    assert live.inventory() == [f"{live.namespace}_web__ConfigMap"]


def test_ignored_fields_are_left_as_they_are_found(live: Live) -> None:
    rules = [{"paths": ["/spec/replicas"], "target": {"kind": "Deploy.*", "labelSelector": "scaled"}}]
    live.add(ignore=rules)
    web = {**deployment(live)}
    web["metadata"]["labels"] = {"scaled": "yes"}
    live.push({"apps/web.yaml": web})
    assert live.one().ok
    assert stored(live, web)["spec"]["replicas"] == 1
    scale = {"spec": {"replicas": 4}}
    live.cluster.merge_patch(ObjectRef.from_object(web), scale, field_manager="somebody")
    assert live.one(live.apps).changes == ()
    newer = {**deployment(live, image="b")}
    newer["metadata"]["labels"] = {"scaled": "yes"}
    live.push({"apps/web.yaml": newer})
    assert live.one().changes == (f"Deployment/{live.namespace}/web configured",)
    assert stored(live, web)["spec"]["replicas"] == 4


def test_a_rule_that_cannot_be_read_is_named_before_anything_is_written(live: Live) -> None:
    live.add(ignore=[{"paths": ["/a"], "target": {"name": "("}}])
    live.push({"apps/x.yaml": config_map("x", live.namespace)})
    message = live.one().message
    assert message.startswith(
        "failed to create ignore rule selector: invalid name regex: error parsing regexp"
    )
    assert live.owned("ConfigMap") == {}


def test_an_unknown_kind_parks_its_object_and_comes_later(live: Live) -> None:
    group = f"{live.namespace}.example.com"
    live.add()
    widget = make(f"{group}/v1", "Widget", "w", live.namespace)
    live.push({"apps/all.yaml": [widget, config_map("x", live.namespace)]})
    outcome = live.one()
    parked = f'no matches for kind "Widget" in version "{group}/v1"'
    assert not outcome.ok
    assert f"Widget/{live.namespace}/w dry-run failed: {parked}" in outcome.message
    assert live.inventory() == [f"{live.namespace}_x__ConfigMap"]
    assert live.ready()[:2] == ("False", "ReconciliationFailed")
    live.cluster.apply(crd("Widget", group), field_manager="test")
    eventually(lambda: live.cluster.discovery().refresh().find(group, "Widget", "v1") is not None)
    assert live.one().ok
    assert len(live.inventory()) == 2


def _waits(live: Live) -> bool:
    found = live.cluster.get(live.apps) or {}
    return any(one["message"] == WAITING for one in found.get("status", {}).get("conditions", []))


def test_who_waits_for_termination_stays_until_its_objects_are_gone(live: Live) -> None:
    live.add(deletionPolicy="WaitForTermination")
    held = config_map("x", live.namespace)
    held["metadata"]["finalizers"] = ["example.com/hold"]
    live.push({"apps/x.yaml": held})
    assert live.one().ok
    ref = ObjectRef.from_object(held)
    live.cluster.delete(live.apps, uid=None)
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(live.one)
        eventually(lambda: _waits(live), "the wait")
        assert deleting(stored(live, held))
        live.patch(ref, {"metadata": {"finalizers": None}})
        assert ending.result().ok
    assert live.cluster.get(ref) is None
    assert live.cluster.get(live.apps) is None
