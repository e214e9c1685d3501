from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from penstock.api.work import Function, Hint, Outcome, WorkItem, encode
from penstock.base.errors import Terminal, Transient
from penstock.base.limits import Limits
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.queue.claims import Busy
from penstock.runtime.gate import Gate
from penstock.runtime.measured import (
    MeasuredBucket,
    MeasuredHints,
    MeasuredWork,
    Scrape,
    error_result,
    outcome_result,
)
from penstock.runtime.metrics import Depths, PrometheusMetrics
from penstock.runtime.webhook import Webhook
from penstock.runtime.work import WorkHandler
from penstock.runtime.worker import Worker
from penstock.store.bucket import PreconditionFailed
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes.bucket import MemoryBucket
from tests.fakes.clock import FakeClock
from tests.fakes.metrics import FakeMetrics
from tests.fakes.queue import FakeDeadLetters, FakeQueue
from tests.queue.folders import apply, opened
from tests.runtime.requesting import (
    LIMITS,
    PUSH,
    SECRET,
    TOKEN,
    Site,
    bearer,
    intake,
    pushed,
    request,
    signed,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from penstock.queue.folder import FolderQueue

HINT = WorkItem(Function.FETCH, reason="push", hint=Hint(("https://git.example/x.git",), "refs/heads/main"))


def series(text: bytes) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels."""
    families = text_string_to_metric_families(text.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def done(_: WorkItem) -> tuple[Outcome, ...]:
    return (Outcome(True, "done"),)


def failing(error: Exception) -> Callable[[WorkItem], tuple[Outcome, ...]]:
    def run(_: WorkItem) -> tuple[Outcome, ...]:
        raise error

    return run


def test_flux_own_metric_has_its_name_labels_and_buckets() -> None:
    made = PrometheusMetrics(FakeClock())
    made.reconciled("Kustomization", "apps", "flux-system", 0.02)
    lines = made.text(None, ticks=False).decode().splitlines()
    labels = 'kind="Kustomization",name="apps",namespace="flux-system"'
    bounds = [
        line.split('le="')[1].split('"')[0]
        for line in lines
        if line.startswith("gotk_reconcile_duration_seconds_bucket")
    ]
    assert [round(float(bound), 9) for bound in bounds[:-1]] == [10.0**n for n in range(-8, 2)]
    assert bounds[-1] == "+Inf"
    assert f"gotk_reconcile_duration_seconds_count{{{labels}}} 1.0" in lines
    assert f"gotk_reconcile_duration_seconds_sum{{{labels}}} 0.02" in lines


def test_what_is_told_is_counted_and_what_is_not_known_is_left_out() -> None:
    clock = FakeClock()
    made = PrometheusMetrics(clock)
    made.hint("accepted")
    made.hint("accepted")
    made.began(0.2)
    made.worked("fetch", "done")
    made.retried("apply")
    made.parked("apply")
    made.moved("read", 300)
    made.moved("read", 42)
    made.ticked()
    clock.move(42)
    found = series(made.text(Depths(3, 2, 1, 7.5), ticks=True))
    assert found[("penstock_hints_total", "accepted")] == 2
    assert found[("penstock_hint_to_look_seconds_bucket", "0.1")] == 0
    assert found[("penstock_hint_to_look_seconds_bucket", "0.25")] == 1
    assert found[("penstock_work_items_total", "fetch", "done")] == 1
    assert found[("penstock_retries_total", "apply")] == 1
    assert found[("penstock_dead_letters_total", "apply")] == 1
    assert found[("penstock_artifact_bytes_total", "read")] == 342
    assert [found[("penstock_queue_items", state)] for state in ("waiting", "claimed", "dead")] == [3, 2, 1]
    assert found[("penstock_queue_oldest_seconds",)] == 7.5
    assert found[("penstock_seconds_since_last_tick",)] == 42
    names = {name for name, *_ in series(made.text(None, ticks=False))}
    assert not {name for name in names if "queue" in name or "tick" in name or "created" in name}


def test_two_processes_in_one_share_nothing() -> None:
    first, second = PrometheusMetrics(FakeClock()), PrometheusMetrics(FakeClock())
    first.hint("accepted")
    assert ("penstock_hints_total", "accepted") not in series(second.text(None, ticks=False))


def test_the_objects_that_were_looked_at_last_have_series() -> None:
    made = PrometheusMetrics(FakeClock(), Limits(metrics_objects=3))
    for name in ("a", "b", "c", "a", "d"):
        made.reconciled("Kustomization", name, "apps", 1.0)
    found = series(made.text(None, ticks=False))
    kept = {labels[1] for name, *labels in found if name == "gotk_reconcile_duration_seconds_count"}
    assert kept == {"c", "a", "d"}


@pytest.mark.parametrize(
    ("outcomes", "result"),
    [
        ((), "done"),
        ((Outcome(True, "a"), Outcome(True, "b")), "done"),
        ((Outcome(True, "a"), Outcome(False, "b")), "failed"),
        ((Outcome(False, "controllers run", "StandingDown"),), "standing_down"),
    ],
)
def test_what_outcomes_count_as(outcomes: tuple[Outcome, ...], result: str) -> None:
    assert outcome_result(outcomes) == result


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (Busy("busy"), "busy"),
        (Transient("down"), "transient"),
        (Terminal("no"), "refused"),
        (ValueError("x"), "bug"),
    ],
)
def test_what_errors_count_as(error: Exception, result: str) -> None:
    assert error_result(error) == result


def test_work_is_counted_and_only_a_tick_that_looked_is_one() -> None:
    told = FakeMetrics()
    MeasuredWork(done, told)(apply("a"))
    MeasuredWork(done, told)(WorkItem(Function.TICK))
    with pytest.raises(Transient):
        MeasuredWork(failing(Transient("down")), told)(WorkItem(Function.TICK))
    standing = (Outcome(False, "no", "StandingDown"),)
    MeasuredWork(lambda _: standing, told)(WorkItem(Function.TICK))
    assert told.told == [
        ("worked", "apply", "done"),
        ("worked", "tick", "done"),
        ("ticked",),
        ("worked", "tick", "transient"),
        ("worked", "tick", "standing_down"),
    ]


def test_bytes_of_artifacts_are_counted_as_they_pass_and_what_does_not_is_not() -> None:
    inner, metrics = MemoryBucket(), FakeMetrics()
    bucket = MeasuredBucket(inner, metrics)
    bucket.check()
    generation = bucket.put("a/b.tar.gz", b"12345")
    with pytest.raises(PreconditionFailed):
        bucket.put("a/b.tar.gz", b"123456789", if_generation=generation + 1)
    with pytest.raises(PreconditionFailed):
        bucket.put("a/b.tar.gz", b"123456789", if_absent=True)
    assert bucket.get("a/b.tar.gz") == (b"12345", generation) == inner.get("a/b.tar.gz")
    assert bucket.get("a/c.tar.gz") is None
    assert bucket.list("a/") == inner.list("a/") != ()
    assert bucket.url("a/b.tar.gz") == inner.url("a/b.tar.gz")
    bucket.delete("a/b.tar.gz")
    assert inner.list("") == ()
    assert metrics.told == [("moved", "written", 5), ("moved", "read", 5)]


def test_hints_are_counted_by_what_became_of_them() -> None:
    told, queue = FakeMetrics(), FakeQueue()
    site = Site("/github", MeasuredHints(Webhook((SECRET,), LIMITS, lambda: queue), told), method="POST")
    body = json.dumps(PUSH).encode()
    site.ask(request("/github", body, headers=signed(body)))
    site.ask(request("/github", b"{}", headers=signed(b"{}", event="ping")))
    site.ask(request("/github", body, headers=signed(body, secret="wrong")))
    site.ask(request("/github", b"x" * 2001, headers=signed(body)))
    queue.failure = Transient("full")
    site.ask(request("/github", body, headers=signed(body)))
    assert [result for _, result in told.told] == ["accepted", "ignored", "refused", "refused", "failed"]


def test_a_worker_tells_the_lag_of_hints_once_and_counts_retries_and_the_dead(tmp_path: Path) -> None:
    clock, told = FakeClock(), FakeMetrics()
    queue = opened(tmp_path, clock, attempts=2)
    log = Log(Masker(), stream=io.StringIO())
    worker = Worker(queue, failing(Transient("down")), log, clock, threads=1, metrics=told)
    queue.put(HINT)
    for pause_s in (3, 60):
        clock.move(pause_s)
        claimed = queue.claim()
        assert claimed is not None
        worker.work(claimed)
    assert told.told == [("began", 3.0), ("retried", "fetch"), ("parked", "fetch")]
    queue.close()


def test_a_function_tells_the_lag_of_pushed_hints_and_counts_retries_and_the_dead() -> None:
    told, dead = FakeMetrics(), FakeDeadLetters()
    taken = intake(Function.FETCH, dead=dead, metrics=told)
    site = Site("/", WorkHandler(taken, failing(Transient("down")), FakeQueue, 2))
    for attempt in (1, 2):
        site.ask(request("/", pushed(encode(HINT), attempt), headers=bearer()))
    (_, lag), *rest = told.told
    assert lag == pytest.approx(29.876544)
    assert rest == [("retried", "fetch"), ("parked", "fetch")]


def test_the_age_of_the_oldest_item_counts_from_its_first_put(tmp_path: Path) -> None:
    clock = FakeClock()
    queue = opened(tmp_path, clock)
    assert queue.oldest_since() is None
    started = clock.now()
    queue.put(apply("a", token="1"))
    clock.move(10)
    queue.put(apply("b"))
    queue.put(apply("a", token="2"))
    assert queue.oldest_since() == started
    claimed = queue.claim()
    assert claimed is not None
    assert claimed.item == apply("a", token="2")
    assert queue.oldest_since() == clock.now()
    queue.retry(claimed, 5, "down")
    assert queue.oldest_since() == started
    queue.close()
    again = opened(tmp_path, clock)
    assert again.oldest_since() == started
    again.close()


def scraper(queue: FolderQueue, stream: io.StringIO) -> Site:
    clock = FakeClock()
    log = Log(Masker(), stream=stream)
    scrape = Scrape(Gate((TOKEN,)), PrometheusMetrics(clock), clock, log, ticks=True, queue=lambda: queue)
    return Site("/metrics", scrape, method="GET")


def test_a_scrape_needs_the_token_and_gets_text(tmp_path: Path) -> None:
    queue = opened(tmp_path)
    queue.put(apply("a"))
    site = scraper(queue, io.StringIO())
    assert site.routes(request("/metrics", method="GET"))[1] == 401
    body, status, headers = site.routes(request("/metrics", method="GET", headers=bearer()))
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    assert series(body)[("penstock_queue_items", "waiting")] == 1
    queue.close()


def test_a_queue_that_does_not_work_leaves_the_rest_of_the_scrape(tmp_path: Path) -> None:
    queue, stream = opened(tmp_path), io.StringIO()
    queue.put(apply("a"))
    for name in ("pending", "claimed", "dead"):
        (tmp_path / name).rename(tmp_path / f"{name}-gone")
    queue.wake()
    body, status, _ = scraper(queue, stream).routes(request("/metrics", method="GET", headers=bearer()))
    assert status == 200
    assert ("penstock_seconds_since_last_tick",) in series(body)
    assert ("penstock_queue_items", "waiting") not in series(body)
    assert "the queue cannot be measured" in stream.getvalue()
