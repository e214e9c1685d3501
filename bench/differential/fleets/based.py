"""A base that overlays stand on, and the story of an overlay. Pure."""

from __future__ import annotations

from bench.differential.story import Fleet, config_map, docs, ends, install, kustomization, push

DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      labels: {app: web}
    spec:
      replicas: 1
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          serviceAccountName: runner
          containers:
          - name: web
            image: nginx:1.0
            args: [--verbose]
            envFrom: [{configMapRef: {name: settings}}]
            ports: [{containerPort: 80}]
"""
_ACCOUNT = """
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: runner}
"""
_SERVICE = """
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80}]
"""
BASE = {
    "base/kustomization.yaml": kustomization("resources: [all.yaml, config.yaml]\n"),
    "base/all.yaml": docs(DEPLOYMENT, _ACCOUNT, _SERVICE),
    "base/config.yaml": config_map("settings", colour="green"),
}
_CHANGED = {"base/config.yaml": config_map("settings", colour="red", shape="round")}


def overlay(name: str, about: str, first: str, second: str, **more: str) -> Fleet:
    """The base with one kustomization.yaml upon it, then another one, then another base."""
    extra = {f"app/{path}": text for path, text in more.items()}
    return Fleet(
        name,
        about,
        ends(
            install({**BASE, **extra, "app/kustomization.yaml": kustomization(first)}),
            push("change the overlay", {"app/kustomization.yaml": kustomization(second)}),
            push("change the base", _CHANGED),
        ),
    )


ON_BASE = "resources: [../base]\n"
