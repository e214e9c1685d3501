"""apply and the claim of its source among processes (decision 4; threats B-04, B-13)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from penstock.api.work import Function, WorkItem
from penstock.kustomize.flow import apply
from penstock.kustomize.selection import CUT_OFF
from penstock.queue.claims import ClaimLost, Taken

from tests.fakes.claims import FakeClaims
from tests.kustomize.builders import config_map
from tests.kustomize.world import APPS, NAMESPACE, REPOSITORY, World

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
