"""Waits for what a CustomResourceDefinition brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.crds import manifests
from penstock.api.refs import definition
from penstock.base.deadline import Deadline
from penstock.base.errors import Transient
from penstock.cluster.definitions import wait_established, wait_gone, wait_served

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster

if TYPE_CHECKING:
    from penstock.api.objects import Json

GIT = definition("gitrepositories.source.toolkit.fluxcd.io")
KINDS = (("source.toolkit.fluxcd.io", "v1", "GitRepository"),)


def crd(**status: object) -> Json:
    found = next(one for one in manifests() if one["metadata"]["name"] == GIT.name)
    return {**found, "status": status} if status else found


def deadline(clock: FakeClock) -> Deadline:
    return Deadline.after(clock, 10)


def test_what_is_established_and_served_is_not_waited_for() -> None:
    cluster, clock = FakeCluster(crd()), FakeClock()
    wait_established(cluster, [GIT.name], deadline(clock))
    wait_served(cluster, KINDS, deadline(clock), clock.move)
    assert [call.verb for call in cluster.calls] == ["get"]


def test_one_that_is_not_established_in_time_is_named() -> None:
    cluster = FakeCluster(crd(conditions=[{"type": "Established", "status": "False"}]))
    with pytest.raises(Transient, match=f"did not establish CustomResourceDefinition/{GIT.name} in time"):
        wait_established(cluster, [GIT.name], deadline(FakeClock()))


def test_a_kind_that_is_not_served_in_time_ends_the_wait() -> None:
    cluster, clock = FakeCluster(), FakeClock()
    with pytest.raises(Transient, match="does not serve Flux's kinds yet"):
        wait_served(cluster, (("example.com", "v1", "Nothing"),), deadline(clock), clock.move)
    assert deadline(clock).remaining() == 10


def test_the_end_of_an_object_is_waited_for_until_the_deadline() -> None:
    cluster, clock = FakeCluster(crd()), FakeClock()
    with pytest.raises(Transient, match="is still there: something holds it back"):
        wait_gone(cluster, GIT, deadline(clock), clock.move)

    def ends(seconds: float) -> None:
        clock.move(seconds)
        cluster.delete(GIT, uid=None)

    wait_gone(cluster, GIT, deadline(clock), ends)
    assert cluster.get(GIT) is None
