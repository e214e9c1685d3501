"""The tick: what is due is queued, and how it goes on where something is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api import lease as leases
from penstock.api.lease import ClaimKey
from penstock.api.refs import git_repository, kustomization
from penstock.api.work import Function, WorkItem
from penstock.base.clock import rfc3339
from penstock.base.errors import Transient
from penstock.base.selector import parse_selector
from penstock.cluster.errors import Forbidden, Unavailable
from penstock.queue.claims import Taken
from penstock.schedule.flow import tick
from penstock.store.bucket import BucketFailed
from penstock.store.folder import FolderBucket
from penstock.store.records import Record
from penstock.store.ticks import Tick, Ticks

from tests.fakes.bucket import MemoryBucket
from tests.fakes.failing import Fuse, failing
from tests.queue.leasing import Process

if TYPE_CHECKING:
    from pathlib import Path

from tests.schedule.world import TICK, World


def test_nothing_is_queued_while_nothing_is_due(world: World) -> None:
    world.settle(git_repository("apps", "apps"))
    world.settle(kustomization("apps", "podinfo"))
    assert world.tick() == []
    assert "tick" in world.stream.getvalue()


def test_a_tick_that_looked_at_everything_is_noted(world: World, tmp_path: Path) -> None:
    ticks = Ticks(FolderBucket(tmp_path), world.cluster.identity(), (), world.ports.selector)
    world.ports = replace(world.ports, ticks=ticks)
    world.settle(git_repository("apps", "apps"))
    world.tick()
    assert ticks.read() == Tick(at=rfc3339(world.clock.now()), objects=1, queued=0)


def test_a_bucket_that_cannot_be_written_takes_nothing_from_a_tick(world: World) -> None:
    full = failing(MemoryBucket(), Fuse(1, BucketFailed("full")))
    ticks = Ticks(full, "uid-1", (), world.ports.selector)
    world.ports = replace(world.ports, ticks=ticks)
    assert world.tick() == []
    assert "it could not be noted that the tick came" in world.stream.getvalue()


def test_it_reads_each_kind_once_and_nothing_else(world: World) -> None:
    for name in ("a", "b", "c"):
        world.settle(git_repository("apps", name))
        world.settle(kustomization("apps", name), source=name)
    world.tick()
    assert [(call.verb, call.ref.kind) for call in world.cluster.calls] == [
        ("list", "GitRepository"),
        ("list", "Kustomization"),
    ]


def test_a_source_and_its_only_consumer_become_a_fetch_and_an_apply(world: World) -> None:
    world.settle(git_repository("apps", "apps"))
    world.settle(kustomization("apps", "podinfo"))
    world.clock.move(600)
    assert world.tick() == [
        ("fetch", "GitRepository", "apps/apps", "interval", ""),
        ("apply", "GitRepository", "apps/apps", "interval", ""),
    ]


def test_several_consumers_of_one_source_become_one_apply(world: World) -> None:
    world.settle(git_repository("apps", "apps"), status={"artifact": {"revision": "main@sha1:b"}})
    for name in ("a", "b", "c"):
        world.settle(kustomization("apps", name))
    world.settle(kustomization("other", "d"))
    assert world.tick() == [("apply", "GitRepository", "apps/apps", "new artifact", "main@sha1:b")]


def test_those_that_are_being_deleted_go_with_their_source_even_if_suspended(world: World) -> None:
    deleted = {"deletionTimestamp": "2030-01-01T00:00:00Z"}
    world.settle(kustomization("apps", "a"), metadata=deleted, spec={"suspend": True})
    world.settle(kustomization("apps", "b"), metadata=deleted)
    world.settle(git_repository("apps", "apps"), metadata=deleted)
    assert world.tick() == [
        ("fetch", "GitRepository", "apps/apps", "being deleted", ""),
        ("apply", "GitRepository", "apps/apps", "being deleted", ""),
    ]


def test_a_request_is_passed_on_with_its_token(world: World) -> None:
    asked = {"annotations": {"reconcile.fluxcd.io/requestedAt": "2030-01-01T11:59:59.1Z"}}
    world.settle(git_repository("apps", "apps"), metadata=asked)
    assert world.tick() == [("fetch", "GitRepository", "apps/apps", "requested", "2030-01-01T11:59:59.1Z")]


def test_suspended_objects_are_left_alone(world: World) -> None:
    world.settle(git_repository("apps", "apps"), spec={"suspend": True})
    world.clock.move(86_400)
    assert world.tick() == []


def test_a_failed_source_is_retried_with_growing_delay(world: World) -> None:
    ref = git_repository("apps", "apps")
    world.settle(ref)
    failed = Record(checked_at=rfc3339(world.clock.now()), ok=False, failures=2, generation=1)
    world.records.write(ref, failed)
    world.clock.move(59)
    assert world.tick() == []
    world.clock.move(1)
    assert world.tick() == [("fetch", "GitRepository", "apps/apps", "retry after failure", "")]


def test_an_artifact_that_is_lost_is_made_again(world: World) -> None:
    world.settle(git_repository("apps", "apps"))
    message = "Source is not ready, artifact not found, retrying in 30s"
    failed = {"conditions": [{"type": "Ready", "status": "False", "message": message}]}
    for name in ("a", "b"):
        world.settle(kustomization("apps", name), status=failed)
    assert world.tick() == []
    world.clock.move(30)
    assert world.tick() == [
        ("fetch", "GitRepository", "apps/apps", "artifact lost", ""),
        ("apply", "GitRepository", "apps/apps", "retry after failure", ""),
    ]


def test_lost_records_make_everything_due_and_nothing_else(world: World) -> None:
    world.settle(git_repository("apps", "apps"))
    world.settle(kustomization("apps", "podinfo"))
    world.records.delete(git_repository("apps", "apps"))
    world.records.delete(kustomization("apps", "podinfo"))
    assert [one[3] for one in world.tick()] == ["never checked", "never checked"]
    assert world.cluster.writes() == ()


def test_only_the_namespaces_that_are_served_are_looked_at(tmp_path: Path) -> None:
    world = World(tmp_path, ("apps",))
    for namespace in ("apps", "default"):
        world.settle(kustomization(namespace, "podinfo"))
    world.clock.move(600)
    assert [one[2] for one in world.tick()] == ["apps/apps"]


def test_a_source_in_another_namespace_is_read_by_itself(tmp_path: Path) -> None:
    world = World(tmp_path, ("apps",))
    world.settle(git_repository("flux-system", "fleet"), status={"artifact": {"revision": "main@sha1:b"}})
    elsewhere = {"sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"}}
    world.settle(kustomization("apps", "podinfo"), spec=elsewhere)
    assert world.tick() == [("apply", "GitRepository", "flux-system/fleet", "new artifact", "main@sha1:b")]
    world.cluster.fail(Forbidden("no"), lambda call: call.verb == "get")
    assert world.tick() == []


def test_other_kinds_of_sources_are_not_asked_for(tmp_path: Path) -> None:
    world = World(tmp_path, ("apps",))
    oci = {"sourceRef": {"kind": "OCIRepository", "name": "x", "namespace": "flux-system"}}
    world.settle(kustomization("apps", "podinfo"), spec=oci)
    world.clock.move(600)
    assert world.tick() == [("apply", "Kustomization", "apps/podinfo", "interval", "")]
    assert {call.verb for call in world.cluster.calls} == {"list"}


def test_one_refused_namespace_does_not_stop_the_others(tmp_path: Path) -> None:
    world = World(tmp_path, ("secret", "apps"))
    world.settle(kustomization("apps", "podinfo"))
    world.clock.move(600)
    world.cluster.fail(Forbidden("no"), lambda call: call.ref.namespace == "secret")
    assert [one[2] for one in world.tick()] == ["apps/apps"]
    assert "cannot be listed" in world.stream.getvalue()


def test_one_record_of_a_newer_penstock_does_not_stop_the_others(world: World, tmp_path: Path) -> None:
    for name in ("a", "b"):
        world.settle(git_repository("apps", name))
    record = tmp_path / "records" / world.cluster.identity() / "GitRepository" / "apps" / "a.json"
    record.write_bytes(b'{"version": 99}')
    world.clock.move(600)
    assert [one[2] for one in world.tick()] == ["apps/b"]
    assert "GitRepository/apps/a" in world.stream.getvalue()


def test_a_strange_object_does_not_stop_the_others(world: World) -> None:
    world.settle(
        git_repository("apps", "a"), spec={"interval": "soon", "timeout": 7}, status={"artifact": None}
    )
    world.settle(kustomization("apps", "b"), spec={"sourceRef": None, "interval": None})
    world.settle(git_repository("apps", "c"))
    world.clock.move(600)
    assert [one[2] for one in world.tick()] == ["apps/a", "apps/c", "apps/b"]


def test_an_api_server_that_is_down_makes_the_tick_be_tried_again(world: World) -> None:
    world.cluster.fail(Unavailable("503"), lambda _: True)
    with pytest.raises(Unavailable):
        tick(world.ports, TICK)


def test_a_full_queue_makes_the_tick_be_tried_again(world: World) -> None:
    world.settle(git_repository("apps", "apps"))
    world.clock.move(600)
    world.queue.failure = Transient("full")
    with pytest.raises(Transient, match="full"):
        tick(world.ports, TICK)


def test_missed_ticks_are_made_up_for_by_one(world: World) -> None:
    world.settle(git_repository("apps", "apps"))
    world.clock.move(5 * 600)
    assert len(world.tick()) == 1


def test_what_a_dead_process_was_asked_for_is_queued_once(world: World) -> None:
    """Threats B-34: the mark on a Lease that ran out is work, whether or not the object is due."""
    doomed, other = (Process(name, world.cluster, world.clock) for name in ("doomed", "other"))
    key = ClaimKey(Function.APPLY, git_repository("apps", "fleet"))
    with doomed.claims.hold(key) as claim:
        claim.take("uid")
        with pytest.raises(Taken), other.claims.hold(key, kustomization("apps", "podinfo")) as theirs:
            theirs.take("uid")
        world.cluster.fail(Unavailable("gone"), lambda call: call.verb == "patch", once=True)
    world.ports = replace(world.ports, claims=other.claims)
    assert tick(world.ports, TICK) == ()
    world.clock.move(61)
    (item,) = tick(world.ports, TICK)
    assert item == WorkItem(Function.APPLY, "Kustomization", "apps", "podinfo", "run again")
    assert world.queue.items == [item]
    assert tick(world.ports, TICK) == ()


def test_what_cannot_be_queued_is_not_forgotten(world: World) -> None:
    lease = leases.new(
        ClaimKey(Function.FETCH, git_repository("apps", "fleet")), "", "dead", world.clock.now(), 60
    )
    lease["metadata"]["annotations"] = {leases.RUN_AGAIN: "fetch/GitRepository/apps/fleet"}
    world.cluster.seed(lease)
    world.clock.move(61)
    world.ports = replace(world.ports, claims=Process("one", world.cluster, world.clock).claims)
    world.queue.failure = Transient("the queue is away")
    with pytest.raises(Transient):
        tick(world.ports, TICK)
    world.queue.failure = None
    assert [item.key for item in tick(world.ports, TICK)] == ["fetch/GitRepository/apps/fleet"]


SHARDED = {"labels": {"sharding.fluxcd.io/key": "shard1"}}


def test_objects_of_a_shard_are_left_to_it_and_their_sources_are_seen_all_the_same(world: World) -> None:
    world.settle(
        git_repository("apps", "apps"), metadata=SHARDED, status={"artifact": {"revision": "main@sha1:b"}}
    )
    world.settle(kustomization("apps", "mine"))
    world.settle(kustomization("apps", "theirs"), metadata=SHARDED)
    world.clock.move(600)
    assert world.tick() == [("apply", "GitRepository", "apps/apps", "new artifact", "main@sha1:b")]
    world.ports = replace(world.ports, selector=parse_selector("sharding.fluxcd.io/key in (shard1)"))
    assert [one[:3] for one in world.tick()] == [
        ("fetch", "GitRepository", "apps/apps"),
        ("apply", "GitRepository", "apps/apps"),
    ]
    world.ports = replace(world.ports, selector=parse_selector("sharding.fluxcd.io/key=other"))
    assert world.tick() == []


def test_a_source_is_due_once_what_it_includes_is_another(world: World) -> None:
    world.settle(git_repository("apps", "shared"))
    made_with = [{"revision": "main@sha1:a", "digest": "x"}]
    including: dict[str, Any] = {
        "spec": {"include": [{"repository": {"name": "shared"}}]},
        "status": {"includedArtifacts": made_with, "artifact": {"revision": "main@sha1:c"}},
    }
    world.settle(git_repository("apps", "fleet"), **including)
    for digest, queued in (("x", 0), ("y", 1)):
        offer = {"artifact": {"revision": "main@sha1:a", "digest": digest}}
        world.settle(git_repository("apps", "shared"), status=offer)
        assert len(world.tick()) == queued
    offer = {"artifact": {"revision": "main@sha1:b", "digest": "x"}}
    world.settle(git_repository("apps", "shared"), status=offer)
    assert world.tick() == [("fetch", "GitRepository", "apps/fleet", "included artifact changed", "")]
    including["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
    world.settle(git_repository("apps", "fleet"), **including)
    assert world.tick() == []
