"""The metrics of one process in Prometheus' terms: Flux's own where it has them, and ours.

Name, labels and buckets of `gotk_reconcile_duration_seconds` are those of fluxcd/pkg, runtime/metrics.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import accumulate, repeat
from operator import mul
from typing import TYPE_CHECKING, Any

from penstock.base.limits import Limits
from penstock.runtime.once import once

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import GaugeMetricFamily

    from penstock.base.clock import Clock

_FLUX_BUCKETS = tuple(accumulate(repeat(10, 9), mul, initial=10e-9))
_LAG_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)


@dataclass(frozen=True)
class Depths:
    """A queue at a moment: items that wait, are worked on, were given up; the age of the oldest waiting."""

    waiting: int
    claimed: int
    dead: int
    oldest_s: float


class PrometheusMetrics:
    """Implements penstock.base.metrics.Metrics; nothing is loaded before something is measured.

    Of more objects than Limits.metrics_objects, those that were looked at last have series of their own.
    """

    def __init__(self, clock: Clock, limits: Limits | None = None) -> None:
        self._clock = clock
        self._most_objects = (limits or Limits()).metrics_objects
        self._ticked_at = clock.now()
        self._objects: dict[tuple[str, str, str], None] = {}
        self._lock = threading.Lock()

    def hint(self, result: str) -> None:
        """See Metrics."""
        self._families.hints.labels(result).inc()

    def reviewed(self, result: str) -> None:
        """See Metrics."""
        self._families.reviews.labels(result).inc()

    def began(self, waited_s: float) -> None:
        """See Metrics."""
        self._families.lag.observe(max(waited_s, 0.0))

    def worked(self, function: str, result: str) -> None:
        """See Metrics."""
        self._families.items.labels(function, result).inc()

    def retried(self, function: str) -> None:
        """See Metrics."""
        self._families.retries.labels(function).inc()

    def parked(self, function: str) -> None:
        """See Metrics."""
        self._families.dead.labels(function).inc()

    def reconciled(self, kind: str, name: str, namespace: str, seconds: float) -> None:
        """See Metrics."""
        durations, labels = self._families.durations, (kind, name, namespace)
        with self._lock:
            self._objects.pop(labels, None)
            self._objects[labels] = None
            durations.labels(*labels).observe(seconds)
            while len(self._objects) > self._most_objects:
                oldest = next(iter(self._objects))
                del self._objects[oldest]
                durations.remove(*oldest)

    def ticked(self) -> None:
        """See Metrics."""
        self._ticked_at = self._clock.now()

    def moved(self, direction: str, size: int) -> None:
        """See Metrics."""
        self._families.artifact_bytes.labels(direction).inc(size)

    def text(self, depths: Depths | None, *, ticks: bool) -> bytes:
        """What a scrape gets; with the queue's depths if they are known, with the last tick if `ticks`."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - as the rest of it

        age_s = (self._clock.now() - self._ticked_at).total_seconds() if ticks else None
        now = CollectorRegistry()
        now.register(_Moment(depths, age_s))
        return generate_latest(self._families.registry) + generate_latest(now)

    @once
    def _families(self) -> _Families:
        return _Families()


class _Families:
    """The families, in a registry of their own."""

    def __init__(self) -> None:
        import prometheus_client  # noqa: PLC0415 - whoever measures nothing does without
        from prometheus_client import CollectorRegistry, Counter, Histogram  # noqa: PLC0415 - likewise

        prometheus_client.disable_created_metrics()  # twice the series, of which no one makes use
        self.registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self.registry}
        self.durations = Histogram(
            "gotk_reconcile_duration_seconds",
            "The duration in seconds of a GitOps Toolkit resource reconciliation.",
            ("kind", "name", "namespace"),
            buckets=_FLUX_BUCKETS,
            **own,
        )
        self.hints = Counter("penstock_hints", "Pushes that were announced.", ("result",), **own)
        self.reviews = Counter(
            "penstock_admission_reviews", "Calls of the API server to the admission hook.", ("result",), **own
        )
        self.lag = Histogram(
            "penstock_hint_to_look_seconds",
            "From the moment a hint was stored to the beginning of the look that it asked for.",
            buckets=_LAG_BUCKETS,
            **own,
        )
        self.items = Counter(
            "penstock_work_items", "Work items by what came of them.", ("function", "result"), **own
        )
        self.retries = Counter(
            "penstock_retries", "Work items that failed and are tried again.", ("function",), **own
        )
        self.dead = Counter("penstock_dead_letters", "Work items that were given up.", ("function",), **own)
        self.artifact_bytes = Counter(
            "penstock_artifact_bytes", "Bytes of artifacts, and of their digests.", ("direction",), **own
        )


@dataclass(frozen=True)
class _Moment:
    """What is looked up for each scrape: the queue, and the time since the last tick, if they are known."""

    depths: Depths | None
    age_s: float | None

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges."""
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - as the rest of it

        depths, age_s = self.depths, self.age_s
        if depths is not None:
            items = GaugeMetricFamily("penstock_queue_items", "Items in the queue.", labels=("state",))
            for state in ("waiting", "claimed", "dead"):
                items.add_metric((state,), getattr(depths, state))
            yield items
            text = "The age of the item that has waited longest; 0 if none waits."
            yield GaugeMetricFamily("penstock_queue_oldest_seconds", text, depths.oldest_s)
        if age_s is not None:
            text = "Since the last tick has looked at everything, or since the start of the process."
            yield GaugeMetricFamily("penstock_seconds_since_last_tick", text, age_s)
