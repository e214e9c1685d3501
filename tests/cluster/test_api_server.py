"""What only a real API server shows: its words about mistakes, discovery that is partial, rights, pages."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.errors import PenstockError
from penstock.base.masking import Masker
from penstock.cluster.auth import from_kubeconfig
from penstock.cluster.connect import connect
from penstock.cluster.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Unauthorized,
    UnknownKind,
    Untrusted,
)
from penstock.cluster.lists import PAGE_OBJECTS
from penstock.cluster.parallel import parallel
from penstock.cluster.target import FixedCredentials

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.cluster.client import ApiCluster

ME = "kustomize-controller"
CANARY = "hunter2canary"
Json = dict[str, Any]


def made(kind: str, namespace: str, name: str = "web", api: str = "v1", **rest: Any) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def dry_run(cluster: ApiCluster, obj: Json) -> PenstockError:
    with pytest.raises(PenstockError) as caught:
        cluster.apply(obj, field_manager=ME, dry_run=True)
    return caught.value


@pytest.fixture
def cron_tab(api_cluster: ApiCluster) -> Iterator[str]:
    """The group of a CRD CronTab that nobody else has; it is gone afterwards."""
    group = f"g{uuid.uuid4().hex[:8]}.example.com"
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"at": {"type": "string"}}}},
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "crontabs", "singular": "crontab", "kind": "CronTab"}
    spec = {"group": group, "names": names, "scope": "Namespaced", "versions": [version]}
    crd = made("CustomResourceDefinition", "", f"crontabs.{group}", "apiextensions.k8s.io/v1", spec=spec)
    ref = ObjectRef.from_object(api_cluster.create(crd))
    eventually(lambda: is_established(api_cluster.get(ref) or {}), "the CRD is established")
    yield group
    api_cluster.delete(ref, uid=None)


def is_established(crd: Json) -> bool:
    conditions = crd.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def test_an_unknown_field_of_a_built_in_kind_is_refused_as_with_flux(
    api_cluster: ApiCluster, namespace: str
) -> None:
    error = dry_run(api_cluster, made("ConfigMap", namespace, dota={"a": "1"}))
    assert type(error) is Invalid
    assert "field not declared in schema" in error.message


def test_an_unknown_field_of_a_custom_resource_is_refused_as_with_flux(
    api_cluster: ApiCluster, namespace: str, cron_tab: str
) -> None:
    api_cluster.discovery().refresh()
    wanted = made("CronTab", namespace, api=f"{cron_tab}/v1", spec={"at": "noon", "extra": 1})
    error = dry_run(api_cluster, wanted)
    assert type(error) is Invalid
    assert error.message.endswith(".spec.extra: field not declared in schema")


def test_all_invalid_fields_are_listed(api_cluster: ApiCluster, namespace: str) -> None:
    error = dry_run(api_cluster, made("Deployment", namespace, api="apps/v1", spec={"replicas": 1}))
    assert isinstance(error, Invalid)
    assert (error.status, error.reason) == (422, "Invalid")
    assert {"spec.selector", "spec.template.spec.containers"} <= {cause.field for cause in error.causes}


def test_an_immutable_change_is_invalid(api_cluster: ApiCluster, namespace: str) -> None:
    api_cluster.apply(made("ConfigMap", namespace, immutable=True, data={"a": "1"}), field_manager=ME)
    error = dry_run(api_cluster, made("ConfigMap", namespace, immutable=True, data={"a": "2"}))
    assert isinstance(error, Invalid)
    assert "immutable" in error.message


@pytest.mark.parametrize(
    "rest",
    [
        {"stringData": CANARY},
        {"stringData": {"password": 12345678901}},
        {"stringData": {"password": {"a": CANARY}}},
        {"stringData": [CANARY]},
        {"data": {"password": f"{CANARY}!!"}},
        {"data": {"password": CANARY}},
        {"data": {CANARY[:3] + "/" + "x": "aGk="}},
        {"type": "kubernetes.io/tls", "stringData": {"tls.crt": CANARY}},
        {"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": CANARY}},
        {"type": "kubernetes.io/basic-auth", "stringData": {"key": CANARY}},
        {"stringData": {"password": CANARY * 100_000}},
        {"immutable": "yes", "stringData": {"password": CANARY}},
        {"dota": {"password": CANARY}},
    ],
)
def test_no_error_about_a_secret_repeats_its_values(
    api_cluster: ApiCluster, namespace: str, rest: dict[str, Any]
) -> None:
    error = dry_run(api_cluster, made("Secret", namespace, **rest))
    causes = getattr(error, "causes", ())
    shown = repr((error.args, error.message, causes, error.__cause__))
    assert CANARY not in shown
    assert "12345678901" not in shown
    assert error.message.startswith(f"Secret/{namespace}/web: ")
    assert error.__suppress_context__ or error.__context__ is None


def test_an_immutable_secret_does_not_show_what_would_change(api_cluster: ApiCluster, namespace: str) -> None:
    api_cluster.apply(made("Secret", namespace, immutable=True, stringData={"a": CANARY}), field_manager=ME)
    error = dry_run(api_cluster, made("Secret", namespace, immutable=True, stringData={"a": f"{CANARY}2"}))
    assert error.message.endswith("(Invalid) at data; details may quote the Secret")


def test_a_field_of_another_manager_is_a_conflict_unless_forced(
    api_cluster: ApiCluster, namespace: str
) -> None:
    api_cluster.apply(made("ConfigMap", namespace, data={"a": "1"}), field_manager="somebody-else")
    wanted = made("ConfigMap", namespace, data={"a": "2"})
    with pytest.raises(Conflict) as caught:
        api_cluster.apply(wanted, field_manager=ME, force=False)
    assert caught.value.reason == "FieldManagerConflict"
    assert [cause.field for cause in caught.value.causes] == [".data.a"]
    assert api_cluster.apply(wanted, field_manager=ME)["data"] == {"a": "2"}


def test_the_answer_of_a_dry_run_that_would_create_has_no_resource_version(
    api_cluster: ApiCluster, namespace: str
) -> None:
    shown = api_cluster.apply(made("ConfigMap", namespace), field_manager=ME, dry_run=True)
    assert "resourceVersion" not in shown["metadata"]


def test_a_list_of_many_pages_is_whole(api_cluster: ApiCluster, namespace: str) -> None:
    names = [f"cm-{n}" for n in range(PAGE_OBJECTS + 20)]
    parallel(lambda name: api_cluster.create(made("ConfigMap", namespace, name)), names, 8)
    found = api_cluster.list("", "v1", "ConfigMap", namespace, metadata_only=True)
    assert {obj["metadata"]["name"] for obj in found} >= set(names)


def test_a_kind_is_found_once_its_crd_is_there_and_not_after_it_is_gone(
    api_cluster: ApiCluster, namespace: str, cron_tab: str
) -> None:
    api_cluster.discovery().refresh()
    ref = ObjectRef(cron_tab, "v1", "CronTab", namespace, "x")
    assert api_cluster.get(ref) is None
    crd = ObjectRef("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "", f"crontabs.{cron_tab}")
    api_cluster.delete(crd, uid=None)
    eventually(lambda: is_unknown(api_cluster, ref), "the kind is gone")


def is_unknown(cluster: ApiCluster, ref: ObjectRef) -> bool:
    try:
        assert cluster.get(ref) is None
    except UnknownKind:
        return True
    return False


def test_a_group_whose_server_is_down_makes_discovery_partial(api_cluster: ApiCluster) -> None:
    group = f"down{uuid.uuid4().hex[:8]}.example.com"
    spec = {
        "group": group,
        "version": "v1",
        "service": {"namespace": "default", "name": "no-such-service"},
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
    }
    service = made("APIService", "", f"v1.{group}", "apiregistration.k8s.io/v1", spec=spec)
    ref = ObjectRef.from_object(api_cluster.create(service))
    try:
        eventually(lambda: group in api_cluster.discovery().refresh().partial, "the aggregator notices")
        assert api_cluster.discovery().find("apps", "Deployment") is not None
    finally:
        api_cluster.delete(ref, uid=None)
        eventually(lambda: group not in api_cluster.discovery().refresh().partial, "the group is forgotten")


def test_a_watch_ends_by_itself(api_cluster: ApiCluster, namespace: str) -> None:
    stored = api_cluster.create(made("ConfigMap", namespace))
    version = stored["metadata"]["resourceVersion"]
    seen = list(api_cluster.watch("", "v1", "ConfigMap", namespace, "web", version, 1))
    assert {event["type"] for event in seen} <= {"BOOKMARK"}


def test_wrong_credentials_and_missing_rights_are_told_apart(kubeconfig: Path, namespace: str) -> None:
    target, _ = from_kubeconfig(kubeconfig, "", {})
    nobody = replace(target, client_certificate="", client_key="")
    ref = ObjectRef("", "v1", "Secret", namespace, "web")
    with pytest.raises((Forbidden, Unauthorized)):
        connect(nobody, FixedCredentials(), Masker()).get(ref)
    with pytest.raises(Unauthorized) as caught:
        connect(nobody, FixedCredentials(f"Bearer {CANARY}"), Masker()).get(ref)
    assert CANARY not in repr(caught.value)


def test_a_server_of_another_authority_is_not_trusted(kubeconfig: Path) -> None:
    target, credentials = from_kubeconfig(kubeconfig, "", {})
    with pytest.raises(Untrusted, match="no trusted TLS connection"):
        connect(replace(target, ca=""), credentials, Masker()).version()


def test_a_server_without_the_expected_name_is_not_trusted(kubeconfig: Path) -> None:
    target, credentials = from_kubeconfig(kubeconfig, "", {})
    named = replace(target, server_name="kubernetes.default.svc")
    assert connect(named, credentials, Masker()).version()
    with pytest.raises(Untrusted):
        connect(replace(target, server_name="elsewhere.example.com"), credentials, Masker()).version()


def test_an_unverified_server_is_spoken_to_where_the_operator_says_so(kubeconfig: Path) -> None:
    target, credentials = from_kubeconfig(kubeconfig, "", {})
    assert connect(replace(target, ca="", verify=False), credentials, Masker()).version()
