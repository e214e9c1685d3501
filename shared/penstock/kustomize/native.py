"""What Flux sets in built-in kinds before they are applied. Pure.

Source: fluxcd/pkg/ssa normalize (protocol defaults, Secret stringData), k8s.io/api (what Go never omits) and
utils/cert_validation.go (a CRD's caBundle that is no certificate, often the placeholder `Cg==`, is refused by
the API server since 1.31).
"""

from __future__ import annotations

import ssl
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from penstock.kustomize.edits import changed, each, having, with_protocols
from penstock.kustomize.typed import is_typed, without_empty
from penstock.kustomize.workloads import PODS, with_pod_defaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json

_CA_BUNDLE = ("spec", "conversion", "webhook", "clientConfig")


def with_defaults(obj: Json) -> Json:
    """The object with Flux's defaults and nothing that says nothing; other shapes than expected stay."""
    kind = (str(obj["apiVersion"]), str(obj["kind"]))
    if is_typed(*kind):
        obj = without_empty(obj)
    if kind in PODS:
        return with_pod_defaults(obj, kind)
    if kind in _CHANGES:
        return _CHANGES[kind](obj)
    if kind[1] == "CustomResourceDefinition" and kind[0].startswith("apiextensions.k8s.io/"):
        return changed(obj, _CA_BUNDLE, _without_bad_bundle)
    return obj


def _with_service_ports(service: Json) -> Json:
    """Port 0 is what Go writes for none; the API server reads it as the same as `port`."""
    return each(with_protocols(service), "ports", lambda port: {"targetPort": 0, **port})


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


_CHANGES: dict[tuple[str, str], Callable[[Json], Json]] = {
    ("v1", "Namespace"): having("spec"),
    ("v1", "PersistentVolumeClaim"): lambda obj: changed(obj, ("spec",), having("resources")),
    ("v1", "Secret"): _with_data,
    ("v1", "Service"): lambda obj: changed(obj, ("spec",), _with_service_ports),
}
