"""The bucket over many commits and deaths: it stays small, and what is pointed to is there (threats B-10)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.limits import Limits
from penstock.source.artifact import ARCHIVE, FILES, MOST
from penstock.store.artifacts import Artifacts
from penstock.store.runs import KEEP_COUNT

from tests.fakes.bucket import MemoryBucket
from tests.fakes.clock import FakeClock
from tests.fakes.killing import Killed, dying
from tests.source.world import DyingBucket, World

if TYPE_CHECKING:
    from collections.abc import Callable

_COMMITS = 200


def world_with(bucket: Callable[[FakeClock], Any]) -> World:
    """A world whose bucket goes by its clock."""
    clock = FakeClock()
    return World(bucket=bucket(clock), clock=clock)


def commit(world: World, number: int, after_s: float) -> None:
    """One more push, with a file of its own and one that is always the same."""
    world.clock.move(after_s)
    world.fetcher.commit = f"{number:040x}"
    world.fetcher.files = {"a.yaml": b"kind: A\n", "b.yaml": str(number).encode()}


def kept(world: World, ending: str = ARCHIVE) -> set[str]:
    """The artifacts in the bucket, by what lies there of them."""
    found = (entry.key for entry in world.bucket.list("gitrepository/"))
    return {key.removesuffix(ending) for key in found if key.endswith(ending)}


def is_whole(world: World, number: int) -> None:
    """The status points to an artifact of the last commit that is in the bucket as it was stored."""
    artifact = world.status()["artifact"]
    assert artifact["revision"] == f"main@sha1:{number:040x}"
    assert Artifacts(world.bucket, Limits()).intact(artifact["path"], artifact["digest"])


def test_two_hundred_commits_leave_the_newest_and_those_of_the_last_hour() -> None:
    world = world_with(MemoryBucket)
    for number in range(_COMMITS):
        commit(world, number, after_s=600)
        assert world.fetch(keep_count=5, keep_seconds=3600).ok
        assert len(kept(world)) <= 7
        assert kept(world) == kept(world, FILES)
        is_whole(world, number)
    assert len(world.bucket.list("records/")) == 1
    assert len(world.bucket.list("runs/")) == KEEP_COUNT
    assert len(world.bucket.list("")) == 2 * 7 + 1 + KEEP_COUNT


def test_many_commits_within_a_short_time_leave_a_bounded_number() -> None:
    world = world_with(MemoryBucket)
    for number in range(_COMMITS):
        commit(world, number, after_s=1)
        assert world.fetch().ok
        assert len(kept(world)) <= MOST
    assert len(kept(world)) == len(kept(world, FILES)) == MOST
    is_whole(world, _COMMITS - 1)


@pytest.mark.parametrize("seed", range(3))
def test_two_hundred_commits_and_a_death_at_every_second_one_leave_no_more(seed: int) -> None:
    world, chance = world_with(DyingBucket), random.Random(seed)
    limits: dict[str, Any] = {"keep_count": 2, "keep_seconds": 600}
    deaths = 0
    for number in range(_COMMITS):
        commit(world, number, after_s=120)
        cluster: Any = world.cluster
        if number % 2:
            k, after = chance.randint(1, 9), chance.random() < 0.5
            if chance.random() < 0.5:
                world.bucket.arm(k, after=after)
            else:
                cluster = dying(world.cluster, k, after=after)
        try:
            world.fetch(cluster=cluster, **limits)
        except Killed:
            deaths += 1
        world.bucket.arm(-1, after=False)
        assert len(kept(world) | kept(world, FILES)) <= 600 / 120 + 3
    assert deaths > _COMMITS / 5
    commit(world, _COMMITS, after_s=601)
    assert world.fetch(**limits).ok
    is_whole(world, _COMMITS)
    assert kept(world) == kept(world, FILES)
    assert len(kept(world)) == 2


def test_what_a_killed_fetch_left_is_collected_once_it_is_old() -> None:
    world = world_with(DyingBucket)
    commit(world, 1, after_s=0)
    world.fetch()
    commit(world, 2, after_s=0)
    stray: set[str] = set()
    for k in range(1, 9):
        world.bucket.arm(k, after=True)
        with pytest.raises(Killed):
            world.fetch()
        world.bucket.arm(-1, after=False)
        if stray := kept(world, FILES) - kept(world):
            break
    assert len(stray) == 1
    for number, after_s in ((3, 0), (4, 3601)):
        commit(world, number, after_s)
        assert world.fetch(keep_count=5, keep_seconds=3600).ok
        assert bool(stray & kept(world, FILES)) is (number == 3)
