"""fetch killed at every call of a port: before it had its effect, and just after (threats B-05, B-34).

Whatever the moment: the status names an artifact that is whole or none, and the next look ends where an
undisturbed one would have ended, with its dependents queued.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.objects import deleting
from penstock.base.limits import Limits
from penstock.source.flow import fetch
from penstock.store.artifacts import Artifacts
from penstock.store.records import Records
from penstock.store.runs import Runs

from tests.fakes.killing import Killed, Life
from tests.source.world import ITEM, ONE, REF, TWO, World

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_CALLS = 100


def killed(world: World, k: int, *, after: bool) -> bool:
    """fetch in a process that dies at its k-th call; whether it came to that."""
    life = Life(k, after=after)
    bucket = life.of(world.bucket)
    ports: dict[str, Any] = {
        "cluster": life.of(world.cluster),
        "fetcher": world.fetcher,
        "artifacts": Artifacts(bucket, Limits()),
        "records": Records(bucket, "uid-1"),
        "runs": Runs(bucket, "uid-1"),
        "queue": life.of(world.queue),
        "events": life.of(world.events),
    }
    with suppress(Killed):
        fetch(world.ports(keep_count=1, keep_seconds=0, **ports), ITEM)
        return False
    return True


def is_whole(world: World) -> None:
    """What a status points to is in the bucket as it was stored."""
    for obj in world.cluster.objects("GitRepository"):
        if artifact := obj["status"].get("artifact"):
            assert Artifacts(world.bucket, Limits()).intact(artifact["path"], artifact["digest"])


def stands_at(world: World, commit: str) -> None:
    assert world.status()["artifact"]["revision"] == f"main@sha1:{commit}"
    is_whole(world)
    assert world.condition("Ready").startswith("True Succeeded")
    assert world.condition("Reconciling") == world.condition("ArtifactOutdated") == ""
    assert f"main@sha1:{commit}" in {item.token for item in world.queue.items}
    record = world.record()
    assert record is not None
    assert record.ok


def sweep(prepare: Callable[[], World], check: Callable[[World], None], *, after: bool) -> None:
    """Die at each call there is, and look once more."""
    for k in range(1, _MOST_CALLS):
        world = prepare()
        died = killed(world, k, after=after)
        if not [obj for obj in world.cluster.objects("GitRepository") if deleting(obj)]:
            is_whole(world)
        fetch(world.ports(), ITEM)
        check(world)
        if not died:
            assert k > 3
            return
    raise AssertionError("the sweep has no end")


def changed() -> World:
    world = World()
    world.fetch()
    world.clock.move(3600)
    world.fetcher.commit, world.fetcher.files = TWO, {"a.yaml": b"2"}
    return world


def deleted() -> World:
    world = changed()
    world.cluster.delete(REF, uid=None)
    return world


@pytest.mark.parametrize("after", [False, True])
def test_a_first_look_may_die_anywhere(after: bool) -> None:
    sweep(World, lambda world: stands_at(world, ONE), after=after)


@pytest.mark.parametrize("after", [False, True])
def test_a_look_that_finds_a_change_may_die_anywhere(after: bool) -> None:
    sweep(changed, lambda world: stands_at(world, TWO), after=after)


@pytest.mark.parametrize("after", [False, True])
def test_a_deletion_may_die_anywhere(after: bool) -> None:
    def is_gone(world: World) -> None:
        assert world.cluster.objects("GitRepository") == ()
        assert world.record() is None
        assert [entry.key for entry in world.bucket.list("") if not entry.key.startswith("runs/")] == []

    sweep(deleted, is_gone, after=after)
