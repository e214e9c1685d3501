"""Flux objects for these tests, as a cluster returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.api.objects import Json

COMMIT = "67e2c98a60dc92283531412a9e604dd4bae005a9"
REVISION = f"main@sha1:{COMMIT}"
CREATED = "2026-03-01T11:00:00Z"


def flux(api: str, kind: str, name: str, spec: Json, status: Json, **meta: Any) -> Json:
    """An object of one of Flux's groups."""
    metadata = {"name": name, "namespace": "flux-system", "creationTimestamp": CREATED, **meta}
    return {
        "apiVersion": f"{api}.toolkit.fluxcd.io/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }


def condition(status: str, message: str, kind: str = "Ready") -> Json:
    """A condition."""
    return {"type": kind, "status": status, "message": message, "lastTransitionTime": CREATED}


def kustomization(name: str = "apps", *conditions: Json, **rest: Any) -> Json:
    """A Kustomization of GitRepository `fleet`, at REVISION; `spec` and `status` add to it."""
    source = {"kind": "GitRepository", "name": "fleet"}
    spec = {"interval": "10m", "path": "./apps", "prune": True, "sourceRef": source, **rest.pop("spec", {})}
    status = {"conditions": list(conditions), "lastAppliedRevision": REVISION, **rest.pop("status", {})}
    return flux("kustomize", "Kustomization", name, spec, status, **rest)


def git(name: str = "fleet", *conditions: Json, **rest: Any) -> Json:
    """A GitRepository with an artifact of REVISION; `spec` and `status` add to it."""
    spec = {"url": "https://example.com/fleet", "interval": "1m", **rest.pop("spec", {})}
    artifact = {"revision": REVISION, "size": 2048}
    status = {"conditions": list(conditions), "artifact": artifact, **rest.pop("status", {})}
    return flux("source", "GitRepository", name, spec, status, **rest)
