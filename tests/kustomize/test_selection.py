"""Which Kustomizations are looked at, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from penstock.api.refs import ObjectRef, git_repository
from penstock.kustomize.selection import CUT_OFF, MADE_AGAIN, VALUES_CHANGED, source_of, suspended, why_due
from penstock.store.records import Record

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
RECORD = Record(checked_at="2030-01-01T11:59:00Z", ok=True, generation=1)
READY = {"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded"}
WORKING = {"type": "Reconciling", "status": "True", "reason": "Progressing"}
RETRYING = {"type": "Reconciling", "status": "True", "reason": "ProgressingWithRetry"}
HELD = {"type": "Stalled", "status": "True", "reason": "PruneFailed"}


def _kustomization(*conditions: Any, **meta: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "apps", "namespace": "flux-system", "generation": 1, "uid": "u", **meta},
        "spec": {"interval": "10m", "sourceRef": {"kind": "GitRepository", "name": "fleet"}},
        "status": {
            "observedGeneration": 1,
            "lastAttemptedRevision": "r1",
            "conditions": [READY, *conditions],
        },
    }


def _approved(revision: str) -> dict[str, Any]:
    return _kustomization(HELD, annotations={"penstock.dev/approve": revision})


@pytest.mark.parametrize(
    ("obj", "revision", "why"),
    [
        (_kustomization(), "r1", ""),
        (_kustomization(), "r2", "new artifact"),
        (_kustomization(WORKING), "r1", CUT_OFF),
        (_kustomization(RETRYING), "r1", ""),
        (_kustomization(HELD), "r1", ""),
        (_approved("r1"), "r1", "deletions approved"),
        (_approved("r2"), "r1", ""),
        (_approved(""), "", ""),
        (_kustomization(annotations={"penstock.dev/approve": "r1"}), "r1", ""),
        ({**_kustomization(WORKING), "spec": {"suspend": True}}, "r1", ""),
        (_kustomization(WORKING, deletionTimestamp="2030-01-01T00:00:00Z"), "r1", ""),
    ],
)
def test_beside_the_schedule_cut_off_runs_and_approvals_are_due(
    obj: dict[str, Any], revision: str, why: str
) -> None:
    assert why_due(obj, RECORD, revision, NOW) == why


def test_values_that_changed_are_due_unless_that_is_to_be_left_alone() -> None:
    assert why_due(_kustomization(), RECORD, "r1", NOW, values_changed=True) == VALUES_CHANGED
    suspending = {**_kustomization(), "spec": {"suspend": True}}
    assert why_due(suspending, RECORD, "r1", NOW, values_changed=True) == ""


@pytest.mark.parametrize(
    ("made_at", "why"),
    [
        ("2030-01-01T11:59:00Z", MADE_AGAIN),
        ("2030-01-01T11:59:10Z", MADE_AGAIN),
        ("2030-01-01T11:58:59Z", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_who_found_no_artifact_is_due_once_it_has_been_made_again(made_at: str, why: str) -> None:
    message = "Source is not ready, artifact not found, retrying in 30s"
    obj = _kustomization()
    obj["status"]["conditions"] = [
        {**READY, "status": "False", "reason": "ArtifactFailed", "message": message}
    ]
    failed = Record(checked_at="2030-01-01T11:59:00Z", ok=False, generation=1)
    early = datetime(2030, 1, 1, 11, 59, 20, tzinfo=UTC)
    assert why_due(obj, failed, "r1", early, made_at=made_at) == why
    assert (
        why_due({**obj, "spec": {**obj["spec"], "suspend": True}}, failed, "r1", early, made_at=made_at) == ""
    )


def test_the_source_is_in_the_own_namespace_unless_told_otherwise() -> None:
    assert source_of(_kustomization()) == git_repository("flux-system", "fleet")
    other = {"kind": "Bucket", "name": "x", "namespace": "y"}
    found = source_of({"metadata": {}, "spec": {"sourceRef": other}})
    assert (found.kind, found.namespace, found.name) == ("Bucket", "y", "x")


@pytest.mark.parametrize("obj", [{}, {"spec": []}, {"spec": {"sourceRef": 1}, "metadata": 1}])
def test_strange_objects_have_no_source_and_are_not_suspended(obj: dict[str, Any]) -> None:
    assert source_of(obj) == ObjectRef("source.toolkit.fluxcd.io", "v1", "", "", "")
    assert not suspended(obj)
    assert why_due({**obj, "status": {"conditions": [1, "x"]}}, RECORD, "", NOW) in {"", "spec changed"}
