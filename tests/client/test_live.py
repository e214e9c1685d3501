"""Waiting on the real API server: what a watch brings, in the order in which it happens there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import ObjectRef, kustomization
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.client.manifests import NewGitRepository, git_repository_of
from penstock.client.ports import Ports
from penstock.client.progress import Progress, Stage, reconciled
from penstock.client.upsert import upsert
from penstock.client.waiting import WaitFailed, WaitPorts, wait

from tests.client.world import done, flux_object
from tests.fakes.telling import FakeTell

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.cluster.client import ApiCluster


@pytest.fixture
def apps(flux_cluster: ApiCluster, namespace: str) -> ObjectRef:
    """A Kustomization that nobody reconciles."""
    ref = kustomization(namespace, "apps")
    obj = flux_object(ref, prune=True)
    del obj["status"], obj["metadata"]["generation"]
    flux_cluster.create(obj)
    return ref


@pytest.fixture
def ports(flux_cluster: ApiCluster) -> WaitPorts:
    def never(_seconds: float) -> None:
        raise AssertionError("the watch tells it: nobody has to look again")

    deadline = Deadline.after(SystemClock(), 60)
    return WaitPorts(flux_cluster, deadline, 60.0, never, FakeTell())


def _once(act: Callable[[], object]) -> Callable[[Json | None], Progress]:
    """The decision, which acts on the object between the first read and the watch."""
    acts = [act]

    def decide(obj: Json | None) -> Progress:
        if acts:
            acts.pop()()
            return Progress(Stage.GOING_ON)
        return reconciled(obj)

    return decide


def test_a_status_that_is_written_between_read_and_watch_is_not_missed(
    flux_cluster: ApiCluster, apps: ObjectRef, ports: WaitPorts
) -> None:
    def finish() -> None:
        flux_cluster.merge_patch(apps, {"status": done(apps)}, field_manager="test", subresource="status")

    found = wait(ports, apps, _once(finish))
    assert found["status"]["observedGeneration"] == 1


def test_an_object_that_is_deleted_is_told_by_the_watch(
    flux_cluster: ApiCluster, apps: ObjectRef, ports: WaitPorts
) -> None:
    with pytest.raises(WaitFailed, match="it is not there any more"):
        wait(ports, apps, _once(lambda: flux_cluster.delete(apps, uid=None)))


def test_the_same_again_is_the_same_generation(flux_cluster: ApiCluster, namespace: str) -> None:
    """What the API server adds by defaults is taken back and added again, which changes nothing."""
    clock = SystemClock()
    deadline = Deadline.after(clock, 60)
    ports = Ports(flux_cluster, clock, deadline, 60.0, lambda _seconds: None, FakeTell())
    obj = git_repository_of(
        NewGitRepository(name="fleet", namespace=namespace, url="https://example.com/fleet", branch="main")
    )
    assert upsert(ports, obj)
    assert not upsert(ports, obj)
    found = flux_cluster.get(ObjectRef.from_object(obj))
    assert found is not None
    assert found["spec"]["timeout"] == "60s"
    assert found["metadata"]["generation"] == 1
