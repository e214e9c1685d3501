"""Artifacts in a bucket (threats A-27, B-05, B-20)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.source.archive import Member, Packed, pack
from penstock.source.artifact import InvalidArtifact, files_key
from penstock.store.artifacts import ArtifactMissing, Artifacts, StoredArtifact
from penstock.store.folder import FolderBucket

SOURCE = ("GitRepository", "apps", "fleet")


def packed(text: str) -> Packed:
    return pack([Member("a.yaml", text.encode())], Limits())


@pytest.fixture
def bucket(tmp_path: Path) -> FolderBucket:
    return FolderBucket(tmp_path)


@pytest.fixture
def artifacts(bucket: FolderBucket) -> Artifacts:
    return Artifacts(bucket, Limits())


def store(artifacts: Artifacts, text: str) -> StoredArtifact:
    result = packed(text)
    return artifacts.store(*SOURCE, result.data, result.files)


def test_a_stored_artifact_is_loaded_by_key_and_digest(artifacts: Artifacts) -> None:
    result = packed("1")
    found = store(artifacts, "1")
    assert (found.digest, found.size) == (result.digest, len(result.data))
    assert found.url.endswith(found.key)
    assert artifacts.load(found.key, found.digest) == result.data
    assert artifacts.files(found.key, found.digest) == result.files
    assert artifacts.intact(found.key, found.digest)


def test_a_source_may_have_any_name_that_kubernetes_allows(artifacts: Artifacts) -> None:
    result = packed("1")
    found = artifacts.store("GitRepository", "n" * 63, "n" * 253, result.data, result.files)
    assert artifacts.intact(found.key, found.digest)
    assert artifacts.remove_all("GitRepository", "n" * 63, "n" * 253) == 1


def test_storing_the_same_again_changes_nothing(artifacts: Artifacts) -> None:
    assert store(artifacts, "1") == store(artifacts, "1")


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: b"x" + data[1:], lambda _data: b""])
def test_a_changed_archive_is_refused_and_removed_so_that_it_is_made_again(
    artifacts: Artifacts, bucket: FolderBucket, change: object
) -> None:
    found = store(artifacts, "1")
    assert callable(change)
    bucket.put(found.key, change(packed("1").data))
    assert not artifacts.intact(found.key, found.digest)
    with pytest.raises(ArtifactMissing):
        artifacts.load(found.key, found.digest)
    assert bucket.list("") == ()


def test_an_archive_changed_on_disk_is_noticed(artifacts: Artifacts, bucket: FolderBucket) -> None:
    found = store(artifacts, "1")
    path = bucket._path(found.key)
    path.write_bytes(bytes(len(path.read_bytes())))
    assert not artifacts.intact(found.key, found.digest)


def test_a_missing_archive_or_missing_digests_are_not_intact(
    artifacts: Artifacts, bucket: FolderBucket
) -> None:
    first, second = store(artifacts, "1"), store(artifacts, "2")
    bucket.delete(first.key)
    bucket.delete(files_key(second.key))
    assert not artifacts.intact(first.key, first.digest)
    assert not artifacts.intact(second.key, second.digest)
    with pytest.raises(ArtifactMissing):
        artifacts.load(first.key, first.digest)


def test_another_instance_verifies_for_itself(artifacts: Artifacts, bucket: FolderBucket) -> None:
    found = store(artifacts, "1")
    assert Artifacts(bucket, Limits()).intact(found.key, found.digest)


def test_a_pointer_with_a_digest_of_another_artifact_reads_nothing(artifacts: Artifacts) -> None:
    first, second = store(artifacts, "1"), store(artifacts, "2")
    assert not artifacts.intact(first.key, second.digest)
    for action in (artifacts.load, artifacts.files):
        with pytest.raises(InvalidArtifact):
            action(first.key, second.digest)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"files": {}, "version": 2}'])
def test_damaged_digests_are_none(artifacts: Artifacts, bucket: FolderBucket, data: bytes) -> None:
    found = store(artifacts, "1")
    bucket.put(files_key(found.key), data)
    assert artifacts.files(found.key, found.digest) is None
    bucket.delete(files_key(found.key))
    assert artifacts.files(found.key, found.digest) is None


def test_an_archive_beyond_the_limit_is_not_stored(bucket: FolderBucket) -> None:
    with pytest.raises(LimitExceeded):
        store(Artifacts(bucket, Limits(artifact_archive_bytes=10)), "1")
    assert bucket.list("") == ()


def test_collecting_keeps_what_is_used_and_removes_what_is_old_and_many(
    artifacts: Artifacts,
) -> None:
    first, second, third = (store(artifacts, text) for text in "123")
    later = datetime.now(UTC) + timedelta(hours=2)
    gone = artifacts.collect(*SOURCE, used=frozenset({first.key}), now=later, keep_count=1, keep_seconds=3600)
    assert gone == 1
    assert artifacts.intact(first.key, first.digest)
    assert not artifacts.intact(second.key, second.digest)
    assert artifacts.intact(third.key, third.digest)


def test_removing_all_of_a_source_leaves_its_neighbours(artifacts: Artifacts, bucket: FolderBucket) -> None:
    store(artifacts, "1")
    other = packed("1")
    kept = artifacts.store("GitRepository", "apps", "fleet-2", other.data, other.files)
    assert artifacts.remove_all(*SOURCE) == 1
    assert {entry.key for entry in bucket.list("")} == {kept.key, files_key(kept.key)}


def test_only_so_many_verified_artifacts_are_remembered(artifacts: Artifacts) -> None:
    for number in range(10_001):
        artifacts._remember(str(number), 1)
    assert len(artifacts._verified) == 10_000
