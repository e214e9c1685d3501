"""Lines of logs, as functions and controllers write them, as platforms hand them out, and of run records."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.plans.loglines import Filter, Line, from_run, newest, parse, parsed, shown
from penstock.store.runs import RunChange, RunRecord

from tests.fakes.clock import FakeClock

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


def _line(**fields: object) -> Line:
    about = {"kind": "Kustomization", "namespace": "apps", "name": "web"}
    return Line(**{"at": NOW, "level": "info", **about, "message": "m", **fields})  # type: ignore[arg-type]


def test_what_a_function_logs_is_read_back() -> None:
    output, clock = io.StringIO(), FakeClock()
    log = Log(Masker(), stream=output, clock=clock).bind(
        object="Kustomization/apps/web", revision="main@sha1:1"
    )
    log.info("Applied revision", reason="ReconciliationSucceeded", changes=2, seconds=0.5)
    log.error("failed", error="why")
    log.warning("look at that")
    first, second, third = parsed(output.getvalue().splitlines())
    told = "Applied revision (reason=ReconciliationSucceeded revision=main@sha1:1 changes=2 seconds=0.5)"
    assert shown(first) == f"{clock.now():%Y-%m-%dT%H:%M:%S}.000Z info Kustomization/web.apps - {told}"
    assert shown(second).endswith("error Kustomization/web.apps - failed (revision=main@sha1:1) why")
    assert third.level == "info"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '{"ts":"2022-08-02T12:55:34.419Z","level":"info","msg":"m","controllerKind":"A","name":"c"}',
            "2022-08-02T12:55:34.419Z info A/c. - m",
        ),
        (
            '{"timestamp":"2030-01-01T12:00:00Z","jsonPayload":{"message":"m","object":"A/b/c"}}',
            "2030-01-01T12:00:00.000Z info A/c.b - m",
        ),
        ('{"time":"soon","severity":"CRITICAL","message":"m"}', "- error  - m"),
        ('{"message":"m","severity":"NOTICE","object":"Bucket"}', "- info Bucket - m"),
    ],
)
def test_lines_of_other_origins_are_read_as_well(text: str, told: str) -> None:
    found = parse(text)
    assert found is not None
    assert shown(found) == told


@pytest.mark.parametrize("text", ["", "text", "{", "[]", '{"message": 1}', '{"a": 1}', "{" * 100_000, "null"])
def test_what_is_no_line_is_passed_over(text: str) -> None:
    assert parse(text) is None


@given(st.text(max_size=200) | st.from_type(dict).map(lambda found: json.dumps(found, default=str)))
def test_no_line_is_a_bug(text: str) -> None:
    found = parse(text)
    assert found is None or "\n" not in shown(found)


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (Filter(), True),
        (Filter(level="info", kind="kustomization", name="WEB", namespace="apps"), True),
        (Filter(level="error"), False),
        (Filter(kind="GitRepository"), False),
        (Filter(name="we"), False),
        (Filter(namespace="team"), False),
        (Filter(since=NOW), True),
        (Filter(since=NOW + timedelta(seconds=1)), False),
    ],
)
def test_a_filter_takes_what_all_of_it_fits(wanted: Filter, taken: bool) -> None:
    assert wanted.takes(_line()) is taken


def test_a_line_without_a_time_is_always_new_and_comes_last() -> None:
    line = _line(at=None)
    assert Filter(since=NOW).takes(line)
    assert newest([line, _line(message="old")])[-1] is line


def test_the_last_lines_are_those_of_the_latest_times() -> None:
    lines = [_line(at=NOW + timedelta(seconds=second), message=str(second)) for second in (3, 1, 2)]
    assert [line.message for line in newest(lines)] == ["1", "2", "3"]
    assert [line.message for line in newest(lines, 2)] == ["2", "3"]
    assert newest(lines, 0) == []
    assert len(newest(lines, 9)) == 3


def test_a_run_record_is_a_line_with_what_changed() -> None:
    changes = (RunChange("apps_web__ConfigMap", "v1", "created"), RunChange("strange", "v1", "deleted"))
    run = RunRecord(
        started_at="x",
        ended_at="2030-01-01T12:00:00.123456Z",
        ok=False,
        reason="HealthCheckFailed",
        message="it failed",
        revision="main@sha1:1",
        changes=changes,
    )
    assert shown(from_run("Kustomization", "apps", "web", run)) == (
        "2030-01-01T12:00:00.123Z error Kustomization/web.apps - "
        "it failed; created ConfigMap/apps/web; deleted strange; revision main@sha1:1"
    )
