"""Built-in kinds of all sorts, as people write them."""

from __future__ import annotations

from typing import Any

from tests.kustomize.builders import make

RBAC = "rbac.authorization.k8s.io"


def _containers(**more: Any) -> list[dict[str, Any]]:
    resources = {"requests": {"cpu": 1, "memory": "1024Mi"}, "limits": {"cpu": "1500m"}}
    ports = [{"containerPort": 80}, {"name": "u", "containerPort": 81, "protocol": "UDP"}]
    return [{"name": "c", "image": "x", "resources": resources, "ports": ports, **more}]


def all_sorts(namespace: str) -> list[dict[str, Any]]:
    """Built-in kinds with fields that the API server fills in or writes in another form."""
    selector = {"matchLabels": {"app": "x"}}
    pod = {
        "metadata": {"labels": {"app": "x"}, "creationTimestamp": None},
        "spec": {"containers": _containers()},
    }
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": _containers()}}}
    cron = {"schedule": "@daily", "jobTemplate": {"spec": job}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}
    metric = {"type": "Utilization", "averageUtilization": 80}
    metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": metric}}]
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    subject = {"kind": "ServiceAccount", "name": "x", "namespace": namespace}
    role = {"apiGroup": RBAC, "kind": "Role", "name": "a:b"}
    backend = {"service": {"name": "x", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    ingress = {"rules": [{"http": {"paths": [path]}}]}
    budget = {"minAvailable": "50%", "selector": selector}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}
    return [
        make("v1", "ServiceAccount", "x", namespace),
        make("v1", "Secret", "x", namespace, stringData={"a": "b"}),
        make("v1", "Service", "x", namespace, spec={"selector": {"app": "x"}, "ports": [{"port": 80}]}),
        make("v1", "PersistentVolumeClaim", "x", namespace, spec=claim),
        make("v1", "LimitRange", "x", namespace, spec={"limits": [{"type": "Container", "max": {"cpu": 2}}]}),
        make("v1", "ResourceQuota", "x", namespace, spec={"hard": {"pods": 100}}),
        make("apps/v1", "Deployment", "x", namespace, spec={"selector": selector, "template": pod}),
        make("apps/v1", "DaemonSet", "x", namespace, spec={"selector": selector, "template": pod}),
        make("apps/v1", "StatefulSet", "x", namespace, spec={"selector": selector, "template": pod}),
        make("batch/v1", "Job", "x", namespace, spec=job),
        make("batch/v1", "CronJob", "x", namespace, spec=cron),
        make(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "x",
            namespace,
            spec={"scaleTargetRef": target, "maxReplicas": 3, "metrics": metrics},
        ),
        make("policy/v1", "PodDisruptionBudget", "x", namespace, spec=budget),
        make("networking.k8s.io/v1", "Ingress", "x", namespace, spec=ingress),
        make("networking.k8s.io/v1", "NetworkPolicy", "x", namespace, spec={"podSelector": {}}),
        make(f"{RBAC}/v1", "Role", "a:b", namespace, rules=[rule]),
        make(f"{RBAC}/v1", "RoleBinding", "a:b", namespace, subjects=[subject], roleRef=role),
    ]
