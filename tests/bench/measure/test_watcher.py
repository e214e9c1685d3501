from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from bench.measure.watcher import Seen, Watcher, World, seen
from bench.measure.watcher import _Object as Object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.tools.controlplane.plane import ControlPlane

    from tests.support.kube import Kube

CONFIG_MAPS = {"ConfigMap": "/api/v1/configmaps"}


def told(text: str) -> Seen:
    return seen(msgspec.json.decode(text, type=Object), 7.0)


@pytest.fixture
def watcher(control_plane: ControlPlane) -> Iterator[Watcher]:
    with Watcher(control_plane, CONFIG_MAPS) as watching:
        yield watching


def test_a_kustomization_says_what_it_stands_at() -> None:
    found = told(
        '{"metadata": {"name": "a", "generation": 2}, "status": {"observedGeneration": 2, "conditions": ['
        '{"type": "Reconciling", "status": "False"}, {"type": "Ready", "status": "True", "reason": "R"}],'
        '"lastAppliedRevision": "main@sha1:1", "lastHandledReconcileAt": "t"}}'
    )
    assert found == Seen(7.0, 2, 2, ("True", "R", ""), "main@sha1:1", "t")
    assert found.settled


@pytest.mark.parametrize(
    ("generation", "observed", "ready"), [(1, 0, "Unknown"), (2, 1, "True"), (1, 1, "False")]
)
def test_what_is_not_ready_as_it_is_now_has_not_settled(generation: int, observed: int, ready: str) -> None:
    conditions = [{"type": "Ready", "status": ready}]
    status = {"observedGeneration": observed, "conditions": conditions}
    assert not told(json.dumps({"metadata": {"generation": generation}, "status": status})).settled


def test_an_object_without_a_status_has_not_settled() -> None:
    assert not told('{"metadata": {"name": "a", "generation": 1}}').settled


def test_a_source_says_what_its_artifact_is_of() -> None:
    assert (
        told('{"metadata": {}, "status": {"artifact": {"revision": "main@sha1:2"}}}').revision
        == "main@sha1:2"
    )


def test_the_world_is_what_was_told_last() -> None:
    world = World()
    for at, (name, found) in enumerate([("a", Seen(1, 1)), ("b", Seen(2, 1)), ("a", None)]):
        world.take(("ConfigMap", "ns", name), found, at)
    assert set(world.of("ConfigMap", "ns")) == {"b"}
    assert world.keys("ConfigMap") == {("ConfigMap", "ns", "b")}
    assert world.told["ConfigMap", "ns", "a"] == world.last("ConfigMap", "ns") == 2
    assert (world.last("ConfigMap", "other"), world.keys("Secret")) == (0, set())


def test_real_changes_are_told_with_their_time(watcher: Watcher, kube: Kube, namespace: str) -> None:
    before = time.time()
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    kube.post(path, {"metadata": {"name": "a"}})
    key = ("ConfigMap", namespace, "a")
    at = watcher.wait(lambda world: world.told.get(key), 60)
    assert at is not None
    assert before <= at <= time.time()
    assert set(watcher.now("ConfigMap", namespace)) == {"a"}
    assert watcher.told(key) == at
    kube.delete(f"{path}/a")
    gone = watcher.wait(lambda world: None if world.of("ConfigMap", namespace) else world.told[key], 60)
    assert gone is not None
    assert gone >= at


def test_what_never_comes_is_not_waited_for_for_ever(watcher: Watcher) -> None:
    assert watcher.wait(lambda _: None, 0) is None


def test_what_was_there_before_the_watch_is_known(
    control_plane: ControlPlane, kube: Kube, namespace: str
) -> None:
    kube.post(f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "early"}})
    with Watcher(control_plane, CONFIG_MAPS) as watching:
        assert set(watching.now("ConfigMap", namespace)) == {"early"}
