"""None"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from penstock.api.work import Outcome
from penstock.base.clock import rfc3339
from penstock.schedule.due import Reason, due, observe, wait_s

from tests.schedule.objects import NOW, Record, made


def ago(**span: float) -> str:
    return rfc3339(NOW - timedelta(**span))


WAITS = "Source artifact not found, retrying in 30s"
FAILED: dict[str, Any] = {"ready": "False", "reason": "BuildFailed"}


@pytest.mark.parametrize(
    ("why", "obj", "record", "artifact", "expected"),
    [
        ("a checked object rests", made(), Record(), "", None),
        ("the interval has passed", made(), Record(ago(minutes=10)), "", Reason.INTERVAL),
        ("the interval has not passed", made(), Record(ago(minutes=8)), "", None),
        ("no record", made(), None, "", Reason.UNRECORDED),
        ("a record from another clock", made(), Record(ago(hours=-1)), "", Reason.UNRECORDED),
        ("a record a moment ahead", made(), Record(ago(seconds=-30)), "", None),
        ("a record without a time", made(), Record("soon"), "", Reason.UNRECORDED),
        ("a new spec", made(metadata={"generation": 2}), Record(), "", Reason.UNOBSERVED),
        ("a new object", {"metadata": {"generation": 1}}, None, "", Reason.UNOBSERVED),
        (
            "a new spec that failed a moment ago waits for its retry",
            made(metadata={"generation": 2}, **FAILED),
            Record(ok=False, failures=1, generation=2),
            "",
            None,
        ),
        (
            "a request",
            made(metadata={"annotations": {"reconcile.fluxcd.io/requestedAt": "x"}}),
            Record(),
            "",
            Reason.REQUESTED,
        ),
        (
            "a request already handled",
            made(
                metadata={"annotations": {"reconcile.fluxcd.io/requestedAt": "x"}},
                status={"lastHandledReconcileAt": "x"},
            ),
            Record(),
            "",
            None,
        ),
        (
            "a source that was suspended a moment ago",
            made("GitRepository", metadata={"generation": 9}, spec={"suspend": True}),
            Record(),
            "",
            Reason.UNOBSERVED,
        ),
        (
            "suspended, though overdue, and the source has moved",
            made(spec={"suspend": True}),
            Record(ago(days=1)),
            "main@sha1:b",
            None,
        ),
        (
            "suspended and requested: the status is to say so",
            made(metadata={"annotations": {"reconcile.fluxcd.io/requestedAt": "x"}}, spec={"suspend": True}),
            Record(),
            "",
            Reason.REQUESTED,
        ),
        (
            "suspended a moment ago: it is ready with this spec, too",
            made(metadata={"generation": 9}, spec={"suspend": True}),
            Record(),
            "",
            Reason.UNOBSERVED,
        ),
        (
            "suspended after a failure",
            made(metadata={"generation": 9}, spec={"suspend": True}, **FAILED),
            Record(ok=False),
            "",
            None,
        ),
        (
            "suspended and being deleted",
            made(metadata={"deletionTimestamp": rfc3339(NOW)}, spec={"suspend": True}),
            Record(),
            "",
            Reason.DELETED,
        ),
        (
            "being deleted, our finalizer gone",
            made(metadata={"deletionTimestamp": rfc3339(NOW), "finalizers": ["example.com/x"]}),
            None,
            "",
            None,
        ),
        (
            "the source has moved",
            made(status={"lastAttemptedRevision": "main@sha1:a"}),
            Record(),
            "main@sha1:b",
            Reason.NEW_ARTIFACT,
        ),
        (
            "the source moved back to what was applied before the last attempt",
            made(status={"lastAttemptedRevision": "main@sha1:b", "lastAppliedRevision": "main@sha1:a"}),
            Record(),
            "main@sha1:a",
            Reason.NEW_ARTIFACT,
        ),
        (
            "the source stands",
            made(status={"lastAttemptedRevision": "main@sha1:a"}),
            Record(),
            "main@sha1:a",
            None,
        ),
        (
            "a revision that failed before the status could name it",
            made(status={"lastAttemptedRevision": "main@sha1:a"}, **FAILED),
            Record(ok=False, failures=1, outcome=Outcome(False, "x", revision="main@sha1:b")),
            "main@sha1:b",
            None,
        ),
        (
            "a newer one than the one that failed",
            made(status={"lastAttemptedRevision": "main@sha1:a"}, **FAILED),
            Record(ok=False, failures=1, outcome=Outcome(False, "x", revision="main@sha1:b")),
            "main@sha1:c",
            Reason.NEW_ARTIFACT,
        ),
        ("failed, interval passed", made(**FAILED), Record(ago(minutes=10), ok=False), "", Reason.RETRY),
        (
            "failed, retryInterval passed",
            made(spec={"retryInterval": "1m"}, **FAILED),
            Record(ago(minutes=1), ok=False),
            "",
            Reason.RETRY,
        ),
        (
            "failed, retryInterval not passed",
            made(spec={"retryInterval": "20m"}, **FAILED),
            Record(ago(minutes=15), ok=False),
            "",
            None,
        ),
        (
            "left in progress by a run that died",
            made(spec={"retryInterval": "1m"}, ready="Unknown", reason="Progressing"),
            Record(ago(minutes=2)),
            "",
            Reason.RETRY,
        ),
    ],
)
def test_what_is_due_and_why(
    why: str, obj: dict[str, Any], record: Record | None, artifact: str, expected: Reason | None
) -> None:
    assert due(observe(obj, record, artifact), NOW) == expected, why


@pytest.mark.parametrize("kind", ["GitRepository", "Kustomization"])
@pytest.mark.parametrize(("interval", "seconds"), [("1m", 60), ("24h", 86_400)])
def test_who_is_well_rests_for_its_interval(kind: str, interval: str, seconds: float) -> None:
    observed = observe(made(kind, spec={"interval": interval}), Record())
    assert 0.9 * seconds <= wait_s(observed) <= seconds


@pytest.mark.parametrize(
    ("why", "obj", "failures", "expected_s"),
    [
        ("a failed Kustomization waits for its interval", made(**FAILED), 5, 600),
        ("or its retryInterval", made(spec={"retryInterval": "90s"}, **FAILED), 5, 90),
        ("a zero retryInterval counts as none", made(spec={"retryInterval": "0s"}, **FAILED), 5, 600),
        ("one that waits for its source asks again soon", made(ready="False", message=WAITS), 5, 30),
        ("so does one that waits for another", made(ready="False", reason="DependencyNotReady"), 5, 30),
        ("one whose path is missing does not", made(ready="False", reason="ArtifactFailed"), 5, 600),
        ("a source backs off", made("GitRepository", **FAILED), 1, 30),
        ("more with every failure", made("GitRepository", **FAILED), 3, 120),
        ("never beyond its interval", made("GitRepository", **FAILED), 500, 600),
        ("nor beyond 15 minutes", made("GitRepository", spec={"interval": "24h"}, **FAILED), 500, 900),
        ("nor below one failure", made("GitRepository", **FAILED), 0, 30),
        ("a stalled source waits", made("GitRepository", stalled=True, **FAILED), 1, 600),
    ],
)
def test_how_long_a_failure_rests(why: str, obj: dict[str, Any], failures: int, expected_s: float) -> None:
    assert wait_s(observe(obj, Record(ok=False, failures=failures))) == expected_s, why


@pytest.mark.parametrize(
    ("kind", "failures", "pause_s", "expected_s"),
    [
        ("GitRepository", 1, 10, 30),
        ("GitRepository", 1, 1800, 1800),
        ("GitRepository", 9, 100, 600),
        ("GitRepository", 1, 1e9, 3600),
        ("Kustomization", 1, 1800, 600),
    ],
)
def test_a_server_that_asks_to_be_left_alone_is_left_alone_for_an_hour_at_most(
    kind: str, failures: int, pause_s: float, expected_s: float
) -> None:
    record = Record(ok=False, failures=failures, pause_s=pause_s)
    assert wait_s(observe(made(kind, **FAILED), record)) == expected_s
    assert wait_s(observe(made(kind), Record(pause_s=pause_s))) <= 600


@pytest.mark.parametrize("interval", ["1h30", "-5m", "1", "P1D", "0s", 0, None, "9" * 400 + "h", [], "1ns"])
def test_an_interval_that_cannot_be_read_counts_as_ten_minutes(interval: object) -> None:
    observed = observe(made(spec={"interval": interval}), Record())
    assert 540 <= wait_s(observed) <= 600
