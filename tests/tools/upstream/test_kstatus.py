"""Health as kstatus judges it: every kind that it has a rule for, and custom resources by conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.kstatus import State
from penstock.kustomize.health import judged_part

from tests.kustomize.builders import make

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.tools.upstream import Upstream

CURRENT, IN_PROGRESS, FAILED = State.CURRENT, State.IN_PROGRESS, State.FAILED
SEEN = {"observedGeneration": 1}
ROLLED_OUT = {
    **SEEN,
    "replicas": 1,
    "updatedReplicas": 1,
    "readyReplicas": 1,
    "availableReplicas": 1,
    "conditions": [
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
        {"type": "Available", "status": "True"},
    ],
}
OVERDUE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
DAEMONS = {**SEEN, "desiredNumberScheduled": 1, "currentNumberScheduled": 1, "updatedNumberScheduled": 1}
CRASHING = [{"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]
NEVER_SCHEDULED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}


def _says(kind: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status, **more}]}


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "status", "state"),
    [
        ("v1", "ConfigMap", {}, {}, CURRENT),
        ("v1", "Secret", {}, {}, CURRENT),
        ("v1", "ServiceAccount", {}, {}, CURRENT),
        ("v1", "Namespace", {}, {"phase": "Active"}, CURRENT),
        ("v1", "Service", {}, {}, CURRENT),
        ("v1", "Service", {"type": "LoadBalancer"}, {}, IN_PROGRESS),
        ("v1", "Service", {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}, {}, CURRENT),
        ("v1", "PersistentVolumeClaim", {}, {"phase": "Pending"}, IN_PROGRESS),
        ("v1", "PersistentVolumeClaim", {}, {"phase": "Bound"}, CURRENT),
        ("v1", "Pod", {}, {}, IN_PROGRESS),
        ("v1", "Pod", {}, {"phase": "Pending"}, IN_PROGRESS),
        ("v1", "Pod", {}, {"phase": "Pending", "conditions": [NEVER_SCHEDULED]}, FAILED),
        ("v1", "Pod", {}, {"phase": "Running", **_says("Ready")}, CURRENT),
        ("v1", "Pod", {}, {"phase": "Running", **_says("Ready", "False")}, IN_PROGRESS),
        ("v1", "Pod", {}, {"phase": "Running", "containerStatuses": CRASHING}, FAILED),
        ("v1", "Pod", {}, {"phase": "Succeeded"}, CURRENT),
        ("apps/v1", "Deployment", {"replicas": 1}, SEEN, IN_PROGRESS),
        ("apps/v1", "Deployment", {"replicas": 1}, ROLLED_OUT, CURRENT),
        ("apps/v1", "Deployment", {"replicas": 1}, {**ROLLED_OUT, "observedGeneration": 0}, IN_PROGRESS),
        ("apps/v1", "Deployment", {"replicas": 1}, {**ROLLED_OUT, "availableReplicas": 0}, IN_PROGRESS),
        ("apps/v1", "Deployment", {"replicas": 1}, {**SEEN, "conditions": [OVERDUE]}, FAILED),
        ("apps/v1", "ReplicaSet", {"replicas": 1}, {"replicas": 1}, IN_PROGRESS),
        ("apps/v1", "StatefulSet", {"replicas": 1}, {**SEEN, "replicas": 1}, IN_PROGRESS),
        (
            "apps/v1",
            "StatefulSet",
            {"replicas": 1},
            {"replicas": 1, "readyReplicas": 1, "currentReplicas": 1},
            CURRENT,
        ),
        ("apps/v1", "StatefulSet", {"updateStrategy": {"type": "OnDelete"}}, {}, CURRENT),
        ("apps/v1", "DaemonSet", {}, {}, IN_PROGRESS),
        ("apps/v1", "DaemonSet", {}, {**DAEMONS, "numberAvailable": 1, "numberReady": 1}, CURRENT),
        ("apps/v1", "DaemonSet", {}, {**DAEMONS, "numberAvailable": 0, "numberReady": 0}, IN_PROGRESS),
        ("batch/v1", "CronJob", {}, {}, CURRENT),
        ("batch/v1", "Job", {}, {}, IN_PROGRESS),
        ("batch/v1", "Job", {}, {"startTime": "2030-01-01T00:00:00Z", "active": 1}, IN_PROGRESS),
        ("batch/v1", "Job", {}, _says("Complete"), CURRENT),
        ("batch/v1", "Job", {}, _says("Failed"), FAILED),
        ("batch/v1", "Job", {"suspend": True}, {}, CURRENT),
        ("policy/v1", "PodDisruptionBudget", {}, SEEN, CURRENT),
        ("policy/v1", "PodDisruptionBudget", {}, {"observedGeneration": 0}, IN_PROGRESS),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, {}, IN_PROGRESS),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, _says("Established"), CURRENT),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, _says("NamesAccepted", "False"), FAILED),
        ("example.com/v1", "Widget", {}, {}, CURRENT),
        ("example.com/v1", "Widget", {}, _says("Ready", "Unknown"), IN_PROGRESS),
        ("example.com/v1", "Widget", {}, _says("Ready", "False"), IN_PROGRESS),
        ("example.com/v1", "Widget", {}, _says("Ready"), CURRENT),
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease", {}, {**SEEN, **_says("Reconciling")}, IN_PROGRESS),
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease", {}, {**SEEN, **_says("Stalled")}, FAILED),
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", {}, {"observedGeneration": -1}, IN_PROGRESS),
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", {}, {**SEEN, **_says("Ready")}, CURRENT),
    ],
)
def test_a_kind_is_judged_by_its_rule(
    api_version: str, kind: str, spec: Json, status: Json, state: State, upstream: Upstream
) -> None:
    obj = make(api_version, kind, "x", "y", spec=spec, status=status)
    obj["metadata"] |= {"generation": 1, "creationTimestamp": "2020-01-01T00:00:00Z"}
    (whole, part) = upstream.kstatus((obj, judged_part(obj)))
    assert whole == part
    assert (whole.state, whole.error) == (state, "")


def test_what_is_being_deleted_is_never_healthy(upstream: Upstream) -> None:
    obj = make("v1", "ConfigMap", "x", "y")
    obj["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    (health,) = upstream.kstatus((judged_part(obj),))
    assert health.state is State.TERMINATING


@pytest.mark.parametrize("status", [{"phase": "Odd"}, {"phase": "Running", "containerStatuses": ["odd"]}])
def test_what_cannot_be_judged_is_unknown_and_says_why(status: Json, upstream: Upstream) -> None:
    (health,) = upstream.kstatus((make("v1", "Pod", "x", "y", status=status),))
    assert health.state is State.UNKNOWN
    assert health.error


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["conditions", "type", "status", "observedGeneration", "replicas", "phase", "x"]),
            inner,
        )
    ),
    max_leaves=8,
)
_KINDS = st.sampled_from(
    [("v1", "Pod"), ("v1", "Service"), ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"),
     ("apps/v1", "DaemonSet"), ("batch/v1", "Job"), ("example.com/v1", "Widget")]
)  # fmt: skip


@given(kind=_KINDS, spec=_ANY, status=_ANY)
def test_no_object_ends_the_helper(kind: tuple[str, str], spec: Any, status: Any, upstream: Upstream) -> None:
    obj = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "x"}, "spec": spec, "status": status}
    (health,) = upstream.kstatus((obj,))
    assert health.state in set(State)
    assert bool(health.error) is (health.state is State.UNKNOWN)
