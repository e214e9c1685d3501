from __future__ import annotations

from typing import Any

import pytest

from bench.differential.settled import calm, handled

READY = {"type": "Ready", "status": "True", "message": "Applied revision: main@sha1:a"}
FAILED = {"type": "Ready", "status": "False", "message": "kustomize build failed"}
UNKNOWN = {"type": "Ready", "status": "Unknown", "message": "Reconciliation in progress"}
STORED = {"type": "Ready", "status": "True", "message": "stored artifact for revision 'main@sha1:b'"}
WORKING = {"type": "Reconciling", "status": "True", "reason": "Progressing"}
RETRYING = {"type": "Reconciling", "status": "True", "reason": "ProgressingWithRetry"}


@pytest.mark.parametrize(
    ("conditions", "more", "expected"),
    [
        ([], {}, False),
        ([UNKNOWN, WORKING], {}, False),
        ([READY], {"lastAppliedRevision": "main@sha1:a"}, True),
        ([READY], {"lastAppliedRevision": "main@sha1:0"}, False),
        ([READY], {}, False),
        ([READY, WORKING], {"lastAppliedRevision": "main@sha1:a"}, False),
        ([STORED], {"artifact": {"revision": "main@sha1:b"}}, True),
        ([STORED], {"artifact": {"revision": "main@sha1:a"}}, False),
        ([FAILED], {}, True),
        ([FAILED, RETRYING], {"lastAppliedRevision": "main@sha1:a"}, True),
        ([FAILED, WORKING], {}, False),
    ],
)
def test_an_object_is_calm_once_all_of_its_status_says_so(
    conditions: list[dict[str, str]], more: dict[str, Any], expected: bool
) -> None:
    assert calm({"status": {"conditions": conditions, **more}}) is expected


def test_an_object_without_a_status_is_not_calm_and_has_answered_nothing() -> None:
    assert not calm({"metadata": {}})
    assert handled({"metadata": {}}) == "None"
    assert handled({"status": {"lastHandledReconcileAt": "token"}}) == "token"
