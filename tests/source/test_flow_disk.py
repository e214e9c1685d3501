"""fetch with the bucket on a disk in trouble: the last good artifact stays, the next look succeeds (B-24)."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from penstock.base.limits import Limits
from penstock.store.artifacts import Artifacts
from penstock.store.bucket import BucketFailed
from penstock.store.folder import FolderBucket

from tests.fakes.clock import FakeClock
from tests.fixtures_disk import TROUBLES
from tests.source.world import ONE, TWO, World

if TYPE_CHECKING:
    from tests.fixtures_disk import Disk


def test_a_revision_that_finds_no_room_is_not_stored_and_not_applied_until_there_is_some(
    disk: Disk, trouble: str
) -> None:
    world = World(bucket=FolderBucket(disk.path / "bucket"))
    assert world.fetch().ok
    artifact, before = world.status()["artifact"], disk.names()
    world.fetcher.commit, world.fetcher.files = TWO, {"a.yaml": b"2" * 5000}
    with disk.in_trouble(trouble):
        with pytest.raises(BucketFailed):
            world.fetch()
        assert world.condition("Ready").startswith("False ArchiveOperationFailed: unable to archive artifact")
        assert TROUBLES[trouble] in world.condition("StorageOperationFailed")
        assert str(disk.path) not in world.condition("StorageOperationFailed")
        assert world.status()["artifact"] == artifact
        assert Artifacts(world.bucket, Limits()).intact(artifact["path"], artifact["digest"])
        assert {name for name in disk.names() if not name.startswith("ballast/")} == before
    assert [item.token for item in world.queue.items] == [f"main@sha1:{ONE}"]
    assert world.fetch().revision == f"main@sha1:{TWO}"
    assert [item.token for item in world.queue.items][1:] == [f"main@sha1:{TWO}"]


def test_a_bucket_that_is_full_of_old_artifacts_makes_room_for_a_new_one(disk: Disk) -> None:
    world = World(bucket=FolderBucket(disk.path / "bucket"), clock=FakeClock(datetime.now(UTC)))
    contents = random.Random(1)
    for number in range(3):
        world.fetcher.commit, world.fetcher.files = f"{number}" * 40, {"a": contents.randbytes(100_000)}
        assert world.fetch(keep_count=1, keep_seconds=3600).ok
    before = world.status()["artifact"]
    world.fetcher.commit, world.fetcher.files = "9" * 40, {"a": contents.randbytes(100_000)}
    with disk.in_trouble("full"):
        with pytest.raises(BucketFailed):
            world.fetch(keep_count=1, keep_seconds=3600)
        world.clock.move(3601)
        assert world.fetch(keep_count=1, keep_seconds=3600).reason == "ArchiveOperationFailed"
        assert Artifacts(world.bucket, Limits()).intact(before["path"], before["digest"])
        assert world.fetch(keep_count=1, keep_seconds=3600).revision == f"main@sha1:{'9' * 40}"
