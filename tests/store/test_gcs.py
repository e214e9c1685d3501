"""Cloud Storage on its bad days, which a proxy before the emulator makes (threats B-20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.limits import Limits
from penstock.base.location import CloudBucket
from penstock.source.archive import Member, pack
from penstock.store.artifacts import Artifacts
from penstock.store.bucket import BucketFailed, PreconditionFailed

from tests.runtime.processes import ask
from tests.store.cloud import CloudProxy, cloud_bucket, make_place
from tests.store.cloudfaults import answered, flipped, half, reads, without, writes
from tests.support.http_proxy import drop, reset, reset_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.store.gcs import GcsBucket

    from tests.support.http_proxy import Fault, Handler, Seen

DATA = bytes(range(256)) * 4000


@pytest.fixture
def place(gcs_emulator: str) -> CloudBucket:
    return make_place(gcs_emulator)


@pytest.fixture
def bucket(gcs_emulator: str, place: CloudBucket) -> GcsBucket:
    """The bucket as others reach it."""
    return cloud_bucket(gcs_emulator, place)


@pytest.fixture
def proxy(gcs_emulator: str) -> Iterator[CloudProxy]:
    with CloudProxy(gcs_emulator) as started:
        yield started


@pytest.fixture
def bad(proxy: CloudProxy, place: CloudBucket) -> GcsBucket:
    """The same bucket through the proxy."""
    return cloud_bucket(proxy.url, place, timeouts_s=(0.5, 0.5))


@pytest.mark.parametrize("fault", [answered(503), answered(429), answered(500), reset, drop])
def test_what_may_be_asked_twice_is_tried_again(
    bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy, fault: Fault
) -> None:
    generation = bucket.put("a", b"1")
    for attempt in range(3):
        proxy.fail(fault, times=1)
        if attempt == 0:
            assert bad.get("a") == (b"1", generation)
        elif attempt == 1:
            assert [entry.key for entry in bad.list("")] == ["a"]
        else:
            generation = bad.put("a", b"2", if_generation=generation)
            assert bucket.get("a") == (b"2", generation)
        proxy.heal()


@pytest.mark.parametrize("fault", [answered(503), reset, drop])
def test_a_write_that_names_no_generation_and_a_deletion_are_sent_once(
    bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy, fault: Fault
) -> None:
    generation = bucket.put("a", b"1")
    proxy.fail(fault)
    for act in (lambda: bad.put("a", b"2"), lambda: bad.delete("a")):
        proxy.seen.clear()
        with pytest.raises(BucketFailed):
            act()
        assert len(proxy.seen) == 1
    assert bucket.get("a") == (b"1", generation)


def test_who_never_answers_well_is_given_up(bucket: GcsBucket, place: CloudBucket, proxy: CloudProxy) -> None:
    bad = cloud_bucket(proxy.url, place, patience_s=0.3)
    bucket.put("a", b"1")
    proxy.fail(answered(503))
    for act in (lambda: bad.get("a"), lambda: bad.list(""), lambda: bad.put("a", b"2", if_generation=1)):
        with pytest.raises(BucketFailed, match="it answered 503"):
            act()
    assert len(proxy.seen) < 60


@pytest.mark.parametrize(
    ("code", "says"),
    [(403, "storage.objectUser"), (400, "answered 400"), (409, "answered 409")],
)
def test_what_is_refused_is_told_with_its_remedy_and_nothing_else(
    bad: GcsBucket, proxy: CloudProxy, code: int, says: str
) -> None:
    proxy.fail(answered(code))
    for act in (lambda: bad.get("a"), lambda: bad.list(""), lambda: bad.put("a", b"2"), bad.check):
        proxy.seen.clear()
        with pytest.raises(BucketFailed, match=says) as caught:
            act()
        assert "canary" not in str(caught.value)
        assert "127.0.0.1" not in str(caught.value)
        assert len(proxy.seen) == 1


def test_a_body_that_breaks_off_is_read_on_from_there_at_its_own_generation(
    bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy
) -> None:
    generation = bucket.put("a", DATA)
    proxy.fail(half, reads, times=1)
    assert bad.get("a") == (DATA, generation)
    first, second = proxy.seen
    assert f"generation={generation}" not in first.path
    assert f"generation={generation}" in second.path
    assert second.headers["range"].startswith("bytes=")


def test_halves_of_two_objects_never_become_one(bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy) -> None:
    bucket.put("a", DATA)

    def half_and_replaced(handler: Handler, seen: Seen) -> None:
        half(handler, seen)
        bucket.put("a", DATA[::-1])

    proxy.fail(half_and_replaced, reads, times=1)
    with pytest.raises(BucketFailed, match="replaced while it was read"):
        bad.get("a")
    assert bad.get("a") is not None


def test_a_second_half_that_is_wrong_is_noticed(bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy) -> None:
    bucket.put("a", DATA)
    proxy.fail(half, reads, times=1)
    proxy.fail(flipped, reads, times=1)
    with pytest.raises(BucketFailed, match="checksum"):
        bad.get("a")


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (flipped, "checksum"),
        (without("x-goog-hash"), "checksum"),
        (without("x-goog-generation"), "generation"),
    ],
)
def test_what_does_not_match_its_checksum_or_has_no_generation_is_not_given(
    bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy, fault: Fault, says: str
) -> None:
    bucket.put("a", DATA)
    proxy.fail(fault, reads)
    with pytest.raises(BucketFailed, match=says):
        bad.get("a")


@pytest.mark.parametrize("size", [1000, 9 * 1024 * 1024])
def test_an_upload_that_is_damaged_on_the_way_is_not_stored(
    bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy, size: int
) -> None:
    def damaged(handler: Handler, seen: Seen) -> None:
        handler.pass_on(type(seen)(seen.method, seen.path, seen.headers, seen.body.replace(b"x", b"y", 1)))

    proxy.fail(damaged, lambda seen: writes(seen) and len(seen.body) >= size)
    with pytest.raises(BucketFailed):
        bad.put("a", b"x" * size)
    assert bucket.get("a") is None


@pytest.mark.parametrize("size", [1000, 9 * 1024 * 1024])
def test_an_upload_that_breaks_off_leaves_the_old_object(
    bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy, size: int
) -> None:
    generation = bucket.put("a", b"old")
    proxy.fail(reset, lambda seen: writes(seen) and len(seen.body) >= size)
    with pytest.raises(BucketFailed):
        bad.put("a", b"x" * size)
    assert bucket.get("a") == (b"old", generation)


@pytest.mark.parametrize("fault", [answered(503), reset])
def test_a_long_upload_that_breaks_off_once_is_whole_in_the_end(
    bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy, fault: Fault
) -> None:
    data = DATA * 9
    assert len(data) > 8 * 1024 * 1024
    proxy.fail(fault, writes, after=1, times=1)
    generation = bad.put("a", data, if_absent=True)
    assert bucket.get("a") == (data, generation)


def test_a_write_whose_answer_was_lost_is_not_taken_for_somebody_elses_forever(
    bad: GcsBucket, proxy: CloudProxy
) -> None:
    proxy.fail(reset_after, writes, times=1)
    with pytest.raises(PreconditionFailed):
        bad.put("a", b"ours", if_absent=True)
    found = bad.get("a")
    assert found is not None
    assert found[0] == b"ours"
    assert bad.put("a", b"next", if_generation=found[1]) > found[1]


def test_who_read_an_old_version_from_a_cache_overwrites_nothing(
    bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy
) -> None:
    old = bucket.put("a", b"old")
    kept: list[tuple[int, dict[str, str], bytes]] = []

    def cached(handler: Handler, seen: Seen) -> None:
        kept.append(handler.forward(seen)) if not kept else None
        handler.answer(*kept[0])

    proxy.fail(cached, reads)
    assert bad.get("a") == (b"old", old)
    new = bucket.put("a", b"new")
    assert bad.get("a") == (b"old", old)
    with pytest.raises(PreconditionFailed):
        bad.put("a", b"mine", if_generation=old)
    assert bucket.get("a") == (b"new", new)
    proxy.heal()
    assert bad.get("a") == (b"new", new)


def test_a_listing_that_lags_behind_costs_time_and_nothing_else(bad: GcsBucket, proxy: CloudProxy) -> None:
    artifacts, packed = Artifacts(bad, Limits()), pack([Member("a.yaml", b"1")], Limits())
    source = ("GitRepository", "apps", "fleet")
    first = artifacts.store(*source, packed.data, packed.files)

    def empty(handler: Handler, seen: Seen) -> None:
        del seen
        handler.answer(200, {"Content-Type": "application/json"}, b'{"kind": "storage#objects"}')

    proxy.fail(empty, lambda seen: seen.method == "GET" and "prefix=" in seen.path)
    assert not artifacts.intact(first.key, first.digest)
    assert artifacts.store(*source, packed.data, packed.files) == first
    assert artifacts.load(first.key, first.digest) == packed.data
    proxy.heal()
    assert artifacts.intact(first.key, first.digest)


def test_objects_are_told_not_to_be_cached(bucket: GcsBucket, place: CloudBucket, gcs_emulator: str) -> None:
    bucket.put("a", b"1")
    assert ask(gcs_emulator, f"/storage/v1/b/{place.name}/o/a", method="GET")[1]["cacheControl"] == "no-store"


def test_a_bucket_that_does_not_exist_is_not_an_empty_one(gcs_emulator: str) -> None:
    nowhere = cloud_bucket(gcs_emulator, CloudBucket("nowhere"))
    for act in (lambda: nowhere.list(""), lambda: nowhere.put("a", b"1"), nowhere.check):
        with pytest.raises(BucketFailed, match="does not exist"):
            act()
    assert nowhere.get("a") is None


def test_two_prefixes_of_one_bucket_do_not_see_each_other(gcs_emulator: str, place: CloudBucket) -> None:
    one, other = (
        cloud_bucket(gcs_emulator, CloudBucket(place.name, prefix)) for prefix in ("one/", "one/more/")
    )
    other.put("a", b"1")
    assert one.get("a") is None
    assert [entry.key for entry in one.list("")] == ["more/a"]
    assert [entry.key for entry in other.list("")] == ["a"]


def test_objects_whose_names_are_none_of_ours_are_left_alone(
    bucket: GcsBucket, place: CloudBucket, gcs_emulator: str
) -> None:
    for name in ("x%2F", "x%2F..%2Fy", "x%20y", "%C3%A9"):
        path = f"/upload/storage/v1/b/{place.name}/o?uploadType=media&name={name}"
        assert ask(gcs_emulator, path, b"1")[0] == 200
    bucket.put("x/a", b"1")
    assert [entry.key for entry in bucket.list("")] == ["x/a"]


def test_a_listing_is_read_page_by_page(bucket: GcsBucket, bad: GcsBucket, proxy: CloudProxy) -> None:
    for number in range(15):
        bucket.put(str(number), b"1")
    proxy.fail(answered(503), lambda seen: "pageToken" in seen.path, times=1)
    assert len(bad.list("")) == 15
    assert len(proxy.seen) == 4
