"""Events in the cluster: counted when equal, cut and masked, and never the end of a run."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.cluster.errors import Conflict, Forbidden, Unreachable
from penstock.cluster.events import ClusterEvents
from penstock.notify.event import Event, Severity, event_about

from tests.fakes.cluster import FakeCluster

if TYPE_CHECKING:
    from penstock.cluster.client import ApiCluster, Cluster

NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
CANARY = "hunter2canary"


def config_map(namespace: str) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": namespace, "uid": "u-1", "resourceVersion": "7"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def event(namespace: str = "apps", message: str = "Applied", at: datetime = NOON, **more: Any) -> Event:
    severity = more.pop("severity", Severity.INFO)
    return event_about(
        config_map(namespace),
        severity,
        "Progressing",
        message,
        controller="kustomize-controller",
        at=at,
        **more,
    )


class Sink:
    """Events into a cluster, with the log at hand."""

    def __init__(self, cluster: Cluster) -> None:
        masker = Masker()
        masker.learn(CANARY)
        self.log = io.StringIO()
        self.events = ClusterEvents(cluster, Log(masker, stream=self.log), masker)

    def emit(self, *events: Event) -> None:
        for one in events:
            self.events.emit(one)


def test_equal_events_of_a_window_are_one_with_a_count() -> None:
    cluster = FakeCluster()
    Sink(cluster).emit(event(), event(), event(at=NOON + timedelta(seconds=200)))
    (stored,) = cluster.objects("Event")
    assert (stored["count"], stored["firstTimestamp"], stored["lastTimestamp"]) == (
        3,
        "2030-01-01T12:00:00Z",
        "2030-01-01T12:03:20Z",
    )


def test_events_that_differ_or_lie_further_apart_stay_apart() -> None:
    cluster = FakeCluster()
    later = NOON + timedelta(minutes=5)
    Sink(cluster).emit(event(), event(message="Failed"), event(at=later), event(metadata={"revision": "r"}))
    assert [stored["count"] for stored in cluster.objects("Event")] == [1, 1, 1, 1]


def test_a_secret_that_slipped_into_a_message_is_masked_before_it_is_written() -> None:
    cluster = FakeCluster()
    Sink(cluster).emit(event(message=f"failed with {CANARY}", metadata={"token": CANARY}))
    assert CANARY not in repr(cluster.calls)
    assert cluster.objects("Event")[0]["message"] == "failed with *****"


@pytest.mark.parametrize("error", [Forbidden(f"no, {CANARY}"), Unreachable("gone")])
def test_an_event_that_cannot_be_written_is_logged_and_the_run_goes_on(error: Exception) -> None:
    cluster = FakeCluster()
    cluster.fail(error, lambda call: call.verb == "create")
    sink = Sink(cluster)
    sink.emit(event())
    assert "the event could not be written" in sink.log.getvalue()
    assert "ConfigMap/apps/web" in sink.log.getvalue()
    assert CANARY not in sink.log.getvalue()


def test_two_runs_that_count_at_once_do_not_disturb_each_other() -> None:
    cluster = FakeCluster()
    sink = Sink(cluster)
    sink.emit(event())
    cluster.fail(Conflict("the object has been modified"), lambda call: call.verb == "patch")
    sink.emit(event())
    assert sink.log.getvalue() == ""


def test_an_event_that_expired_between_two_looks_is_let_go() -> None:
    class Expiring(FakeCluster):
        """Forgets Events between create and get."""

        def get(self, ref: Any) -> Any:
            return None if ref.kind == "Event" else super().get(ref)

    cluster = Expiring()
    Sink(cluster).emit(event(), event())
    assert [call.verb for call in cluster.writes()] == ["create", "create"]


def test_the_api_server_takes_events_counts_them_and_keeps_long_messages(
    api_cluster: ApiCluster, namespace: str
) -> None:
    long = "ConfigMap/apps/web configured\n" * 1200
    warning = event(
        namespace, long, at=datetime.now(UTC), severity=Severity.ERROR, metadata={"revision": "main"}
    )
    sink = Sink(api_cluster)
    sink.emit(warning, warning, replace(warning, message="short"))
    assert sink.log.getvalue() == ""
    stored = {one["message"]: one for one in api_cluster.list("", "v1", "Event", namespace)}
    assert {message: one["count"] for message, one in stored.items()} == {long: 2, "short": 1}
    assert stored["short"]["type"] == "Warning"
    assert stored["short"]["involvedObject"]["uid"] == "u-1"
