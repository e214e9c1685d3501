"""fetch of objects that are deleted, gone or suspended (contract C7b)."""

import pytest
from penstock.api.objects import metadata
from penstock.store.bucket import BucketFailed

from tests.source.world import REF, FailingBucket, World


def test_a_suspended_object_is_left_alone(world: World) -> None:
    world.change({"spec": {"suspend": True}})
    world.cluster.calls.clear()
    assert world.fetch().message == "GitRepository/apps/fleet is suspended"
    assert (world.cluster.writes(), world.fetcher.asked, world.events.seen) == ((), [], [])
    assert world.record() is None


def test_who_is_suspended_when_ready_stays_ready_with_the_new_spec(world: World) -> None:
    world.fetch()
    asked = {"reconcile.fluxcd.io/requestedAt": "token-1"}
    world.change({"metadata": {"generation": 2, "annotations": asked}, "spec": {"suspend": True}})
    looks = len(world.fetcher.asked)
    world.fetch()
    status = world.object()["status"]
    ready = next(one for one in status["conditions"] if one["type"] == "Ready")
    assert (ready["status"], ready["observedGeneration"], status["observedGeneration"]) == ("True", 2, 2)
    assert (status["lastHandledReconcileAt"], len(world.fetcher.asked)) == ("token-1", looks)
    world.cluster.calls.clear()
    world.fetch()
    assert world.cluster.writes() == ()


def delete(world: World) -> None:
    world.cluster.delete(REF, uid=None)


@pytest.mark.parametrize("suspended", [False, True])
def test_a_deleted_object_takes_its_artifacts_along(world: World, suspended: bool) -> None:
    world.fetch()
    world.change({"spec": {"suspend": suspended}})
    delete(world)
    assert world.fetch().message == "GitRepository/apps/fleet is deleted"
    assert world.cluster.get(REF) is None
    assert world.bucket.list("") == ()
    assert world.events.lines()[-1].startswith("trace GitRepository/apps/fleet GarbageCollectionSucceeded")


def test_a_deleted_object_that_was_never_read_is_let_go_even_if_it_is_broken(world: World) -> None:
    world.change(
        {"metadata": {"finalizers": ["finalizers.fluxcd.io", "other"]}, "spec": {"interval": "soon"}}
    )
    delete(world)
    world.fetch()
    assert metadata(world.object())["finalizers"] == ["other"]
    assert world.fetch().message == "GitRepository/apps/fleet is being deleted"


def test_an_object_that_is_gone_leaves_nothing_behind(world: World) -> None:
    world.fetch()
    world.change({"metadata": {"finalizers": None}})
    delete(world)
    assert world.fetch().message == "GitRepository/apps/fleet is gone"
    assert world.bucket.list("") == ()


def test_a_bucket_that_is_away_keeps_a_deleted_object(world: World) -> None:
    world.bucket = FailingBucket()
    world.fetch()
    delete(world)
    world.bucket.broken = lambda verb, _key: verb == "delete"
    with pytest.raises(BucketFailed):
        world.fetch()
    assert metadata(world.object())["finalizers"] == ["finalizers.fluxcd.io"]


def test_an_object_deleted_during_the_look_is_let_go(world: World) -> None:
    world.fetcher.meanwhile = lambda: delete(world)
    assert world.fetch().message == "GitRepository/apps/fleet is deleted"
    assert world.cluster.get(REF) is None
    assert world.bucket.list("") == ()
