"""Artifacts in a bucket, of each kind (threats A-27, B-05, B-20)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.source.archive import Member, Packed, pack
from penstock.source.artifact import InvalidArtifact, files_key
from penstock.store.artifacts import ArtifactMissing, Artifacts, StoredArtifact
from penstock.store.bucket import Bucket
from penstock.store.folder import FolderBucket

from tests.store.cloud import MOST_BYTES

SOURCE = ("GitRepository", "apps", "fleet")


def packed(text: str) -> Packed:
    return pack([Member("a.yaml", text.encode())], Limits())


@pytest.fixture
def artifacts(bucket: Bucket) -> Artifacts:
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
    artifacts: Artifacts, bucket: Bucket, change: object
) -> None:
    found = store(artifacts, "1")
    assert callable(change)
    bucket.put(found.key, change(packed("1").data))
    assert not artifacts.intact(found.key, found.digest)
    with pytest.raises(ArtifactMissing):
        artifacts.load(found.key, found.digest)
    assert bucket.list("") == ()


def test_an_archive_changed_on_disk_is_noticed(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    artifacts = Artifacts(bucket, Limits())
    found = store(artifacts, "1")
    path = bucket._path(found.key)
    path.write_bytes(bytes(len(path.read_bytes())))
    assert not artifacts.intact(found.key, found.digest)


def test_a_missing_archive_or_missing_digests_are_not_intact(artifacts: Artifacts, bucket: Bucket) -> None:
    first, second = store(artifacts, "1"), store(artifacts, "2")
    bucket.delete(first.key)
    bucket.delete(files_key(second.key))
    assert not artifacts.intact(first.key, first.digest)
    assert not artifacts.intact(second.key, second.digest)
    with pytest.raises(ArtifactMissing):
        artifacts.load(first.key, first.digest)


def test_another_instance_verifies_for_itself(artifacts: Artifacts, bucket: Bucket) -> None:
    found = store(artifacts, "1")
    assert Artifacts(bucket, Limits()).intact(found.key, found.digest)


def test_a_pointer_with_a_digest_of_another_artifact_reads_nothing(artifacts: Artifacts) -> None:
    first, second = store(artifacts, "1"), store(artifacts, "2")
    assert not artifacts.intact(first.key, second.digest)
    for action in (artifacts.load, artifacts.files):
        with pytest.raises(InvalidArtifact):
            action(first.key, second.digest)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"files": {}, "version": 2}'])
def test_damaged_digests_are_none(artifacts: Artifacts, bucket: Bucket, data: bytes) -> None:
    found = store(artifacts, "1")
    bucket.put(files_key(found.key), data)
    assert artifacts.files(found.key, found.digest) is None
    bucket.delete(files_key(found.key))
    assert artifacts.files(found.key, found.digest) is None


def test_digests_of_a_newer_penstock_are_not_read_and_never_rewritten(
    artifacts: Artifacts, bucket: Bucket
) -> None:
    found, newer = store(artifacts, "1"), b'{"files": [], "version": 2}'
    key = files_key(found.key)
    bucket.put(key, newer)
    assert artifacts.files(found.key, found.digest) is None
    assert artifacts.intact(found.key, found.digest)
    store(artifacts, "1")
    bucket.put(found.key, b"damaged")
    with pytest.raises(ArtifactMissing):
        artifacts.load(found.key, found.digest)
    store(artifacts, "1")
    assert artifacts.intact(found.key, found.digest)
    kept = bucket.get(key)
    assert kept is not None
    assert kept[0] == newer


def test_what_is_too_large_to_be_an_archive_is_damaged_too(artifacts: Artifacts, bucket: Bucket) -> None:
    found = store(artifacts, "1")
    bucket.put(found.key, bytes(MOST_BYTES + 1))
    bucket.put(files_key(found.key), bytes(MOST_BYTES + 1))
    assert artifacts.files(found.key, found.digest) is None
    assert not artifacts.intact(found.key, found.digest)
    assert store(artifacts, "1") == found
    assert artifacts.files(found.key, found.digest) == packed("1").files


def test_two_who_store_the_same_at_once_both_succeed(artifacts: Artifacts, bucket: Bucket) -> None:
    with ThreadPoolExecutor(4) as pool:
        others = [Artifacts(bucket, Limits()) for _ in range(8)]
        assert len(set(pool.map(lambda one: store(one, "1"), others))) == 1
    found = store(artifacts, "1")
    assert artifacts.files(found.key, found.digest) == packed("1").files


def test_storing_over_damage_makes_it_whole(artifacts: Artifacts, bucket: Bucket) -> None:
    found = store(artifacts, "1")
    bucket.put(found.key, b"damaged")
    bucket.put(files_key(found.key), b"damaged")
    assert store(artifacts, "1") == found
    assert artifacts.intact(found.key, found.digest)
    assert artifacts.files(found.key, found.digest) == packed("1").files


def test_an_archive_beyond_the_limit_is_not_stored(bucket: Bucket) -> None:
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


def test_removing_all_of_a_source_leaves_its_neighbours(artifacts: Artifacts, bucket: Bucket) -> None:
    store(artifacts, "1")
    other = packed("1")
    kept = artifacts.store("GitRepository", "apps", "fleet-2", other.data, other.files)
    assert artifacts.remove_all(*SOURCE) == 1
    assert {entry.key for entry in bucket.list("")} == {kept.key, files_key(kept.key)}


def test_only_so_many_verified_artifacts_are_remembered(artifacts: Artifacts) -> None:
    for number in range(10_001):
        artifacts._remember(str(number), 1)
    assert len(artifacts._verified) == 10_000
