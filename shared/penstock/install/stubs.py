"""Stub Deployments: Flux's controllers by name, label and shape, with 0 replicas and without rights. Pure.

Flux's CLI looks for these Deployments (contract C9 and section 3), and the patches of a bootstrapped
repository are made for them: JSON patches of `args`, `env`, `resources`, volumes, and of the ServiceAccounts.
So a stub has all that they reach. Whoever scales one up starts a controller that may do nothing: its
ServiceAccount has no role.

Source: flux2 v2.9.4, manifests/bases and the controllers' own manifests of that release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.kustomize.controllers import STUB

if TYPE_CHECKING:
    from penstock.api.objects import Json

VERSIONS = {
    "source-controller": "v1.9.4",
    "kustomize-controller": "v1.9.4",
    "helm-controller": "v1.6.3",
    "notification-controller": "v1.9.3",
    "image-reflector-controller": "v1.2.4",
    "image-automation-controller": "v1.2.4",
    "source-watcher": "v2.2.3",
}
"""The release of each controller in Flux v2.9.4."""
_SAYS = "penstock does the work of this controller; the Deployment is here for the flux command line"
_STORES = frozenset({"source-controller", "source-watcher"})
"""Those that serve artifacts: a volume for them, another port, another probe."""
_CRITICAL = frozenset({"source-controller", "kustomize-controller", "helm-controller", "source-watcher"})
_NOTIFIER = "notification-controller"
_METRICS_PORT, _HEALTH_PORT, _HTTP_PORT, _HOOK_PORT = 8080, 9440, 9090, 9292


@dataclass(frozen=True, kw_only=True)
class StubOptions:
    """Which controllers, in which namespace, from where their images would come."""

    namespace: str
    components: tuple[str, ...]
    registry: str
    image_pull_secret: str


def stubs(options: StubOptions) -> tuple[Json, ...]:
    """A ServiceAccount and a Deployment for each controller, without the labels that all objects share."""
    return tuple(
        obj
        for name in options.components
        for obj in (_account(name, options.namespace), _deployment(name, options))
    )


def _account(name: str, namespace: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace, "labels": _component(name)},
    }


def _deployment(name: str, options: StubOptions) -> Json:
    strategy: Json = {"strategy": {"type": "Recreate"}} if name in _STORES else {}
    labels = {"control-plane": "controller", **_component(name)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": options.namespace,
            "labels": labels,
            "annotations": {STUB: _SAYS},
        },
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": name}},
            **strategy,
            "template": {
                "metadata": {
                    "labels": {"app": name, **_component(name)},
                    "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": str(_METRICS_PORT)},
                },
                "spec": _pod(name, options),
            },
        },
    }


def _pod(name: str, options: StubOptions) -> Json:
    volumes = _volumes(name)
    pod: Json = {
        "serviceAccountName": name,
        "terminationGracePeriodSeconds": 60 if name == "kustomize-controller" else 10,
        "securityContext": {"fsGroup": 1337},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "containers": [_container(name, options, volumes)],
        "volumes": [{"name": volume, "emptyDir": {}} for volume in volumes],
    }
    if name in _CRITICAL:
        pod["priorityClassName"] = "system-cluster-critical"
    if options.image_pull_secret:
        pod["imagePullSecrets"] = [{"name": options.image_pull_secret}]
    return pod


def _container(name: str, options: StubOptions, volumes: dict[str, str]) -> Json:
    ready = {"path": "/", "port": "http"} if name in _STORES else {"path": "/readyz", "port": "healthz"}
    return {
        "name": "manager",
        "image": f"{options.registry}/{name}:{VERSIONS[name]}",
        "imagePullPolicy": "IfNotPresent",
        "args": _args(name, options.components),
        "env": _env(name),
        "ports": [
            {"containerPort": port, "name": port_name, "protocol": "TCP"} for port_name, port in _ports(name)
        ],
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": "healthz"}},
        "readinessProbe": {"httpGet": ready},
        "resources": {
            "limits": {"cpu": "1000m", "memory": "1Gi"},
            "requests": {"cpu": "50m" if name in _STORES else "100m", "memory": "64Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": volume, "mountPath": path} for volume, path in volumes.items()],
    }


def _args(name: str, components: tuple[str, ...]) -> list[str]:
    """In Flux's order: patches name them by their place."""
    events = f"http://{_NOTIFIER}.$(RUNTIME_NAMESPACE).svc.cluster.local./" if _NOTIFIER in components else ""
    first = [] if name == _NOTIFIER else [f"--events-addr={events}"]
    common = ["--watch-all-namespaces=true", "--log-level=info", "--log-encoding=json"]
    stored = [f"--storage-adv-addr={name}.$(RUNTIME_NAMESPACE).svc.cluster.local."]
    return [
        *first,
        *common,
        "--enable-leader-election",
        *(["--storage-path=/data", *stored] if name in _STORES else []),
    ]


def _env(name: str) -> list[Json]:
    limit = {"resourceFieldRef": {"containerName": "manager", "resource": "limits.memory"}}
    sigstore = [{"name": "TUF_ROOT", "value": "/tmp/.sigstore"}]  # noqa: S108 - as Flux has it, in no container of ours
    return [
        {"name": "RUNTIME_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        *(sigstore if name == "source-controller" else []),
        {"name": "GOMEMLIMIT", "valueFrom": limit},
    ]


def _ports(name: str) -> list[tuple[str, int]]:
    serves = [("http", _HTTP_PORT)] if name in _STORES or name == _NOTIFIER else []
    hooks = [("http-webhook", _HOOK_PORT)] if name == _NOTIFIER else []
    return [*serves, *hooks, ("http-prom", _METRICS_PORT), ("healthz", _HEALTH_PORT)]


def _volumes(name: str) -> dict[str, str]:
    return {"data": "/data", "tmp": "/tmp"} if name in _STORES else {"temp": "/tmp"}  # noqa: S108 - likewise


def _component(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/component": name, "app.kubernetes.io/part-of": "flux"}
