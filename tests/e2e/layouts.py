"""Fleets as `flux bootstrap` lays them out: gotk-components.yaml, gotk-sync.yaml, and the apps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from tests.runtime.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

SYSTEM = "clusters/prod/flux-system"
CONTROLLERS = ("source-controller", "kustomize-controller", "helm-controller", "notification-controller")
_KEPT = {"kustomize.toolkit.fluxcd.io/prune": "disabled"}
_FLUX = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/instance": "flux-system"}


def components(namespace: str) -> str:
    """What gotk-components.yaml has: the Namespace, CRDs, and a Deployment of each controller, to be run.

    The CRDs stay when the fleet goes, as other tests need them.
    """
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": _FLUX}}
    objects = [space, *_crds(), *(_deployment(name, namespace) for name in CONTROLLERS)]
    return "---\n".join(yaml.safe_dump(obj) for obj in objects)


def _crds() -> list[Json]:
    found = []
    for file in sorted((ROOT / "infra/crds").glob("*.yaml")):
        for crd in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            annotations = {**(crd["metadata"].get("annotations") or {}), **_KEPT}
            found.append({**crd, "metadata": {**crd["metadata"], "annotations": annotations}})
    return found


def _deployment(name: str, namespace: str) -> Json:
    labels = {**_FLUX, "app.kubernetes.io/component": name, "control-plane": "controller"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "manager", "image": f"ghcr.io/fluxcd/{name}:v1.9.0"}]},
            },
        },
    }


def repository(name: str, namespace: str, url: str, *, branch: str = "main", interval: str = "1h") -> Json:
    """A GitRepository."""
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"interval": interval, "ref": {"branch": branch}, "url": url},
    }


def kustomization(name: str, namespace: str, path: str, *, source: str, interval: str = "1h") -> Json:
    """A Kustomization."""
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "interval": interval,
            "path": path,
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": source},
        },
    }


def sync(namespace: str, url: str, *, branch: str = "main", interval: str = "1h", path: str = SYSTEM) -> str:
    """What gotk-sync.yaml has: how the fleet is synced, this file with it."""
    objects = (
        repository("flux-system", namespace, url, branch=branch, interval=interval),
        kustomization("flux-system", namespace, f"./{path}", source="flux-system", interval=interval),
    )
    return document(*objects)


def document(*objects: Json) -> str:
    """Objects as one file."""
    return "---\n".join(yaml.safe_dump(obj, sort_keys=False) for obj in objects)


def system(namespace: str, url: str, *more: str, path: str = SYSTEM, **how: str) -> Mapping[str, str]:
    """The files of flux-system/, with the names of further ones in its kustomization.yaml."""
    resources = ["gotk-components.yaml", "gotk-sync.yaml", *more]
    return {
        f"{path}/gotk-components.yaml": components(namespace),
        f"{path}/gotk-sync.yaml": sync(namespace, url, path=path, **how),
        f"{path}/kustomization.yaml": json.dumps({"resources": resources}),
    }
