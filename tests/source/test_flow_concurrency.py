"""fetch while somebody else is at work, or dies at it (threats B-01, B-03 to B-05)."""

import threading

import pytest
from penstock.api.lease import ClaimKey
from penstock.api.work import Function, WorkItem
from penstock.base.errors import Transient
from penstock.base.limits import Limits
from penstock.queue.claims import ClaimLost, LocalClaims, Taken
from penstock.source.flow import fetch
from penstock.store.artifacts import Artifacts
from penstock.store.records import Records

from tests.fakes.claims import FakeClaims
from tests.fakes.killing import Killed, dying
from tests.queue.leasing import Process
from tests.source.world import ITEM, ONE, REF, TWO, DyingBucket, World


def test_a_spec_that_changes_during_the_look_is_looked_at_again(world: World) -> None:
    def change_once() -> None:
        world.fetcher.meanwhile = lambda: None
        world.change({"spec": {"ref": {"branch": "next"}}})

    world.fetcher.meanwhile = change_once
    assert world.fetch().revision == f"next@sha1:{ONE}"
    assert world.status()["artifact"]["revision"] == f"next@sha1:{ONE}"
    assert world.status()["observedGeneration"] == 2
    assert [item.token for item in world.queue.items] == [f"next@sha1:{ONE}"]


def test_an_observation_made_earlier_never_overwrites_a_later_one(world: World) -> None:
    world.fetch()
    world.fetcher.commit = TWO

    def another_run_is_faster() -> None:
        world.fetcher.meanwhile = lambda: None
        world.fetcher.commit = "3" * 40
        fetch(world.ports(claims=LocalClaims()), ITEM)

    world.fetcher.meanwhile = another_run_is_faster
    assert world.fetch().revision == f"main@sha1:{'3' * 40}"
    assert world.status()["artifact"]["revision"] == f"main@sha1:{'3' * 40}"
    assert world.fetcher.fetched.count(f"main@sha1:{'3' * 40}") == 1


def test_an_object_that_never_stands_still_is_tried_again_later(world: World) -> None:
    world.fetcher.meanwhile = lambda: world.request(str(len(world.cluster.calls)))
    with pytest.raises(Transient, match="changes faster"):
        world.fetch()


def test_one_object_is_looked_at_by_one_run_at_a_time(world: World) -> None:
    ports = world.ports()
    busy: list[Exception] = []

    def second() -> None:
        try:
            fetch(ports, ITEM)
        except Transient as error:
            busy.append(error)

    def meanwhile() -> None:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    world.fetcher.meanwhile = meanwhile
    assert fetch(ports, ITEM)[0].ok
    assert [error.reason for error in busy] == ["Busy"]  # type: ignore[attr-defined] # they are Transient


def test_fetch_does_not_wait_for_apply(world: World) -> None:
    ports = world.ports()
    with ports.claims.hold(ClaimKey(Function.APPLY, REF)):
        assert fetch(ports, ITEM)[0].ok


def test_work_that_could_not_be_queued_is_queued_by_the_next_look(world: World) -> None:
    world.queue.failure = Transient("the queue is away")
    with pytest.raises(Transient):
        world.fetch()
    world.queue.failure = None
    world.fetch()
    assert [item.token for item in world.queue.items] == [f"main@sha1:{ONE}"]


def test_lost_records_only_queue_once_more(world: World) -> None:
    world.fetch()
    Records(world.bucket, "uid-1").delete(REF)
    world.fetch()
    assert len(world.queue.items) == 2
    assert len(world.fetcher.fetched) == 1


