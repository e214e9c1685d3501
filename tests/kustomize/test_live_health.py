"""Waiting for health on a real API server: real controllers and Pods, the real kstatus."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef, kustomization
from penstock.store.baselines import Baselines

from tests.fakes.bucket import MemoryBucket
from tests.kustomize.builders import config_map, crd, make
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.api.work import Outcome

    from tests.kustomize.live import Live
    from tests.support.audit import Audit

IMAGE = "example.com/never-pulled:1"


def pod(**more: Any) -> Json:
    """What a template has."""
    return {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": IMAGE}], **more},
    }


def deployment(namespace: str, replicas: int = 2) -> Json:
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": pod()}
    return make("apps/v1", "Deployment", "web", namespace, spec=spec)


def job(namespace: str, **spec: Any) -> Json:
    return make("batch/v1", "Job", "once", namespace, spec={"template": pod(restartPolicy="Never"), **spec})


def condition(live: Live, kind: str, name: str = "apps") -> tuple[str, str, str]:
    """Status, reason and message of a condition."""
    found = live.cluster.get(kustomization(live.namespace, name)) or {}
    for one in found.get("status", {}).get("conditions", []):
        if one["type"] == kind:
            return one["status"], one["reason"], one["message"]
    return "", "", ""


def meanwhile(live: Live, act: Callable[[], Any], *, kind: str = "Reconciling") -> Outcome:
    """A run, during which something happens once it says that it waits for health."""

    def watch() -> None:
        eventually(
            lambda: condition(live, kind)[2].startswith("Running health checks"), "the wait for health"
        )
        act()

    other = threading.Thread(target=watch)
    other.start()
    try:
        return live.one(live.apps)
    finally:
        other.join()


@pytest.mark.usefixtures("workloads")
def test_a_run_lasts_until_its_workloads_are_there(live: Live) -> None:
    live.add(wait=True)
    live.push({"apps/web.yaml": deployment(live.namespace), "apps/job.yaml": job(live.namespace)})
    outcome = live.one()
    assert outcome.ok, outcome.message
    found = live.get("Deployment", "web", "apps")
    assert found is not None
    assert found["status"]["availableReplicas"] == 2
    done = (live.get("Job", "once", "batch") or {})["status"]["conditions"]
    assert ("Complete", "True") in {(one["type"], one["status"]) for one in done}
    assert condition(live, "Healthy")[:2] == ("True", "Succeeded")


@pytest.mark.usefixtures("workloads")
def test_a_job_that_fails_ends_the_wait_at_once(live: Live) -> None:
    live.add(wait=True, timeout="5m")
    template = pod(restartPolicy="Never", nodeSelector={"no": "such-node"})
    failing = job(live.namespace, template=template, activeDeadlineSeconds=1, backoffLimit=0)
    live.push({"apps/job.yaml": failing, "apps/a.yaml": config_map("a", live.namespace)})
    outcome = live.one()
    stalled = f"failed early due to stalled resources: [Job/{live.namespace}/once status: 'Failed']"
    assert outcome.reason == "HealthCheckFailed"
    assert outcome.message.endswith(stalled)
    assert live.ready()[:2] == ("False", "HealthCheckFailed")
    assert condition(live, "Healthy") == ("False", "HealthCheckFailed", stalled)


@pytest.mark.usefixtures("workloads")
def test_a_newer_revision_ends_the_wait_for_one_that_will_never_be_healthy(live: Live) -> None:
    live.add(wait=True, timeout="5m")
    broken = deployment(live.namespace)
    broken["spec"]["template"]["spec"]["nodeSelector"] = {"no": "such-node"}
    live.push({"apps/web.yaml": broken})
    outcome = meanwhile(live, lambda: live.push({"apps/web.yaml": deployment(live.namespace)}))
    assert outcome.reason == "Superseded"
    assert live.ready()[:2] == ("False", "HealthCheckCanceled")
    repaired = live.one()
    assert repaired.ok, repaired.message


def _gauge(live: Live) -> tuple[Json, Json, ObjectRef]:
    group = f"{live.namespace}.example.com"
    definition = crd("Gauge", group)
    definition["spec"]["versions"][0]["subresources"] = {"status": {}}
    gauge = make(f"{group}/v1", "Gauge", "g", live.namespace, spec={"size": 1})
    return definition, gauge, ObjectRef(group, "v1", "Gauge", live.namespace, "g")


def _says(status: str, kind: str = "Ready") -> Json:
    return {"status": {"conditions": [{"type": kind, "status": status}]}}


def test_any_custom_resource_with_conditions_is_waited_for_and_seen_when_it_falls_ill(
    live: Live, audit: Audit
) -> None:
    live.ports = replace(live.ports, baselines=Baselines(MemoryBucket(), live.cluster.identity))
    definition, gauge, ref = _gauge(live)
    live.add(wait=True)
    live.push({"apps/a.yaml": [definition, gauge]})
    assert live.one(live.apps).ok
    live.patch(ref, _says("False"), "status")
    outcome = meanwhile(live, lambda: live.patch(ref, _says("True"), "status"))
    assert outcome.ok, outcome.message
    mark = audit.mark()
    assert live.one(live.apps).ok
    assert not any(
        request.verb in {"patch", "watch"} and "gauges" in request.uri for request in audit.since(mark)
    )
    live.patch(ref, _says("True", "Stalled"), "status")
    assert f"[Gauge/{live.namespace}/g status: 'Failed']" in live.one(live.apps).message
    live.cluster.delete(ObjectRef.from_object(definition), uid=None)


def test_flux_objects_are_waited_for_by_their_conditions(live: Live) -> None:
    other = live.add("other", suspend=True)
    check = {
        "apiVersion": other.api_version,
        "kind": other.kind,
        "name": "other",
        "namespace": live.namespace,
    }
    live.add(healthChecks=[check])
    live.push({"apps/a.yaml": config_map("a", live.namespace)})
    generation = (live.cluster.get(other) or {})["metadata"]["generation"]
    told = {"observedGeneration": generation, **_says("True")["status"]}
    whole = {
        **told["conditions"][0],
        "reason": "Told",
        "message": "",
        "lastTransitionTime": "2030-01-01T00:00:00Z",
    }
    outcome = meanwhile(
        live,
        lambda: live.patch(other, {"status": {**told, "conditions": [whole]}}, "status"),
    )
    assert outcome.ok, outcome.message


def test_expressions_tell_the_health_of_a_kind_of_ones_own(live: Live) -> None:
    definition, gauge, ref = _gauge(live)
    check = {
        "apiVersion": gauge["apiVersion"],
        "kind": "Gauge",
        "current": "has(status.level) && status.level > spec.size",
        "failed": "has(status.level) && status.level < 0",
    }
    live.add(wait=True, healthCheckExprs=[check])
    live.push({"apps/a.yaml": [definition, gauge]})
    outcome = meanwhile(live, lambda: live.patch(ref, {"status": {"level": 2}}, "status"))
    assert outcome.ok, outcome.message
    live.patch(ref, {"status": {"level": -1}}, "status")
    assert f"[Gauge/{live.namespace}/g status: 'Failed']" in live.one(live.apps).message
    live.cluster.delete(ObjectRef.from_object(definition), uid=None)


def test_an_object_that_comes_while_it_is_waited_for_is_found(live: Live) -> None:
    check = {"apiVersion": "v1", "kind": "ConfigMap", "name": "late", "namespace": live.namespace}
    live.add(healthChecks=[check])
    live.push({"apps/a.yaml": config_map("a", live.namespace)})
    late = config_map("late", live.namespace)
    outcome = meanwhile(live, lambda: live.cluster.create(late))
    assert outcome.ok, outcome.message


def test_one_watch_shows_all_objects_of_a_kind(live: Live, audit: Audit) -> None:
    definition, gauge, _ = _gauge(live)
    many = [{**gauge, "metadata": {**gauge["metadata"], "name": f"g{n}"}} for n in range(20)]
    live.add(wait=True)
    live.push({"apps/a.yaml": [definition, *many]})
    assert live.one(live.apps).ok
    refs = [ObjectRef.from_object(one) for one in many]
    for ref in refs:
        live.patch(ref, _says("False"), "status")
    mark = audit.mark()
    outcome = meanwhile(live, lambda: [live.patch(ref, _says("True"), "status") for ref in refs])
    assert outcome.ok, outcome.message
    watches = {
        request.uri for request in audit.since(mark) if request.verb == "watch" and "gauges" in request.uri
    }
    assert 0 < len(watches) < 5
    live.cluster.delete(ObjectRef.from_object(definition), uid=None)
