"""Run records (promise C-26; threats B-30, B-35)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from penstock.api.refs import kustomization
from penstock.base.errors import Terminal
from penstock.store.bucket import PreconditionFailed
from penstock.store.records import Applied
from penstock.store.runs import NewerRun, RunChange, RunRecord, Runs

from tests.fakes.bucket import MemoryBucket
from tests.store.cloud import MOST_BYTES

if TYPE_CHECKING:
    from penstock.store.bucket import Bucket

REF = kustomization("flux-system", "apps")
NOW = datetime(2030, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
FOLDER = "runs/uid-1/Kustomization/flux-system/apps"
CREATED = RunChange("x_a__ConfigMap", "v1", "created")
DELETED = RunChange("x_b__ConfigMap", "v1", "deleted")
RUN = RunRecord(
    started_at="2030-01-02T03:04:01.000000Z",
    ended_at="2030-01-02T03:04:05.000000Z",
    ok=True,
    reason="ReconciliationSucceeded",
    message="Applied revision: main@sha1:b",
    revision="main@sha1:b",
    artifact="gitrepository/flux-system/fleet/b.tar.gz",
    digest="sha256:b",
    build_digest="sha256:c",
    before=Applied("main@sha1:a", "gitrepository/flux-system/fleet/a.tar.gz", "sha256:a", 2),
    changes=(CREATED,),
)
DELETING = msgspec.structs.replace(RUN, changes=(CREATED, DELETED))


def _runs(bucket: Bucket, keep_count: int = 100) -> Runs:
    numbers = itertools.count(1)
    return Runs(bucket, "uid-1", keep_count=keep_count, token=lambda: f"{next(numbers):08x}")


def test_a_run_comes_back_as_it_was_written(bucket: Bucket) -> None:
    runs = _runs(bucket)
    assert runs.write(REF, RUN, NOW) == "20300102T030405.000678Z-00000001"
    assert [entry.key for entry in bucket.list("runs/")] == [
        f"{FOLDER}/20300102T030405.000678Z-00000001.json"
    ]
    assert runs.read(REF, "20300102T030405.000678Z-00000001") == RUN
    assert _runs(bucket).ids(kustomization("flux-system", "app")) == ()
    assert Runs(bucket, "uid-2").ids(REF) == ()


def test_a_run_that_is_there_is_never_written_again(bucket: Bucket) -> None:
    Runs(bucket, "uid-1", token=lambda: "0" * 8).write(REF, RUN, NOW)
    changed = msgspec.structs.replace(RUN, message="something else")
    with pytest.raises(PreconditionFailed):
        Runs(bucket, "uid-1", token=lambda: "0" * 8).write(REF, changed, NOW)
    assert Runs(bucket, "uid-1").read(REF, f"20300102T030405.000678Z-{'0' * 8}") == RUN


def test_a_run_whose_first_answer_was_lost_is_written() -> None:
    class Twice(MemoryBucket):
        """Sends a write a second time because the answer to the first one did not arrive."""

        def put(
            self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None
        ) -> int:
            super().put(key, data, if_absent=if_absent, if_generation=if_generation)
            return super().put(key, data, if_absent=if_absent, if_generation=if_generation)

    runs = Runs(Twice(), "uid-1")
    assert runs.read(REF, runs.write(REF, RUN, NOW)) == RUN


def test_the_newest_come_first_and_those_that_deleted_can_be_told(bucket: Bucket) -> None:
    runs = _runs(bucket)
    for minute, run in enumerate([RUN, DELETING, RUN]):
        runs.write(REF, run, NOW + timedelta(minutes=minute))
    assert [name[9:15] for name, _ in runs.newest(REF)] == ["030605", "030505", "030405"]
    ((name, run),) = runs.newest(REF, deleting=True)
    assert name == "20300102T030505.000678Z-00000002-deletes"
    assert run.deleted == (DELETED,)


def test_old_ones_are_collected_and_those_that_deleted_are_kept_longer(bucket: Bucket) -> None:
    runs = _runs(bucket, keep_count=3)
    for minute in range(20):
        run = DELETING if minute % 5 == 0 else RUN
        runs.write(REF, run, NOW + timedelta(minutes=minute))
    minutes = [int(name[11:13]) - 4 for name in runs.ids(REF)]
    assert minutes == [19, 18, 17, 15, 10, 5]


def test_of_an_object_that_is_gone_only_the_newest_stay(bucket: Bucket) -> None:
    runs = _runs(bucket)
    for minute in range(5):
        runs.write(REF, RUN, NOW + timedelta(minutes=minute))
    runs.forget(REF, keep=2)
    assert [name[11:13] for name in runs.ids(REF)] == ["08", "07"]
    runs.forget(REF)
    assert bucket.list("runs/") == ()


def test_what_is_no_run_record_is_left_alone(bucket: Bucket) -> None:
    runs = _runs(bucket, keep_count=1)
    for name in ("README.json", "20300102T030405.000678Z-zzzzzzzz.json"):
        bucket.put(f"{FOLDER}/{name}", b"?")
    for minute in range(3):
        runs.write(REF, RUN, NOW + timedelta(minutes=minute))
    assert len(bucket.list("runs/")) == 3
    assert runs.read(REF, "../../../records/x") is None


@pytest.mark.parametrize("data", [b"", b"[]", b'{"ok": 1}', b"\xff", b"x" * (MOST_BYTES + 1)], ids=range(5))
def test_a_damaged_run_is_passed_over(bucket: Bucket, data: bytes) -> None:
    runs = _runs(bucket)
    bucket.put(f"{FOLDER}/20310102T030405.000678Z-00000009.json", data)
    runs.write(REF, RUN, NOW)
    assert [run for _, run in runs.newest(REF)] == [RUN]


def test_a_run_of_a_newer_version_is_refused(bucket: Bucket) -> None:
    bucket.put(f"{FOLDER}/20310102T030405.000678Z-00000009.json", b'{"version": 2}')
    with pytest.raises(NewerRun, match="upgrade"):
        list(_runs(bucket).newest(REF))


def test_an_identity_that_is_no_uid_is_refused(bucket: Bucket) -> None:
    with pytest.raises(Terminal):
        Runs(bucket, "../x")
