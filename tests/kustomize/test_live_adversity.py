"""apply on a real API server that says no, and in a process that dies."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from penstock.api.refs import ObjectRef
from penstock.base.masking import Masker
from penstock.cluster.connect import open_cluster
from penstock.cluster.errors import Refused
from penstock.queue.claims import LocalClaims

from tests.fakes.killing import Killed, dying
from tests.kustomize.builders import changed, config_map, crd, make
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.client import ApiCluster

    from tests.kustomize.live import Live
    from tests.support.kube import Kube

ADMISSION = "admissionregistration.k8s.io/v1"
RBAC = "rbac.authorization.k8s.io"
FLUX = ["source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"]


def _deny_deletion_of(live: Live, name: str) -> None:
    """An admission policy, once it works."""
    policy = f"{live.namespace}-keep"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["DELETE"], "resources": ["configmaps"]}
    here = {"matchLabels": {"kubernetes.io/metadata.name": live.namespace}}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule], "namespaceSelector": here},
        "validations": [{"expression": f"oldObject.metadata.name != '{name}'", "message": "it is precious"}],
    }
    live.cluster.create(make(ADMISSION, "ValidatingAdmissionPolicy", policy, spec=spec))
    binding = {"policyName": policy, "validationActions": ["Deny"]}
    live.cluster.create(make(ADMISSION, "ValidatingAdmissionPolicyBinding", policy, spec=binding))
    eventually(lambda: _denied(live, name), "the policy")


def _denied(live: Live, name: str) -> bool:
    """Whether the object's deletion is refused already; it is made again where it is not."""
    obj = live.get("ConfigMap", name)
    try:
        live.cluster.delete(ObjectRef("", "v1", "ConfigMap", live.namespace, name), uid=None)
    except Refused:
        return True
    assert obj is not None
    kept = {key: value for key, value in obj["metadata"].items() if key in {"name", "namespace", "labels"}}
    live.cluster.apply({**obj, "metadata": kept}, field_manager="kustomize-controller")
    return False


def test_a_denied_deletion_stays_in_the_inventory_while_others_go_on(live: Live) -> None:
    live.add()
    a, b, c = (config_map(name, live.namespace, data={"x": "1"}) for name in "abc")
    live.push({"apps/all.yaml": [a, b, c]})
    assert live.one().ok
    _deny_deletion_of(live, "b")
    live.push({"apps/all.yaml": a})
    outcome = live.one()
    assert outcome.reason == "PruneFailed"
    assert outcome.message.startswith(f"delete failed, errors: ConfigMap/{live.namespace}/b delete failed: ")
    assert "it is precious" in outcome.message
    assert outcome.changes == (f"ConfigMap/{live.namespace}/c deleted",)
    assert live.inventory() == [f"{live.namespace}_{name}__ConfigMap" for name in "ab"]
    policy = ObjectRef("admissionregistration.k8s.io", "v1", "", "", f"{live.namespace}-keep")
    live.cluster.delete(replace(policy, kind="ValidatingAdmissionPolicyBinding"), uid=None)
    live.cluster.delete(replace(policy, kind="ValidatingAdmissionPolicy"), uid=None)
    eventually(lambda: live.one(live.apps).ok, "the deletion")
    assert sorted(live.owned("ConfigMap")) == ["a"]


def test_an_object_whose_field_cannot_be_changed_is_told_and_never_made_again(live: Live) -> None:
    live.add()
    sealed = config_map("a", live.namespace, data={"x": "1"}, immutable=True)
    live.push({"apps/all.yaml": sealed})
    assert live.one().ok
    before = live.get("ConfigMap", "a")
    live.push({"apps/all.yaml": [changed(sealed, x="2"), config_map("b", live.namespace)]})
    outcome = live.one()
    assert outcome.reason == "ReconciliationFailed"
    assert f"ConfigMap/{live.namespace}/a dry-run failed (Invalid): " in outcome.message
    assert "field is immutable" in outcome.message
    assert live.get("ConfigMap", "a") == before
    assert live.get("ConfigMap", "b") is None


@pytest.fixture
def limited(live: Live, kube: Kube, kubeconfig: Path, tmp_path: Path) -> ApiCluster:
    """A client that may do what Flux's objects need in this namespace, and look at ConfigMaps, no more."""
    subject = {"kind": "ServiceAccount", "name": "limited", "namespace": live.namespace}
    rules: list[dict[str, Any]] = [
        {"apiGroups": FLUX, "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]},
    ]
    role = {"apiGroup": RBAC, "kind": "Role", "name": "limited"}
    live.cluster.create(make("v1", "ServiceAccount", "limited", live.namespace))
    live.cluster.create(make(f"{RBAC}/v1", "Role", "limited", live.namespace, rules=rules))
    live.cluster.create(
        make(f"{RBAC}/v1", "RoleBinding", "limited", live.namespace, roleRef=role, subjects=[subject])
    )
    path = f"/api/v1/namespaces/{live.namespace}/serviceaccounts/limited/token"
    token = kube.post(path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
    config = yaml.safe_load(kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token["status"]["token"]}
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return open_cluster(file, "", {}, Masker())


def test_missing_rights_are_told_in_the_servers_words_and_nothing_is_written(
    live: Live, limited: ApiCluster
) -> None:
    live.add()
    objects = [config_map("a", live.namespace), make("v1", "Service", "s", live.namespace)]
    live.push({"apps/all.yaml": objects})
    live.ports = replace(live.ports, cluster=limited, namespaces=(live.namespace,))
    outcome = live.one()
    assert outcome.reason == "ReconciliationFailed"
    assert "Service objects of this Kustomization cannot be listed: " in outcome.message
    assert f"system:serviceaccount:{live.namespace}:limited" in outcome.message
    assert 'cannot list resource "services"' in outcome.message
    live.push({"apps/all.yaml": objects[0]})
    outcome = live.one()
    assert f"ConfigMap/{live.namespace}/a dry-run failed (Forbidden): " in outcome.message
    assert 'cannot patch resource "configmaps"' in outcome.message
    assert live.ready()[1] == "ReconciliationFailed"
    assert live.get("ConfigMap", "a") is None


@pytest.mark.parametrize("after", [False, True])
def test_a_run_may_die_anywhere_on_a_real_cluster_too(live: Live, after: bool) -> None:
    """Every fifth request, as each round takes a moment; the sweep in memory is complete."""
    group, names = f"{live.namespace}.example.com", ("a", "b", "c")
    a, b, c = (config_map(name, live.namespace, data={"x": "1"}) for name in names)
    widget = make(f"{group}/v1", "Widget", "w", live.namespace, spec={"x": 1})
    first, second = [a, b], [changed(a, x="2"), c, crd("Widget", group), widget]
    live.add()
    alive = live.ports
    for k in range(4, 40, 5):
        live.push({"apps/all.yaml": first})
        live.ports = replace(alive, claims=LocalClaims())
        _settle(live)
        live.push({"apps/all.yaml": second})
        live.ports = replace(live.ports, cluster=dying(live.cluster, k, after=after))
        died = True
        with suppress(Killed):
            live.run()
            died = False
        live.ports = replace(alive, claims=LocalClaims())
        _settle(live)
        assert sorted(live.owned("ConfigMap")) == ["a", "c"]
        assert list(live.owned("Widget", group)) == ["w"]
        assert live.one(live.apps).ok, "a check of what may have come late"
        assert len(live.inventory()) == 4
        assert live.ready()[0] == "True"
        if not died:
            return
    raise AssertionError("the sweep has no end")


def _settle(live: Live) -> None:
    eventually(lambda: not live.run(), "rest")
