"""What Flux forgives in manifests, on a real API server: a fleet that works with it works here."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef
from penstock.kustomize.owner import FIELD_MANAGER, owner_labels

from tests.kustomize.builders import make

if TYPE_CHECKING:
    from tests.kustomize.live import Live
    from tests.support.audit import Audit, Request

RBAC = "rbac.authorization.k8s.io"


def _changes(request: Request) -> bool:
    return request.writes and request.code < 300 and "/events" not in request.uri


def test_misspelt_fields_of_built_in_kinds_are_left_out_as_flux_does(live: Live, audit: Audit) -> None:
    live.add()
    container = {"name": "main", "image": "x", "imagePullPolcy": "Always", "ports": [{"containerPort": 80}]}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replcias": 3, "replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    web = make("apps/v1", "Deployment", "web", live.namespace, spec=spec)
    secret = make("v1", "Secret", "web", live.namespace, dota={"a": "canary"})
    live.push({"apps/all.yaml": [web, secret]})
    assert live.one().ok
    assert "left out fields that the cluster does not know" in live.output.getvalue()
    assert ".spec.replcias" in live.output.getvalue()
    assert "canary" not in live.output.getvalue()
    stored = live.cluster.get(ObjectRef("apps", "v1", "Deployment", live.namespace, "web"))
    assert stored is not None
    assert stored["spec"]["replicas"] == 2
    mark = audit.mark()
    assert live.one(live.apps).ok
    assert [found.uri for found in audit.since(mark) if _changes(found)] == []


def test_unknown_fields_of_other_kinds_are_errors_as_in_flux(live: Live) -> None:
    live.add()
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "verbz": ["x"]}]
    live.push({"apps/role.yaml": make(f"{RBAC}/v1", "Role", "reader", live.namespace, rules=rules)})
    outcome = live.one()
    assert not outcome.ok
    assert ".rules[0].verbz: field not declared in schema" in outcome.message


def test_null_leaves_a_field_to_whoever_sets_it(live: Live) -> None:
    live.add()
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"replicas": None, "selector": {"matchLabels": labels}, "template": template}
    live.push({"apps/web.yaml": make("apps/v1", "Deployment", "web", live.namespace, spec=spec)})
    assert live.one().ok
    ref = ObjectRef("apps", "v1", "Deployment", live.namespace, "web")
    live.patch(ref, {"spec": {"replicas": 4}})
    assert live.one(live.apps).changes == ()
    stored = live.cluster.get(ref)
    assert stored is not None
    assert stored["spec"]["replicas"] == 4


def test_a_job_that_flux_has_applied_is_left_as_it_is(live: Live, audit: Audit) -> None:
    live.add()
    spec = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}}
    job = make("batch/v1", "Job", "once", live.namespace, spec=spec)
    by_flux = copy.deepcopy(job)
    by_flux["metadata"]["labels"] = owner_labels(live.apps)
    by_flux["spec"]["template"]["metadata"] = {}
    by_flux["spec"]["template"]["spec"]["containers"][0]["resources"] = {}
    live.cluster.apply(by_flux, field_manager=FIELD_MANAGER)
    live.push({"apps/job.yaml": job})
    mark = audit.mark()
    outcome = live.one()
    assert outcome.ok, outcome.message
    assert outcome.changes == ()
    assert [found.uri for found in audit.since(mark) if _changes(found) and "/jobs" in found.uri] == []
