"""Flux's own objects in a fleet: its controllers, and API versions that it has removed. Pure."""

from __future__ import annotations

from bench.differential.story import Fleet, docs, ends, install, push

_CONTROLLER = """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: source-controller
      labels: {app.kubernetes.io/part-of: flux, app.kubernetes.io/component: source-controller}
    spec:
      replicas: 1
      selector: {matchLabels: {app: source-controller}}
      template:
        metadata: {labels: {app: source-controller}}
        spec:
          containers:
          - {name: manager, image: 'ghcr.io/fluxcd/source-controller:v1.9.0'}
"""
_OLD = """
    # The apps.
    apiVersion: kustomize.toolkit.fluxcd.io/v1beta2
    kind: Kustomization
    metadata: {name: more}
    spec:
      interval: 10h
      suspend: true
      path: ./more
      prune: true
      sourceRef: {kind: GitRepository, name: fleet}
"""
FLUX = (
    Fleet(
        "flux-controllers",
        "the Deployment of one of Flux's controllers, as in gotk-components.yaml",
        ends(
            install({"app/gotk-components.yaml": docs(_CONTROLLER)}),
            push("change", {"app/gotk-components.yaml": docs(_CONTROLLER.replace("v1.9.0", "v1.9.1"))}),
        ),
    ),
    Fleet(
        "old-versions",
        "a Kustomization of an API version that Flux has removed",
        ends(
            install({"app/sync.yaml": docs(_OLD)}),
            push("migrated", {"app/sync.yaml": docs(_OLD.replace("v1beta2", "v1"))}),
        ),
    ),
)
