"""Admission calls as the API server makes them."""

from __future__ import annotations

import json
from typing import Any

from penstock.api.meta import REQUESTED_AT

Json = dict[str, Any]
UID = "705ab4f5-6393-11e8-b7cc-42010a800002"
_GROUPS = {"GitRepository": "source.toolkit.fluxcd.io", "Kustomization": "kustomize.toolkit.fluxcd.io"}


def flux_object(
    kind: str = "GitRepository",
    name: str = "fleet",
    *,
    generation: int = 1,
    asked: str = "",
    labels: Json | None = None,
    source: Json | None = None,
    **meta: Any,
) -> Json:
    """An object of Flux; `asked` is the value of its annotation requestedAt."""
    metadata = {"namespace": "apps", "name": name, "generation": generation, "labels": labels or {}, **meta}
    if asked:
        metadata["annotations"] = {**metadata.get("annotations", {}), REQUESTED_AT: asked}
    found = {"apiVersion": f"{_GROUPS[kind]}/v1", "kind": kind, "metadata": metadata}
    if kind == "Kustomization":
        found["spec"] = {"sourceRef": source or {"kind": "GitRepository", "name": "fleet"}}
    return found


def call(operation: str, new: Json | None = None, old: Json | None = None, **request: Any) -> Json:
    """The review of a change."""
    kind = (new or old or {"kind": "GitRepository"})["kind"]
    asked = {
        "uid": UID,
        "kind": {"group": _GROUPS.get(kind, ""), "version": "v1", "kind": kind},
        "operation": operation,
        "object": new,
        "oldObject": old,
        "dryRun": False,
        "userInfo": {"username": "ada"},
        **request,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked}


def body(review: Json) -> bytes:
    return json.dumps(review).encode()
