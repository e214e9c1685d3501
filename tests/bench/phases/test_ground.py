from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from bench.phases.ground import Ground
from tests.bench.measure.test_processes import python
from tests.support.waiting import eventually

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from penstock.tools.controlplane.plane import ControlPlane

    from bench.beside.yard import Yard
    from bench.phases.sides import Side
    from tests.support.kube import Kube

WORKS = "import time\nprint('ready', flush=True)\nwhile True: sum(range(10_000))"


class Stand:
    """As much of a yard as the ground needs, on the control plane that all tests share."""

    def __init__(self, plane: ControlPlane, kube: Kube, git: int) -> None:
        self.plane, self.kube, self.git = plane, kube, self
        self.pid = git


class Peer:
    """As much of a side as is counted: one process."""

    name, fetched = "peer", 7

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.roots = (process.pid,)

    @classmethod
    def of(cls, process: subprocess.Popen[str]) -> Side:
        return cast("Side", cls(process))


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[str]]:
    with python("print('ready', flush=True); input()") as process:
        yield process


@pytest.fixture
def ground(control_plane: ControlPlane, kube: Kube, sleeper: subprocess.Popen[str]) -> Iterator[Ground]:
    yard = cast("Yard", Stand(control_plane, kube, sleeper.pid))
    with Ground(yard, {"ConfigMap": "/api/v1/configmaps"}) as made:
        yield made


def test_who_does_nothing_is_idle_and_who_works_is_named(
    ground: Ground, sleeper: subprocess.Popen[str]
) -> None:
    assert ground.wait_idle([Peer.of(sleeper)], 30) == ""
    with python(WORKS) as worker:
        assert ground.wait_idle([Peer.of(sleeper), Peer.of(worker)], 0).startswith("peer ")
        worker.kill()


def test_what_the_api_server_takes_is_counted_apart(
    ground: Ground, kube: Kube, namespace: str, sleeper: subprocess.Popen[str]
) -> None:
    before = ground.counters(Peer.of(sleeper))

    def worked() -> bool:
        kube.get(f"/api/v1/namespaces/{namespace}/configmaps")
        return ground.counters(Peer.of(sleeper)).since(before).apiserver_cpu_s > 0

    eventually(worked, "the API server has worked")
    counted = ground.counters(Peer.of(sleeper)).since(before)
    assert (counted.cpu_s, counted.fetched) == (0, 0)
    assert counted.etcd_cpu_s >= 0


def test_many_objects_are_patched_alike(ground: Ground, kube: Kube, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for number in range(20):
        kube.post(path, {"metadata": {"name": f"map-{number}"}})
    ground.patch_all([f"{path}/map-{number}" for number in range(20)], {"data": {"a": "b"}})
    found = kube.get(path)
    assert found is not None
    assert [one["data"] for one in found["items"]] == [{"a": "b"}] * 20
    with pytest.raises(AssertionError, match="not found"):
        ground.patch_all([f"{path}/absent"], {"data": {}})