def _converged(world: World) -> None:
    artifact = world.status()["artifact"]
    assert artifact["revision"] == f"main@sha1:{TWO}"
    assert Artifacts(world.bucket, Limits()).intact(artifact["path"], artifact["digest"])
    assert world.condition("Ready").startswith("True Succeeded")
    assert world.condition("Reconciling") == world.condition("ArtifactOutdated") == ""
    assert f"main@sha1:{TWO}" in {item.token for item in world.queue.items}


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_request_to_the_cluster_the_next_look_converges(after: bool) -> None:
    for k in range(1, 20):
        world = World()
        world.fetch()
        world.fetcher.commit, world.fetcher.files = TWO, {"a.yaml": b"2"}
        try:
            world.fetch(cluster=dying(world.cluster, k, after=after))
        except Killed:
            artifact = world.status()["artifact"]
            assert Artifacts(world.bucket, Limits()).intact(artifact["path"], artifact["digest"])
            world.fetch()
            _converged(world)
        else:
            assert k > 3
            return
    pytest.fail("the flow made more requests than expected")


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_of_the_bucket_the_next_look_converges(after: bool) -> None:
    for k in range(1, 30):
        world = World(bucket=DyingBucket())
        world.fetch()
        world.clock.move(1)
        world.fetcher.commit, world.fetcher.files = TWO, {"a.yaml": b"2"}
        world.bucket.arm(k, after=after)
        try:
            world.fetch(keep_count=1, keep_seconds=0)
        except Killed:
            world.bucket.arm(-1, after=False)
            artifact = world.status()["artifact"]
            assert Artifacts(world.bucket, Limits()).intact(artifact["path"], artifact["digest"])
            world.fetch()
            _converged(world)
        else:
            assert k > 5
            return
    pytest.fail("the flow made more calls than expected")


def test_a_look_that_finds_nothing_new_claims_nothing_among_processes(world: World) -> None:
    claims = FakeClaims()
    world.fetch(claims=claims)
    uid = world.object()["metadata"]["uid"]
    assert claims.took == [(f"fetch/{REF}", uid)]
    world.fetch(claims=claims)
    assert len(claims.took) == 1


def test_what_another_process_stores_is_not_stored_twice(world: World) -> None:
    claims = FakeClaims()
    claims.taken = True
    with pytest.raises(Taken):
        world.fetch(claims=claims)
    assert (world.fetcher.fetched, world.queue.items) == ([], [])
    assert world.status() == {"observedGeneration": -1}


def test_whoever_lost_the_claim_while_it_fetched_stores_nothing(world: World) -> None:
    claims = FakeClaims()
    claims.lost_at = 1
    with pytest.raises(ClaimLost):
        world.fetch(claims=claims)
    assert "artifact" not in world.status()
    assert Artifacts(world.bucket, Limits()).remove_all(REF.kind, REF.namespace, REF.name) == 0


@pytest.mark.parametrize("keeps", [True, False])
def test_of_two_processes_one_fetches_and_what_the_other_saw_is_looked_for_again(
    world: World, keeps: bool
) -> None:
    """Threats B-04: a commit that was pushed while an older one is fetched is not left for the next tick."""
    one, two = (Process(name, world.cluster, world.clock, keeps=keeps) for name in ("one", "two"))

    def come_meanwhile() -> None:
        world.fetcher.meanwhile = lambda: None
        world.fetcher.commit = TWO
        with pytest.raises(Taken):
            world.fetch(claims=two.claims)

    world.fetcher.meanwhile = come_meanwhile
    outcome = world.fetch(claims=one.claims)
    again = [WorkItem(Function.FETCH, "GitRepository", "apps", "fleet", "run again")]
    assert one.queue == (again if keeps else [])
    if keeps:
        outcome = world.fetch(again[0], claims=one.claims)
    assert outcome.revision == world.status()["artifact"]["revision"] == f"main@sha1:{TWO}"
    assert world.fetcher.fetched == [f"main@sha1:{ONE}", f"main@sha1:{TWO}"]


def test_a_source_takes_its_leases_with_it(world: World) -> None:
    claims = Process("one", world.cluster, world.clock).claims
    world.fetch(claims=claims)
    (lease,) = world.cluster.objects("Lease")
    assert lease["metadata"]["ownerReferences"][0]["uid"] == world.object()["metadata"]["uid"]
    world.cluster.delete(REF, uid=None)
    assert world.fetch(claims=claims).message == f"{REF} is deleted"
    assert world.cluster.objects("Lease") == ()
