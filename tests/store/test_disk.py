"""The bucket's folder on a disk in trouble: one clear error, nothing half, all well afterwards (B-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.limits import Limits
from penstock.source.archive import Member, pack
from penstock.store.artifacts import Artifacts
from penstock.store.bucket import BucketFailed
from penstock.store.folder import FolderBucket

from tests.fixtures_disk import TROUBLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_disk import Disk

SOURCE = ("GitRepository", "apps", "fleet")


def test_what_cannot_be_written_leaves_what_is_there_and_can_be_written_later(
    disk: Disk, trouble: str
) -> None:
    bucket = FolderBucket(disk.path / "bucket")
    generation = bucket.put("a/b", b"old")
    before = disk.names()
    with disk.in_trouble(trouble):
        for key, data in (("a/b", b"new" * 2000), ("new/folder/x", b"1")):
            with pytest.raises(BucketFailed, match=f"could not be written: {TROUBLES[trouble]}"):
                bucket.put(key, data)
        with pytest.raises(BucketFailed, match=TROUBLES[trouble]):
            bucket.check()
        assert bucket.get("a/b") == (b"old", generation)
        assert {name for name in disk.names() if not name.startswith("ballast/")} == before
    bucket.check()
    assert bucket.put("a/b", b"new" * 2000) > generation
    bucket.put("new/folder/x", b"1")
    assert [entry.key for entry in bucket.list("")] == ["a/b", "new/folder/x"]


def test_a_full_disk_can_be_freed_by_deleting(disk: Disk) -> None:
    bucket = FolderBucket(disk.path / "bucket")
    bucket.put("large", bytes(200_000))
    with disk.in_trouble("full"):
        with pytest.raises(BucketFailed):
            bucket.put("x", bytes(100_000))
        bucket.delete("large")
        bucket.put("x", bytes(100_000))


def test_an_artifact_that_finds_no_room_is_none_and_is_stored_later(disk: Disk, trouble: str) -> None:
    artifacts = Artifacts(FolderBucket(disk.path / "bucket"), Limits())
    old, new = (pack([Member("a.yaml", text.encode() * 5000)], Limits()) for text in ("old", "new"))
    kept = artifacts.store(*SOURCE, old.data, old.files)
    with disk.in_trouble(trouble):
        with pytest.raises(BucketFailed):
            artifacts.store(*SOURCE, new.data, new.files)
        assert artifacts.load(kept.key, kept.digest) == old.data
    stored = artifacts.store(*SOURCE, new.data, new.files)
    assert artifacts.load(stored.key, stored.digest) == new.data


def test_a_folder_that_cannot_be_made_is_told_and_made_later(disk: Disk, trouble: str) -> None:
    root = disk.path / "deep" / "bucket"
    if trouble == "full":
        root.mkdir(parents=True)
    with disk.in_trouble(trouble), pytest.raises(BucketFailed, match=TROUBLES[trouble]):
        FolderBucket(root).check()
    FolderBucket(root).check()


def test_a_folder_that_is_taken_away_is_told_and_used_again_when_it_is_back(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path / "bucket")
    bucket.put("a", b"1")
    (tmp_path / "bucket").rename(tmp_path / "elsewhere")
    with pytest.raises(BucketFailed, match="could not be written: No such file"):
        bucket.put("a", b"2")
    assert bucket.get("a") is None
    (tmp_path / "elsewhere").rename(tmp_path / "bucket")
    assert bucket.get("a") is not None
    bucket.put("a", b"2")
