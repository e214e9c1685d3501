"""What Flux sets in built-in kinds before they are applied. Pure.

Source: fluxcd/pkg/ssa normalize (protocol defaults, Secret stringData) and utils/cert_validation.go (a CRD's
caBundle that is no certificate, often the placeholder `Cg==`, is refused by the API server since 1.31).
"""

from __future__ import annotations

import ssl
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from penstock.kustomize.typed import is_typed, without_empty

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json

_POD_SPECS = {
    ("v1", "Pod"): ("spec",),
    ("apps/v1", "Deployment"): ("spec", "template", "spec"),
    ("apps/v1", "StatefulSet"): ("spec", "template", "spec"),
    ("apps/v1", "DaemonSet"): ("spec", "template", "spec"),
    ("apps/v1", "ReplicaSet"): ("spec", "template", "spec"),
    ("batch/v1", "Job"): ("spec", "template", "spec"),
    ("batch/v1", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
}
_CA_BUNDLE = ("spec", "conversion", "webhook", "clientConfig")


def with_defaults(obj: Json) -> Json:
    """The object with Flux's defaults and nothing that says nothing; other shapes than expected stay."""
    kind = (str(obj["apiVersion"]), str(obj["kind"]))
    if is_typed(*kind):
        obj = without_empty(obj)
    if path := _POD_SPECS.get(kind):
        return _changed(obj, path, _with_container_protocols)
    if kind == ("v1", "Service"):
        return _changed(obj, ("spec",), _with_protocols)
    if kind == ("v1", "Secret"):
        return _with_data(obj)
    if kind[1] == "CustomResourceDefinition" and kind[0].startswith("apiextensions.k8s.io/"):
        return _changed(obj, _CA_BUNDLE, _without_bad_bundle)
    return obj


def _changed(value: Json, path: tuple[str, ...], change: Callable[[Json], Json]) -> Json:
    """The mapping with the mapping at `path` changed, if there is one."""
    if not path:
        return change(value)
    inner = value.get(path[0])
    if not isinstance(inner, dict):
        return value
    return {**value, path[0]: _changed(inner, path[1:], change)}


def _with_container_protocols(pod: Json) -> Json:
    containers = pod.get("containers")
    if not isinstance(containers, list):
        return pod
    return {**pod, "containers": [_with_protocols(c) if isinstance(c, dict) else c for c in containers]}


def _with_protocols(holder: Json) -> Json:
    ports = holder.get("ports")
    if not isinstance(ports, list):
        return holder
    return {**holder, "ports": [_with_protocol(port) for port in ports]}


def _with_protocol(port: Any) -> Any:
    return port if not isinstance(port, dict) or port.get("protocol") else {**port, "protocol": "TCP"}


def _with_data(secret: Json) -> Json:
    """stringData as data: otherwise a key that leaves stringData would stay in the cluster for ever."""
    plain, data = secret.get("stringData"), secret.get("data") or {}
    if not isinstance(plain, dict) or not isinstance(data, dict):
        return secret
    if not all(isinstance(value, str) for value in plain.values()):
        return secret
    encoded = {key: b64encode(value.encode()).decode() for key, value in plain.items()}
    rest = {key: value for key, value in secret.items() if key != "stringData"}
    return {**rest, "data": {**data, **encoded}} if encoded else rest


def _without_bad_bundle(client: Json) -> Json:
    bundle = client.get("caBundle")
    if not isinstance(bundle, str) or not bundle or _is_certificate(bundle):
        return client
    return {key: value for key, value in client.items() if key != "caBundle"}


def _is_certificate(bundle: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(
            cadata=b64decode(bundle, validate=True).decode("ascii")
        )
    except (ValueError, ssl.SSLError):
        return False
    return True
