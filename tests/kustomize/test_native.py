"""Flux's defaults for built-in kinds."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from penstock.kustomize.native import with_defaults

from tests.kustomize.builders import crd, make

CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBhjCCAS2gAwIBAgIUcz6I9Tcdi9wRTilESuCnWgsxYDkwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNcGVuc3RvY2sgdGVzdDAgFw0yNjExMjMxNzU3MzlaGA8yMTI2
MTAzMDE3NTczOVowGDEWMBQGA1UEAwwNcGVuc3RvY2sgdGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABIThuDv5uuRYcTbAD5aXeaIWumURYTfZCmEk9C0w2plP
YNF/3IcUkvA9xQUgOIf3N+HqbrNxriDVraxX6s/sNjyjUzBRMB0GA1UdDgQWBBSt
Afi5+JzkRfoVDw3cffJQr2vZaDAfBgNVHSMEGDAWgBStAfi5+JzkRfoVDw3cffJQ
r2vZaDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIDCbYnMcFzPr
IA9CUzbO5Z0C9vr3Yc4uNeQVYOXK8Ic2AiAmCo7QqxJemUBoC2mLRNom/2SxtDRa
oz8HFzAq0ymtYA==
-----END CERTIFICATE-----
"""


def _ports(ports: Any) -> list[Any]:
    return [{"name": "c", "ports": ports}]


@pytest.mark.parametrize(
    ("api_version", "kind", "path"),
    [
        ("v1", "Pod", ("spec",)),
        ("apps/v1", "Deployment", ("spec", "template", "spec")),
        ("apps/v1", "StatefulSet", ("spec", "template", "spec")),
        ("apps/v1", "DaemonSet", ("spec", "template", "spec")),
        ("apps/v1", "ReplicaSet", ("spec", "template", "spec")),
        ("batch/v1", "Job", ("spec", "template", "spec")),
        ("batch/v1", "CronJob", ("spec", "jobTemplate", "spec", "template", "spec")),
    ],
)
def test_container_ports_get_their_protocol(api_version: str, kind: str, path: tuple[str, ...]) -> None:
    inner: Any = {"containers": _ports([{"containerPort": 1}, {"containerPort": 2, "protocol": "UDP"}])}
    for key in reversed(path):
        inner = {key: inner}
    obj = make(api_version, kind, "x", **inner)
    found: Any = with_defaults(obj)
    for key in path:
        found = found[key]
    assert [port["protocol"] for port in found["containers"][0]["ports"]] == ["TCP", "UDP"]


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (make("v1", "Namespace", "x"), {"spec": {}}),
        (make("v1", "PersistentVolumeClaim", "x", spec={"a": 1}), {"spec": {"a": 1, "resources": {}}}),
        (
            make("v1", "Pod", "x", spec={"initContainers": [{"name": "i"}]}),
            {"spec": {"initContainers": [{"name": "i", "resources": {}}]}},
        ),
        (
            make("apps/v1", "Deployment", "x", spec={"template": {"spec": {}}}),
            {"spec": {"strategy": {}, "template": {"metadata": {}, "spec": {}}}},
        ),
        (
            make("apps/v1", "StatefulSet", "x", spec={"updateStrategy": {"type": "OnDelete"}}),
            {"spec": {"updateStrategy": {"type": "OnDelete"}}},
        ),
        (make("apps/v1", "DaemonSet", "x", spec={"a": 1}), {"spec": {"a": 1, "updateStrategy": {}}}),
        (
            make("batch/v1", "CronJob", "x", spec={"jobTemplate": {"spec": {"template": {"spec": {}}}}}),
            {"spec": {"jobTemplate": {"metadata": {}, "spec": {"template": {"metadata": {}, "spec": {}}}}}},
        ),
        (
            make("batch/v1", "Job", "x", spec={"template": {"metadata": {"name": "a"}}}),
            {"spec": {"template": {"metadata": {"name": "a"}}}},
        ),
    ],
)
def test_structs_that_go_never_omits_are_there(obj: dict[str, Any], expected: dict[str, Any]) -> None:
    assert with_defaults(obj) == {**obj, **expected}


def test_service_ports_get_their_protocol() -> None:
    found = with_defaults(make("v1", "Service", "x", spec={"ports": [{"port": 80}]}))
    assert found["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 0}]


@pytest.mark.parametrize(
    "obj",
    [
        make("v1", "Pod", "x"),
        make("v1", "Pod", "x", spec=[1]),
        make("v1", "Pod", "x", spec={"containers": {}}),
        make("v1", "Pod", "x", spec={"containers": [1, {"name": "a", "resources": {}}]}),
        make("v1", "Service", "x", spec={"ports": [1]}),
        make("v1", "Secret", "x", stringData={"a": 1}),
        make("v1", "Secret", "x", stringData=[1]),
        make("v1", "Secret", "x", data=[1], stringData={"a": "b"}),
        make("v1", "ConfigMap", "x", data={"a": "b"}),
        make("example.com/v1", "Deployment", "x", spec={"template": {"spec": {"containers": _ports([{}])}}}),
    ],
)
def test_strange_shapes_and_other_kinds_stay_as_they_are(obj: dict[str, Any]) -> None:
    assert with_defaults(obj) == obj


def test_string_data_becomes_data_and_wins() -> None:
    found = with_defaults(make("v1", "Secret", "x", data={"a": "QQ==", "b": "Qg=="}, stringData={"a": "é"}))
    assert found["data"] == {"a": b64encode("é".encode()).decode(), "b": "Qg=="}
    assert "stringData" not in found


def test_empty_string_data_vanishes() -> None:
    assert with_defaults(make("v1", "Secret", "x", stringData={})) == make("v1", "Secret", "x")


def _with_bundle(bundle: Any) -> dict[str, Any]:
    obj = crd()
    obj["spec"]["conversion"] = {"webhook": {"clientConfig": {"service": {}, "caBundle": bundle}}}
    return obj


@pytest.mark.parametrize(
    "bundle", ["Cg==", "no base64!", b64encode(b"\xff").decode(), b64encode(b"x").decode()]
)
def test_a_bundle_that_is_no_certificate_is_left_out(bundle: str) -> None:
    found = with_defaults(_with_bundle(bundle))
    assert found["spec"]["conversion"]["webhook"]["clientConfig"] == {"service": {}}


@pytest.mark.parametrize("bundle", ["", None, b64encode(CERTIFICATE.encode()).decode()])
def test_no_bundle_and_a_good_one_are_no_fault(bundle: Any) -> None:
    assert with_defaults(_with_bundle(bundle)) == _with_bundle(bundle)
