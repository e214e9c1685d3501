"""apply on a real API server where others want something else (threats B-17, B-19, B-36)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from penstock.api.refs import ObjectRef
from penstock.base.errors import PenstockError
from penstock.cluster.errors import Refused

from tests.kustomize.builders import changed, config_map, make
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.api.objects import Json

    from tests.kustomize.live import Live
    from tests.support.audit import Audit, Request
    from tests.support.kube import Kube

ADMISSION = "admissionregistration.k8s.io/v1"


def _map(live: Live, name: str) -> ObjectRef:
    return ObjectRef("", "v1", "ConfigMap", live.namespace, name)


def _writes(requests: tuple[Request, ...], name: str) -> list[str]:
    """The writes to an object that were no dry-runs."""
    return [found.verb for found in requests if found.writes and f"/{name}" in found.uri.partition("?")[0]]


@contextmanager
def _standing(live: Live, *objects: Json) -> Iterator[None]:
    """Objects that concern the whole cluster, for a while: other tests must not meet them."""
    try:
        for obj in objects:
            live.cluster.create(obj)
        yield
    finally:
        for obj in reversed(objects):
            live.cluster.delete(ObjectRef.from_object(obj), uid=None)


def _denying_creation(live: Live, name: str) -> tuple[Json, Json]:
    """An admission policy for ConfigMaps of this namespace."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    here = {"matchLabels": {"kubernetes.io/metadata.name": live.namespace}}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule], "namespaceSelector": here},
        "validations": [{"expression": f"object.metadata.name != '{name}'", "message": "not here"}],
    }
    full = f"{live.namespace}-create"
    binding = {"policyName": full, "validationActions": ["Deny"]}
    return (
        make(ADMISSION, "ValidatingAdmissionPolicy", full, spec=spec),
        make(ADMISSION, "ValidatingAdmissionPolicyBinding", full, spec=binding),
    )


def test_a_denied_creation_is_reported_and_nothing_of_its_stage_is_written(live: Live) -> None:
    live.add()
    objects = [config_map(name, live.namespace, data={"x": "1"}) for name in "abc"]
    with _standing(live, *_denying_creation(live, "b")):
        eventually(lambda: _is_denied(live, objects[1]), "the policy")
        live.push({"apps/all.yaml": objects})
        outcome = live.one()
        assert outcome.reason == "ReconciliationFailed"
        assert f"ConfigMap/{live.namespace}/b dry-run failed" in outcome.message
        assert "not here" in outcome.message
        assert live.owned("ConfigMap") == {}
        live.push({"apps/all.yaml": [objects[0], objects[2]]})
        assert live.one().ok
        assert sorted(live.owned("ConfigMap")) == ["a", "c"]


def _is_denied(live: Live, obj: Json) -> bool:
    try:
        live.cluster.apply(obj, field_manager="probe", dry_run=True)
    except Refused:
        return True
    return False


def test_a_webhook_that_does_not_answer_fails_one_deletion_and_not_the_others(live: Live) -> None:
    live.add()
    a, b, c = (config_map(name, live.namespace, data={"x": "1"}) for name in "abc")
    secret = make("v1", "Secret", "s", live.namespace)
    live.push({"apps/all.yaml": [a, b, c, secret]})
    assert live.one().ok
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["DELETE"], "resources": ["secrets"]}
    webhook = {
        "name": "nobody.example.com",
        "rules": [rule],
        "clientConfig": {"url": "https://127.0.0.1:1/deny"},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": live.namespace}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "timeoutSeconds": 1,
        "admissionReviewVersions": ["v1"],
    }
    hook = make(ADMISSION, "ValidatingWebhookConfiguration", f"{live.namespace}-nobody", webhooks=[webhook])
    with _standing(live, hook):
        eventually(lambda: _is_blocked(live), "the webhook")
        live.push({"apps/all.yaml": a})
        outcome = live.one()
        assert outcome.reason == "PruneFailed"
        assert f"Secret/{live.namespace}/s delete failed" in outcome.message
        assert sorted(line.partition(" ")[0].rpartition("/")[2] for line in outcome.changes) == ["b", "c"]
        assert live.inventory() == [f"{live.namespace}_a__ConfigMap", f"{live.namespace}_s__Secret"]
    eventually(lambda: live.one(live.apps).ok, "the deletion")
    assert live.inventory() == [f"{live.namespace}_a__ConfigMap"]


