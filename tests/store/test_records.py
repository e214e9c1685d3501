"""Records of looks (threats B-21, B-30, B-35)."""

import msgspec
import pytest
from penstock.api.refs import git_repository
from penstock.api.work import Outcome
from penstock.base.errors import Terminal
from penstock.store.bucket import Bucket, PreconditionFailed
from penstock.store.records import NewerRecord, Record, Records

from tests.fakes.bucket import MemoryBucket
from tests.store.cloud import MOST_BYTES

REF = git_repository("apps", "fleet")
KEY = "records/uid-1/GitRepository/apps/fleet.json"
RECORD = Record(
    checked_at="2026-08-21T12:00:00Z", ok=False, outcome=Outcome(False, "no", "Bad"), failures=2, generation=7
)


def test_a_record_comes_back_as_it_was_written(bucket: Bucket) -> None:
    records = Records(bucket, "uid-1")
    records.write(REF, RECORD)
    assert records.read(REF) == RECORD
    assert bucket.list("records/")[0].key == KEY
    records.delete(REF)
    assert records.read(REF) is None


@pytest.mark.parametrize("length", [1, 63, 248, 249, 250, 253])
def test_every_name_that_kubernetes_allows_has_a_record_of_its_own(bucket: Bucket, length: int) -> None:
    records = Records(bucket, "uid-1")
    for last in "ab":
        ref = git_repository("n" * 63, "n" * (length - 1) + last)
        records.write(ref, msgspec.structs.replace(RECORD, checked_at=last))
    for last in "ab":
        found = records.read(git_repository("n" * 63, "n" * (length - 1) + last))
        assert found is not None
        assert found.checked_at == last


def test_another_cluster_has_other_records(bucket: Bucket) -> None:
    Records(bucket, "uid-1").write(REF, RECORD)
    assert Records(bucket, "uid-2").read(REF) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"checked_at": 1, "ok": true}',
        b"\xff",
        b'{"checked_at":"","ok":true,"failures":-1}',
    ],
)
def test_a_damaged_record_counts_as_lost_and_is_replaced(bucket: Bucket, data: bytes) -> None:
    bucket.put(KEY, data)
    records = Records(bucket, "uid-1")
    assert records.read(REF) is None
    records.write(REF, RECORD)
    assert records.read(REF) == RECORD


def test_a_record_of_a_newer_version_is_refused_and_left_as_it_is(bucket: Bucket) -> None:
    bucket.put(KEY, b'{"version": 2, "something": "new"}')
    records = Records(bucket, "uid-1")
    with pytest.raises(NewerRecord, match="upgrade"):
        records.read(REF)
    with pytest.raises(NewerRecord, match="upgrade"):
        records.write(REF, RECORD)
    found = bucket.get(KEY)
    assert found is not None
    assert found[0] == b'{"version": 2, "something": "new"}'


class Overtaken(MemoryBucket):
    """Somebody else writes between our reading and our writing, as often as they have something to write."""

    def __init__(self, *others: bytes) -> None:
        super().__init__()
        self._others = list(others)

    def get(self, key: str) -> tuple[bytes, int] | None:
        found = super().get(key)
        if self._others:
            super().put(key, self._others.pop(0))
        return found


def test_a_record_that_was_written_in_between_is_read_before_it_is_replaced() -> None:
    other = msgspec.json.encode(msgspec.structs.replace(RECORD, generation=8))
    bucket = Overtaken(other, other)
    Records(bucket, "uid-1").write(REF, RECORD)
    assert Records(bucket, "uid-1").read(REF) == RECORD


def test_a_newer_penstock_that_writes_in_between_is_not_overwritten() -> None:
    newer = b'{"version": 2}'
    bucket = Overtaken(newer)
    with pytest.raises(NewerRecord):
        Records(bucket, "uid-1").write(REF, RECORD)
    assert [data for data, _ in bucket._objects.values()] == [newer]


def test_a_record_that_others_write_without_end_is_given_up() -> None:
    other = msgspec.json.encode(RECORD)
    with pytest.raises(PreconditionFailed):
        Records(Overtaken(*[other] * 9), "uid-1").write(REF, RECORD)


def test_what_is_too_large_to_be_a_record_counts_as_lost(bucket: Bucket) -> None:
    bucket.put(KEY, bytes(MOST_BYTES + 1))
    records = Records(bucket, "uid-1")
    assert records.read(REF) is None
    records.write(REF, RECORD)
    assert records.read(REF) == RECORD


@pytest.mark.parametrize("identity", ["", "../x", "a/b", "a" * 200])
def test_an_identity_that_is_no_uid_is_refused(bucket: Bucket, identity: str) -> None:
    with pytest.raises(Terminal):
        Records(bucket, identity)


def test_records_follow_the_cluster_that_is_there(bucket: Bucket) -> None:
    there = ["uid-1"]
    records = Records(bucket, lambda: there[0])
    records.write(REF, RECORD)
    there[0] = "uid-2"
    assert records.read(REF) is None
    there[0] = "uid-1"
    assert records.read(REF) == RECORD
