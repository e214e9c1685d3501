"""The client on bad days: a cluster that is half there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.deadline import Deadline
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.cluster.client import IDENTITY_SECONDS, ApiCluster
from penstock.cluster.errors import Unavailable, UnknownKind

from tests.cluster.scripted import ScriptedApi, answer, status, stream
from tests.cluster.sessions import Waits, make_session
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

VERBS = ["get", "list", "create"]
NOT_THERE = status(404, "NotFound", "not found", name="x", kind="x")


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    """A server of the older discovery with two groups beside the core."""
    groups = [
        {"name": name, "versions": [{"groupVersion": f"{name}/v1", "version": "v1"}]}
        for name in ("apps", "metrics.k8s.io")
    ]
    namespaces = {"name": "namespaces", "kind": "Namespace", "namespaced": False, "verbs": VERBS}
    deployments = {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": VERBS}
    paths: dict[str, Any] = {
        "/api": answer(200, {"kind": "APIVersions", "versions": ["v1"]}),
        "/apis": answer(200, {"kind": "APIGroupList", "groups": groups}),
        "/api/v1": answer(200, {"resources": [namespaces]}),
        "/apis/apps/v1": answer(200, {"resources": [deployments]}),
        "/apis/metrics.k8s.io/v1": status(503, "ServiceUnavailable", "no endpoints"),
    }
    with ScriptedApi(by_path=paths, otherwise=NOT_THERE) as server:
        yield server


def test_a_group_that_is_down_is_named_and_the_others_are_known(api: ScriptedApi) -> None:
    discovery = ApiCluster(make_session(api, Waits())).discovery()
    assert discovery.partial == frozenset({"metrics.k8s.io"})
    assert discovery.find("apps", "Deployment") is not None
    assert discovery.find("metrics.k8s.io", "PodMetrics") is None


def test_a_group_that_answers_404_is_partial_too(api: ScriptedApi) -> None:
    api.by_path["/apis/metrics.k8s.io/v1"] = answer(404, b"404 page not found")
    assert ApiCluster(make_session(api, Waits())).discovery().partial == frozenset({"metrics.k8s.io"})


def test_an_event_beyond_the_limit_ends_the_watch(api: ScriptedApi) -> None:
    api.otherwise = stream(b'{"type": "BOOKMARK"}\n', b"x" * 3000)
    cluster = ApiCluster(make_session(api, Waits()), limits=Limits(watch_event_bytes=2000))
    events = cluster.watch("apps", "v1", "Deployment", "apps", "web", "1", 5.0)
    assert next(events) == {"type": "BOOKMARK"}
    with pytest.raises(LimitExceeded, match=r"more than 2000 bytes \(PENSTOCK_LIMIT_WATCH_EVENT_BYTES\)"):
        next(events)


def test_discovery_that_fails_as_a_whole_is_no_empty_cluster(api: ScriptedApi) -> None:
    api.by_path["/apis"] = status(503, "ServiceUnavailable", "down")
    cluster = ApiCluster(make_session(api, Waits()))
    with pytest.raises(Unavailable, match="down"):
        cluster.get(ObjectRef("apps", "v1", "Deployment", "apps", "web"))


def test_a_path_that_is_gone_is_an_unknown_kind_and_not_an_absent_object(api: ScriptedApi) -> None:
    cluster = ApiCluster(make_session(api, Waits()))
    ref = ObjectRef("apps", "v1", "Deployment", "apps", "web")
    assert cluster.get(ref) is None
    assert not cluster.delete(ref, uid=None)
    api.otherwise = answer(404, b"404 page not found")
    with pytest.raises(UnknownKind, match='no matches for kind "Deployment" in version "apps/v1"'):
        cluster.get(ref)
    with pytest.raises(UnknownKind):
        cluster.delete(ref, uid=None)


def test_a_cluster_without_kube_system_has_no_identity(api: ScriptedApi) -> None:
    with pytest.raises(Unavailable, match="kube-system is not there"):
        ApiCluster(make_session(api, Waits())).identity()


def test_the_identity_is_asked_once_a_minute_by_all_together(api: ScriptedApi) -> None:
    path, clock = "/api/v1/namespaces/kube-system", FakeClock()
    api.by_path[path] = answer(200, {"metadata": {"name": "kube-system", "uid": "u-1"}})
    cluster = ApiCluster(make_session(api, Waits()), clock=clock)
    view = cluster.within(Deadline.after(clock, 3600))
    assert [cluster.identity(), view.identity(), cluster.identity()] == ["u-1"] * 3
    assert [seen.path for seen in api.seen].count(path) == 1
    api.by_path[path] = answer(200, {"metadata": {"name": "kube-system", "uid": "u-2"}})
    clock.move(IDENTITY_SECONDS - 1)
    assert cluster.identity() == "u-1"
    clock.move(1)
    assert [view.identity(), cluster.identity()] == ["u-2", "u-2"]
