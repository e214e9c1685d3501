"""The proxy itself: what passes is what the API server says, and each fault is what it says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.cluster.errors import Timeout, Unauthorized, Unavailable, Unreachable

from tests.support.faulty_proxy import FaultyProxy, Seen, drop, reset, reset_after, rewritten, slow, status
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.tools.controlplane.plane import ControlPlane


@pytest.fixture(params=[False, True], ids=["http", "https"])
def proxy(
    request: pytest.FixtureRequest, control_plane: ControlPlane, tmp_path: Path
) -> Iterator[FaultyProxy]:
    with FaultyProxy(control_plane, tmp_path, tls=request.param) as started:
        yield started


def config_map(namespace: str, name: str = "a") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": namespace, "name": name}}


def ref(namespace: str, name: str = "a") -> ObjectRef:
    return ObjectRef("", "v1", "ConfigMap", namespace, name)


def patching(seen: Seen) -> bool:
    return seen.method == "PATCH"


def test_what_is_asked_passes_and_a_watch_streams(proxy: FaultyProxy, namespace: str) -> None:
    cluster = proxy.cluster()
    made = cluster.apply(config_map(namespace), field_manager="test")
    assert cluster.get(ref(namespace)) == made
    assert len(cluster.list("", "v1", "ConfigMap", namespace)) == 1
    since = str(int(made["metadata"]["resourceVersion"]) - 1)
    events = cluster.watch("", "v1", "ConfigMap", namespace, "a", since, 5)
    assert next(iter(events))["object"]["metadata"]["name"] == "a"
    assert [seen.write for seen in proxy.seen if "configmaps" in seen.path] == [True, False, False, False]


def test_faults_begin_and_end_where_they_are_told_to(proxy: FaultyProxy, namespace: str) -> None:
    cluster = proxy.cluster()
    proxy.fail(status(401, "Unauthorized"), patching, after=1)
    cluster.apply(config_map(namespace), field_manager="test")
    with pytest.raises(Unauthorized):
        cluster.apply(config_map(namespace, "b"), field_manager="test")
    proxy.heal()
    proxy.fail(status(503, "ServiceUnavailable"), patching, times=1)
    cluster.apply(config_map(namespace, "b"), field_manager="test")
    assert cluster.get(ref(namespace, "b")) is not None


def test_a_reset_comes_before_or_after_the_effect(proxy: FaultyProxy, namespace: str) -> None:
    cluster = proxy.cluster()
    cluster.discovery().catalog()
    for fault, name, exists in [(reset, "a", False), (reset_after, "b", True)]:
        proxy.fail(fault, lambda seen: seen.method == "POST")
        with pytest.raises(Unreachable):
            cluster.create(config_map(namespace, name))
        proxy.heal()
        assert (cluster.get(ref(namespace, name)) is not None) is exists


def test_what_is_dropped_gets_no_answer_and_what_is_slow_gets_one_later(
    proxy: FaultyProxy, namespace: str
) -> None:
    cluster = proxy.cluster()
    cluster.discovery().catalog()
    for fault, names in [(drop, []), (slow, ["a"])]:
        proxy.fail(fault, patching)
        hurried = cluster.within(Deadline.after(SystemClock(), 0.5))
        with pytest.raises(Timeout):
            hurried.apply(config_map(namespace), field_manager="test")
        proxy.heal()
        if names:
            eventually(lambda: cluster.get(ref(namespace)) is not None, "the late write")
        assert [one["metadata"]["name"] for one in cluster.list("", "v1", "ConfigMap", namespace)] == names


def test_an_answer_can_be_rewritten(proxy: FaultyProxy, namespace: str) -> None:
    cluster = proxy.cluster()
    cluster.apply(config_map(namespace), field_manager="test")
    proxy.fail(rewritten(lambda found: {**found, "items": []}), lambda seen: "configmaps" in seen.path)
    assert cluster.list("", "v1", "ConfigMap", namespace) == ()


def test_when_all_fails_the_client_says_so(proxy: FaultyProxy) -> None:
    proxy.fail(status(503, "ServiceUnavailable", retry_after=60))
    with pytest.raises(Unavailable):
        proxy.cluster().version()