def _is_blocked(live: Live) -> bool:
    """Whether deleting a Secret of this namespace fails already."""
    live.cluster.apply(make("v1", "Secret", "probe", live.namespace), field_manager="probe")
    try:
        live.cluster.delete(ObjectRef("", "v1", "Secret", live.namespace, "probe"), uid=None)
    except PenstockError:
        return True
    return False


def test_a_finalizer_that_nobody_removes_holds_nobody_up(live: Live) -> None:
    live.add()
    a, b = (config_map(name, live.namespace, data={"x": "1"}) for name in "ab")
    live.push({"apps/all.yaml": [a, b]})
    assert live.one().ok
    live.patch(_map(live, "b"), {"metadata": {"finalizers": ["example.com/never"]}})
    live.push({"apps/all.yaml": a})
    assert live.one().ok
    assert live.inventory() == [f"{live.namespace}_a__ConfigMap"]
    left = live.get("ConfigMap", "b")
    assert left is not None
    assert left["metadata"]["deletionTimestamp"]
    live.cluster.delete(live.apps, uid=None)
    assert live.one().ok
    assert live.cluster.get(live.apps) is None
    live.patch(_map(live, "b"), {"metadata": {"finalizers": None}})
    assert live.get("ConfigMap", "b") is None


def test_somebody_who_takes_our_fields_back_each_time_costs_one_write_a_run(live: Live, audit: Audit) -> None:
    live.add()
    a = config_map("a", live.namespace, data={"x": "1"})
    live.push({"apps/all.yaml": a})
    assert live.one().ok
    for _ in range(3):
        live.cluster.apply(changed(a, x="theirs"), field_manager="fighter", force=True)
        mark = audit.mark()
        assert live.one(live.apps).changes == (f"ConfigMap/{live.namespace}/a configured",)
        assert len(_writes(audit.since(mark), "configmaps/a")) == 1
    mark = audit.mark()
    assert live.one(live.apps).changes == ()
    assert _writes(audit.since(mark), "configmaps/a") == []


def test_somebody_who_takes_an_ignored_field_each_time_costs_no_write(live: Live, audit: Audit) -> None:
    live.add(ignore=[{"paths": ["/data/x"], "target": {"kind": "ConfigMap"}}])
    a = config_map("a", live.namespace, data={"x": "1"})
    live.push({"apps/all.yaml": a})
    assert live.one().ok
    for value in ("2", "3"):
        live.cluster.apply(changed(a, x=value), field_manager="fighter", force=True)
        mark = audit.mark()
        assert live.one(live.apps).changes == ()
        assert _writes(audit.since(mark), "configmaps/a") == []


def test_a_scaler_that_has_the_replicas_to_itself_is_left_alone(live: Live, audit: Audit) -> None:
    live.add()
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec: dict[str, Any] = {"selector": {"matchLabels": labels}, "template": template}
    web = make("apps/v1", "Deployment", "web", live.namespace, spec=spec)
    live.push({"apps/all.yaml": web})
    assert live.one().ok
    for replicas in (3, 7):
        scaled = {**web, "spec": {"replicas": replicas, **spec}}
        live.cluster.apply(scaled, field_manager="scaler", force=True)
        mark = audit.mark()
        assert live.one(live.apps).changes == ()
        assert _writes(audit.since(mark), "deployments/web") == []


def test_a_namespace_that_is_ending_fails_once_a_run_and_ends_nothing_else(live: Live, kube: Kube) -> None:
    team = f"{live.namespace}-team"
    live.add()
    live.add("other")
    live.cluster.create(make("v1", "Namespace", team))
    here = config_map("here", live.namespace, data={"x": "1"})
    live.push({"apps/all.yaml": config_map("x", team), "other/all.yaml": here})
    assert all(outcome.ok for outcome in live.run())
    live.cluster.delete(ObjectRef("", "v1", "Namespace", "", team), uid=None)
    two = [config_map("x", team, data={"y": "2"}), config_map("new", team)]
    live.push({"apps/all.yaml": two, "other/all.yaml": changed(here, x="2")})
    bad, good = sorted(live.run(), key=lambda outcome: outcome.ok)
    assert (bad.ok, bad.reason) == (False, "ReconciliationFailed")
    assert f"ConfigMap/{team}/new" in bad.message
    assert "is being terminated" in bad.message
    assert good.changes == (f"ConfigMap/{live.namespace}/here configured",)
    assert live.run() == (), "it is tried again at the retry interval, and not before"
    live.cluster.delete(live.apps, uid=None)
    assert live.run(live.apps)[0].ok
    assert live.cluster.get(live.apps) is None
    space = kube.get(f"/api/v1/namespaces/{team}")
    assert space is not None
    assert space["metadata"]["deletionTimestamp"]
