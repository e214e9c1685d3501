"""The history of an object, from run records and from a status."""

from __future__ import annotations

from penstock.plans.history import HEAD, Commit, commits, from_runs, from_status, row, short_revision, value
from penstock.store.runs import RunChange, RunRecord

REVISION = "main@sha1:" + "a1" * 20


def _run(**fields: object) -> RunRecord:
    known = {
        "started_at": "2030-01-01T12:00:00.000000Z",
        "ended_at": "2030-01-01T12:00:02.500000Z",
        "ok": True,
        "reason": "ReconciliationSucceeded",
        "message": "Applied revision",
        "revision": REVISION,
    }
    return RunRecord(**{**known, **fields})  # type: ignore[arg-type]


def _changes(*actions: str) -> tuple[RunChange, ...]:
    return tuple(RunChange(f"ns_{i}__ConfigMap", "v1", action) for i, action in enumerate(actions))


def test_a_run_is_one_row_with_what_it_did_and_whose_commit_it_was() -> None:
    run = _run(changes=_changes("created", "created", "deleted", "gone"), held=_changes("held"))
    (entry,) = from_runs([("id-1", run)], {REVISION: Commit("Ada", "Add web")})
    counted = "2 created, 1 deleted, 1 gone, 1 held"
    told = ("2030-01-01T12:00:00Z", "main@sha1:a1a1a1a1", run.reason, counted, "2.5s", "Ada", "Add web")
    assert row(entry) == told
    assert len(row(entry)) == len(HEAD)
    assert value(entry) == {
        "run": "id-1",
        "startedAt": "2030-01-01T12:00:00.000000Z",
        "seconds": 2.5,
        "revision": REVISION,
        "author": "Ada",
        "subject": "Add web",
        "ok": True,
        "reason": "ReconciliationSucceeded",
        "keptOff": None,
        "message": "Applied revision",
        "changes": {"created": 2, "deleted": 1, "gone": 1, "held": 1},
        "runs": 1,
    }


def test_a_run_by_a_rollback_says_what_it_kept_off() -> None:
    (entry,) = from_runs([("id-1", _run(kept_off="main@sha1:" + "b2" * 20))], {})
    assert row(entry)[2] == "ReconciliationSucceeded, in place of main@sha1:b2b2b2b2"
    assert value(entry)["keptOff"] == "main@sha1:" + "b2" * 20


def test_a_run_of_less_than_a_second_is_told_in_milliseconds() -> None:
    (entry,) = from_runs([("id-1", _run(ended_at="2030-01-01T12:00:00.047Z"))], {})
    assert row(entry)[4] == "47ms"


def test_what_nobody_knows_is_a_dash() -> None:
    (entry,) = from_runs([("id-1", _run(ended_at="soon", revision=""))], {})
    assert row(entry)[1:] == ("-", "ReconciliationSucceeded", "none", "-", "-", "-")
    assert value(entry)["author"] is value(entry)["seconds"] is None


def test_commits_are_those_that_a_source_stored() -> None:
    stored = _run(author="Ada", subject="Add web")
    failed = _run(ok=False, author="Eve", subject="no", revision="main@sha1:b")
    runs = [_run(revision="main@sha1:c"), failed, stored]
    assert commits(runs, {REVISION, "main@sha1:b", "main@sha1:c"}) == {REVISION: Commit("Ada", "Add web")}


def test_no_more_records_are_read_than_commits_are_wanted() -> None:
    left = iter([_run(author="Ada", subject="Add web"), _run(revision="main@sha1:old")])
    assert list(commits(left, {REVISION})) == [REVISION]
    assert len(list(left)) == 1
    assert commits(iter([_run(author="Ada")]), ()) == {}


def test_a_status_tells_of_builds_and_how_often_they_were_applied() -> None:
    snapshot = {
        "digest": "sha256:1",
        "firstReconciled": "2030-01-01T10:00:00Z",
        "lastReconciled": "2030-01-01T12:00:00Z",
        "lastReconciledDuration": "1.5s",
        "lastReconciledStatus": "HealthCheckFailed",
        "totalReconciliations": 3,
        "metadata": {"revision": REVISION},
    }
    (entry, other) = from_status({"status": {"history": [snapshot, {}, "x"]}})
    told = ("2030-01-01T12:00:00Z", "main@sha1:a1a1a1a1", "HealthCheckFailed", "3 runs", "1.5s", "-", "-")
    assert row(entry) == told
    assert (entry.ok, value(entry)["changes"], value(entry)["run"]) == (False, None, None)
    assert row(other) == ("-", "-", "", "-", "-", "-", "-")
    assert from_status({}) == from_status({"status": {"history": {}}}) == ()


def test_only_hashes_are_cut() -> None:
    assert short_revision(REVISION) == "main@sha1:a1a1a1a1"
    assert short_revision("sha1:" + "0f" * 20) == "sha1:0f0f0f0f"
    assert short_revision("6.1.0") == "6.1.0"
    assert short_revision("release:candidate-of-today") == "release:candidate-of-today"
