"""A cluster that is only looked at: dry-runs go through, writes are bugs; and one that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.deadline import Deadline
from penstock.base.errors import Terminal
from penstock.cluster.readonly import Nowhere, ReadOnly

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.kustomize.builders import config_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.cluster.port import Cluster

A = config_map("a")
REF = ObjectRef.from_object(A)
WRITES: list[Callable[[Cluster], object]] = [
    lambda cluster: cluster.apply(A, field_manager="x"),
    lambda cluster: cluster.create(A),
    lambda cluster: cluster.delete(REF, uid=None),
    lambda cluster: cluster.merge_patch(REF, {}, field_manager="x"),
    lambda cluster: cluster.json_patch(REF, [], field_manager="x", resource_version="1"),
]
DEADLINE = Deadline.after(FakeClock(), 60)


@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_never_sent(write: Callable[[Cluster], object]) -> None:
    cluster = FakeCluster()
    with pytest.raises(AssertionError, match="who only looks may not"):
        write(ReadOnly(cluster).within(DEADLINE))
    assert cluster.calls == []


def test_looks_and_dry_runs_are_those_of_the_cluster() -> None:
    cluster = FakeCluster(config_map("b"))
    looked = ReadOnly(cluster)
    assert looked.get(REF) is None
    assert len(looked.list("", "v1", "ConfigMap")) == 1
    assert looked.list_of(lambda obj: obj["kind"], "", "v1", "ConfigMap") == ("ConfigMap",)
    assert looked.apply(A, field_manager="x", dry_run=True)["metadata"]["name"] == "a"
    assert looked.create(A, dry_run=True)["metadata"]["name"] == "a"
    assert looked.warnings(A) == ()
    assert len(list(looked.watch("", "v1", "ConfigMap", "", "", "", 1.0))) == 1
    assert looked.discovery() is cluster.discovery()
    assert (looked.identity(), looked.version()) == (cluster.identity(), cluster.version())
    assert cluster.writes() == ()


@pytest.mark.parametrize(
    "asked", [*WRITES, lambda cluster: cluster.warnings(A), lambda c: c.identity(), lambda c: c.version()]
)
def test_where_there_is_no_cluster_nobody_is_asked(asked: Callable[[Cluster], object]) -> None:
    with pytest.raises(Terminal, match="no cluster is asked here"):
        asked(Nowhere().within(DEADLINE))


def test_where_there_is_no_cluster_nothing_is_there() -> None:
    nowhere = Nowhere()
    assert nowhere.get(REF) is None
    assert nowhere.list("", "v1", "ConfigMap") == ()
    assert nowhere.list_of(str, "", "v1", "ConfigMap") == ()
    assert list(nowhere.watch("", "v1", "ConfigMap", "", "", "", 1.0)) == []
    assert nowhere.discovery().find("", "ConfigMap") is None
