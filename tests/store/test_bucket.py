"""What every bucket does: a folder, and Cloud Storage behind an emulator (threats A-30, B-20)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from penstock.store.bucket import InvalidKey, PreconditionFailed, TooLarge

from tests.store.cloud import MOST_BYTES

if TYPE_CHECKING:
    from penstock.store.bucket import Bucket


def test_what_was_put_is_what_is_got(bucket: Bucket) -> None:
    generation = bucket.put("a/b.json", b"1")
    assert bucket.get("a/b.json") == (b"1", generation)
    assert [entry.key for entry in bucket.list("")] == ["a/b.json"]


def test_an_object_that_is_not_there_is_none(bucket: Bucket) -> None:
    bucket.put("a/b", b"1")
    assert [bucket.get(key) for key in ("x", "a", "a/b/c")] == [None, None, None]


def test_every_write_of_a_key_has_a_higher_generation(bucket: Bucket) -> None:
    generations = [bucket.put("a", b"same") for _ in range(20)]
    assert generations == sorted(set(generations))


def test_an_object_that_must_be_absent_is_not_replaced(bucket: Bucket) -> None:
    bucket.put("a", b"1", if_absent=True)
    with pytest.raises(PreconditionFailed):
        bucket.put("a", b"2", if_absent=True)
    assert bucket.get("a") is not None
    assert bucket.get("a")[0] == b"1"  # type: ignore[index] # asserted the line before


def test_an_object_is_only_replaced_at_the_generation_that_was_read(bucket: Bucket) -> None:
    first = bucket.put("a", b"1")
    second = bucket.put("a", b"2", if_generation=first)
    with pytest.raises(PreconditionFailed):
        bucket.put("a", b"3", if_generation=first)
    with pytest.raises(PreconditionFailed):
        bucket.put("b", b"3", if_generation=first)
    assert bucket.get("a") == (b"2", second)


def test_a_listing_has_all_keys_of_a_prefix_in_order_with_their_sizes(bucket: Bucket) -> None:
    for key in ("x/b", "x/a/c", "xy", "z"):
        bucket.put(key, key.encode())
    assert [entry.key for entry in bucket.list("x")] == ["x/a/c", "x/b", "xy"]
    assert [entry.key for entry in bucket.list("x/")] == ["x/a/c", "x/b"]
    assert [entry.key for entry in bucket.list("")] == ["x/a/c", "x/b", "xy", "z"]
    assert bucket.list("nothing/here/") == ()
    entry = bucket.list("x/b")[0]
    assert entry.size == 3
    assert (b"x/b", entry.generation) == bucket.get("x/b")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "../a",
        "a/../b",
        ".aside/x",
        ".lock",
        "a/.b",
        "a\\b",
        "a b",
        "a\0",
        "é",
        "a" * 300,
    ],
)
def test_a_key_that_could_leave_the_bucket_or_confuse_it_is_refused(bucket: Bucket, key: str) -> None:
    for action in (bucket.get, bucket.delete, bucket.url, lambda key: bucket.put(key, b"")):
        with pytest.raises(InvalidKey):
            action(key)


def test_threads_lose_no_update(bucket: Bucket) -> None:
    bucket.put("n", b"0")

    def add() -> None:
        for _ in range(10):
            while True:
                found = bucket.get("n")
                assert found is not None
                try:
                    bucket.put("n", str(int(found[0]) + 1).encode(), if_generation=found[1])
                    break
                except PreconditionFailed:
                    continue

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = bucket.get("n")
    assert found is not None
    assert found[0] == b"40"


def test_whoever_expects_no_object_creates_it_once(bucket: Bucket) -> None:
    first = bucket.put("a", b"1", if_generation=0)
    with pytest.raises(PreconditionFailed):
        bucket.put("a", b"2", if_generation=0)
    bucket.delete("a")
    assert bucket.put("a", b"3", if_absent=True) > first


def test_of_many_at_once_exactly_one_creates_an_object(bucket: Bucket) -> None:
    def create(n: int) -> bool:
        try:
            bucket.put("a", str(n).encode(), if_absent=True)
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 1


def test_of_many_at_once_exactly_one_replaces_a_generation(bucket: Bucket) -> None:
    generation = bucket.put("a", b"old")

    def replace(n: int) -> bool:
        try:
            bucket.put("a", str(n).encode(), if_generation=generation)
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(replace, range(16))) == 1


@pytest.mark.parametrize("size", [0, 1, 300_000, 9 * 1024 * 1024])
def test_objects_of_every_size_come_back_whole(bucket: Bucket, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    generation = bucket.put("a", data, if_absent=True)
    assert bucket.get("a") == (data, generation)
    assert bucket.list("a")[0].size == size


def test_what_cannot_be_one_of_ours_is_not_read_into_memory(bucket: Bucket) -> None:
    bucket.put("a", bytes(MOST_BYTES))
    bucket.put("b", bytes(MOST_BYTES + 1))
    assert bucket.get("a") is not None
    with pytest.raises(TooLarge, match="PENSTOCK_LIMIT_BUCKET_OBJECT_BYTES"):
        bucket.get("b")


def test_deleting_may_be_repeated(bucket: Bucket) -> None:
    bucket.put("a", b"1")
    bucket.delete("a")
    bucket.delete("a")
    assert bucket.get("a") is None
    assert bucket.list("") == ()


def test_a_listing_says_when_an_object_was_written(bucket: Bucket) -> None:
    bucket.put("a", b"1")
    assert abs(datetime.now(UTC) - bucket.list("a")[0].updated) < timedelta(minutes=5)


def test_a_long_listing_has_everything_once(bucket: Bucket) -> None:
    keys = sorted(f"x/{number}" for number in range(25))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: bucket.put(key, b"1"), keys))
    assert [entry.key for entry in bucket.list("x/")] == keys


def test_a_bucket_that_works_can_be_checked(bucket: Bucket) -> None:
    bucket.check()
    bucket.put("a", b"1")
    bucket.check()
