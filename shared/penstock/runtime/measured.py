"""Counts what handlers and flows do, around them: they do not know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.work import Function
from penstock.base.errors import PenstockError, Transient
from penstock.queue.claims import Busy
from penstock.runtime.answers import Answer
from penstock.runtime.metrics import Depths

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request

    from penstock.api.work import Outcome, WorkItem
    from penstock.base.clock import Clock
    from penstock.base.log import Log
    from penstock.base.metrics import Metrics
    from penstock.queue.folder import FolderQueue
    from penstock.runtime.gate import Gate
    from penstock.runtime.metrics import PrometheusMetrics
    from penstock.runtime.routes import Handler
    from penstock.store.bucket import Bucket, Entry


def outcome_result(outcomes: tuple[Outcome, ...]) -> str:
    """`done`, or `failed` if anything did, or `standing_down`. Pure."""
    if any(one.reason == "StandingDown" for one in outcomes):
        return "standing_down"
    return "done" if all(one.ok for one in outcomes) else "failed"


def error_result(error: Exception) -> str:
    """`busy`, `transient`, `refused`, or `bug`. Pure."""
    if isinstance(error, Busy):
        return "busy"
    if isinstance(error, Transient):
        return "transient"
    return "refused" if isinstance(error, PenstockError) else "bug"


@dataclass(frozen=True)
class MeasuredWork:
    """`run`, and what came of it counted."""

    run: Callable[[WorkItem], tuple[Outcome, ...]]
    metrics: Metrics

    def __call__(self, item: WorkItem) -> tuple[Outcome, ...]:
        """As `run`."""
        try:
            outcomes = self.run(item)
        except Exception as error:
            self.metrics.worked(item.function, error_result(error))
            raise
        result = outcome_result(outcomes)
        self.metrics.worked(item.function, result)
        if item.function is Function.TICK and result == "done":
            self.metrics.ticked()
        return outcomes


@dataclass(frozen=True)
class MeasuredHints:
    """The webhook, and the hints it got counted."""

    handle: Handler
    metrics: Metrics

    def __call__(self, request: Request) -> Answer:
        """As `handle`."""
        try:
            answer = self.handle(request)
        except Exception as error:
            self.metrics.hint("refused" if error_result(error) == "refused" else "failed")
            raise
        self.metrics.hint(str(answer.body["status"]))
        return answer


@dataclass(frozen=True)
class MeasuredReviews:
    """The admission hook, and the calls that it got counted."""

    handle: Handler
    metrics: Metrics

    def __call__(self, request: Request) -> Answer:
        """As `handle`."""
        try:
            answer = self.handle(request)
        except Exception:
            self.metrics.reviewed("refused")
            raise
        self.metrics.reviewed(str(answer.note["result"]))
        return answer


@dataclass(frozen=True)
class MeasuredBucket:
    """The bucket of the artifacts, and the bytes that go in and out counted."""

    bucket: Bucket
    metrics: Metrics

    def check(self) -> None:
        """As the bucket."""
        self.bucket.check()

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None) -> int:
        """As the bucket."""
        generation = self.bucket.put(key, data, if_absent=if_absent, if_generation=if_generation)
        self.metrics.moved("written", len(data))
        return generation

    def get(self, key: str) -> tuple[bytes, int] | None:
        """As the bucket."""
        found = self.bucket.get(key)
        if found is not None:
            self.metrics.moved("read", len(found[0]))
        return found

    def list(self, prefix: str) -> tuple[Entry, ...]:
        """As the bucket."""
        return self.bucket.list(prefix)

    def delete(self, key: str) -> None:
        """As the bucket."""
        self.bucket.delete(key)

    def url(self, key: str) -> str:
        """As the bucket."""
        return self.bucket.url(key)


@dataclass(frozen=True)
class Scrape:
    """`GET /metrics`, behind the gate; `queue` is there if its items are worked on here."""

    gate: Gate
    metrics: PrometheusMetrics
    clock: Clock
    log: Log
    ticks: bool
    queue: Callable[[], FolderQueue] | None = None

    def __call__(self, request: Request) -> Answer:
        """200 with Prometheus' text; the queue is left out if it does not work."""
        self.gate.check(request)
        from prometheus_client import CONTENT_TYPE_LATEST  # noqa: PLC0415 - as penstock.runtime.metrics

        text = self.metrics.text(self._depths(), ticks=self.ticks)
        return Answer(200, {}, {"Content-Type": CONTENT_TYPE_LATEST}, text=text)

    def _depths(self) -> Depths | None:
        if self.queue is None:
            return None
        try:
            waiting, claimed, dead = self.queue().counts()
            since = self.queue().oldest_since()
        except Transient as error:
            self.log.warning("the queue cannot be measured", error=error.message)
            return None
        oldest_s = 0.0 if since is None else (self.clock.now() - since).total_seconds()
        return Depths(waiting, claimed, dead, max(oldest_s, 0.0))
