"""apply and the claim of its source among processes (decision 4; threats B-04, B-13, B-29)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from penstock.api.lease import RUN_AGAIN, ClaimKey
from penstock.api.objects import annotations_of
from penstock.api.work import Function, WorkItem
from penstock.kustomize.flow import apply
from penstock.kustomize.selection import CUT_OFF
from penstock.queue.claims import ClaimLost, Taken

from tests.fakes.claims import FakeClaims
from tests.kustomize.builders import changed, config_map, ref
from tests.kustomize.world import APPS, NAMESPACE, REPOSITORY, World
from tests.queue.leasing import Process

if TYPE_CHECKING:
    from tests.fakes.cluster import Call

A, B = (config_map(name, data={"x": "1"}) for name in "ab")


@pytest.fixture
def claims(world: World) -> FakeClaims:
    """Those of the world, in which one Kustomization is due."""
    found = FakeClaims()
    world.ports = replace(world.ports, claims=found)
    world.add()
    world.push({"apps/a.yaml": A})
    return found


def test_a_run_with_something_to_do_claims_its_source(world: World, claims: FakeClaims) -> None:
    assert world.one().ok
    uid = world.get(REPOSITORY)["metadata"]["uid"]
    assert claims.took == [(f"apply/{REPOSITORY}", uid)]
    assert claims.wanted == [REPOSITORY]


def test_a_run_with_nothing_to_do_claims_nothing_and_writes_nothing(world: World, claims: FakeClaims) -> None:
    world.one()
    claims.took.clear()
    world.cluster.calls.clear()
    assert world.run() == ()
    assert claims.took == []
    assert [call.verb for call in world.cluster.calls] == ["get", "list"]


def test_a_source_that_another_process_works_on_is_left_alone(world: World, claims: FakeClaims) -> None:
    claims.taken = True
    before = world.cluster.objects()
    with pytest.raises(Taken):
        world.run()
    assert world.cluster.objects() == before


def test_what_others_did_before_the_claim_was_ours_is_seen(world: World, claims: FakeClaims) -> None:
    pushed: list[str] = []

    def push_meanwhile() -> bool:
        pushed.append(world.push({"apps/b.yaml": B}))
        return True

    claims.at_take = push_meanwhile
    outcome = world.one()
    assert (outcome.revision, outcome.changes) == (pushed[0], ("ConfigMap/default/b created",))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_whoever_lost_the_claim_writes_nothing_more_and_no_status(
    world: World, claims: FakeClaims, k: int
) -> None:
    """Before the inventory is announced, before the write, and before the last status."""
    found: list[int] = []
    claims.lost_at, claims.at_loss = k, lambda: found.append(len(world.cluster.writes()))
    with pytest.raises(ClaimLost):
        world.run()
    assert found == [len(world.cluster.writes())]
    assert world.condition()[0] in {"", "Unknown"}
    assert world.records.read(APPS) is None


def test_what_is_wanted_again_is_the_object_that_was_asked_for(world: World, claims: FakeClaims) -> None:
    world.run(APPS)
    apply(world.ports, WorkItem(Function.APPLY, APPS.kind, NAMESPACE, APPS.name, CUT_OFF))
    assert claims.wanted == [APPS, REPOSITORY]


def test_a_deletion_ends_where_the_claim_is_lost(world: World, claims: FakeClaims) -> None:
    world.one()
    world.cluster.delete(APPS, uid=None)
    claims.checks, claims.lost_at = 0, 1
    world.forget()
    with pytest.raises(ClaimLost):
        world.run(APPS)
    assert world.owned() == ["ConfigMap/default/a"]
    assert (world.effects(), world.status_writes()) == ([], [])
    assert world.get()["metadata"]["finalizers"]


def test_a_process_that_was_paused_between_two_writes_writes_nothing_late(world: World) -> None:
    """Threats B-13: another one took over and applied a newer revision before it wakes up."""
    world.add()
    world.push({"apps/a.yaml": A, "apps/b.yaml": B})
    alive = world.ports
    late: list[int] = []

    def pause(call: Call) -> bool:
        if call.verb == "apply" and not call.dry_run and call.ref.name == "a" and not late:
            late.append(0)
            world.clock.move(600)
            world.push({"apps/a.yaml": changed(A, x="2")})
            world.ports = replace(alive, claims=Process("two", world.cluster, world.clock).claims)
            assert world.one().ok
            late[0] = len(world.cluster.writes())
        return False

    world.cluster.fail(RuntimeError("never"), pause)
    world.ports = replace(alive, claims=Process("one", world.cluster, world.clock).claims)
    with pytest.raises(ClaimLost):
        world.run()
    after = [call for call in world.cluster.writes()[late[0] :] if call.ref.kind != "Lease"]
    assert after == [], "only the write in flight came late"
    assert world.get(ref("ConfigMap", "a", "default"))["data"] == {"x": "1"}
    assert "ConfigMap/default/b" not in world.owned()
    world.forget()
    assert world.one().ok
    assert world.get(ref("ConfigMap", "a", "default"))["data"] == {"x": "2"}


@pytest.mark.parametrize("known", [True, False])
def test_what_a_paused_process_makes_all_the_same_is_deleted_by_the_next_check(
    world: World, known: bool
) -> None:
    """Threats B-13: its write was under way, of an object that the newer revision has no more."""
    world.add()
    if known:
        world.push({"apps/a.yaml": A, "apps/b.yaml": B})
        assert world.one().ok
    world.push({"apps/a.yaml": A, "apps/b.yaml": changed(B, x="2")})
    alive = world.ports
    paused: list[bool] = []

    def pause(call: Call) -> bool:
        if call.verb == "apply" and not call.dry_run and call.ref.name == "b" and not paused:
            paused.append(True)
            world.clock.move(600)
            world.push({"apps/a.yaml": A})
            world.ports = replace(alive, claims=Process("two", world.cluster, world.clock).claims)
            assert world.one().ok
            assert world.owned() == ["ConfigMap/default/a"]
        return False

    world.cluster.fail(RuntimeError("never"), pause)
    world.ports = replace(alive, claims=Process("one", world.cluster, world.clock).claims)
    with pytest.raises(ClaimLost):
        world.run()
    assert world.owned() == ["ConfigMap/default/a", "ConfigMap/default/b"]
    world.clock.move(600)
    assert world.one().changes == ("ConfigMap/default/b deleted",)
    assert (world.owned(), world.inventory()) == (["ConfigMap/default/a"], ["default_a__ConfigMap"])


@pytest.mark.parametrize("keeps", [True, False])
def test_what_another_process_wanted_meanwhile_is_done_when_the_run_is_over(
    world: World, keeps: bool
) -> None:
    """Threats B-04: handed on where there is a queue, else done by whoever was at it."""
    world.add()
    world.push({"apps/a.yaml": A})
    alive = world.ports
    one, two = (Process(name, world.cluster, world.clock, keeps=keeps) for name in ("one", "two"))
    stood_down: list[bool] = []

    def come_meanwhile(call: Call) -> bool:
        if call.verb == "apply" and not call.dry_run and not stood_down:
            stood_down.append(True)
            world.ports = replace(alive, claims=two.claims)
            with pytest.raises(Taken):
                world.run()
            with pytest.raises(Taken):
                world.run(APPS)
        return False

    world.cluster.fail(RuntimeError("never"), come_meanwhile)
    world.ports = replace(alive, claims=one.claims)
    outcomes = world.run()
    assert outcomes[0].changes == ("ConfigMap/default/a created",)
    assert [item.kind for item in one.queue] == (["GitRepository", "Kustomization"] if keeps else [])
    assert len(outcomes) == (1 if keeps else 2), "the invoked one is run again, though it is not due"
    assert RUN_AGAIN not in annotations_of(world.get(ClaimKey(Function.APPLY, REPOSITORY).lease))
    applied = [effect for effect in world.effects() if "Lease" not in effect]
    assert applied == ["apply ConfigMap/default/a"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_applies_nothing_twice_and_keeps_nobody_from_it(world: World, hours: int) -> None:
    """Threats B-29: the wall clock is set by an hour, before the run and between two."""
    world.ports = replace(world.ports, claims=Process("one", world.cluster, world.clock).claims)
    world.add()
    world.push({"apps/a.yaml": A})
    world.clock.set_back(3600 * hours)
    assert world.one().changes == ("ConfigMap/default/a created",)
    world.clock.set_back(3600 * hours)
    world.ports = replace(world.ports, claims=Process("two", world.cluster, world.clock).claims)
    for outcome in (*world.run(), *world.run()):
        assert (outcome.ok, outcome.changes) == (True, ())
    assert [effect for effect in world.effects() if "Lease" not in effect] == ["apply ConfigMap/default/a"]
