"""Baselines of full passes (threats B-30, B-35): what cannot be used only means another full pass."""

import msgspec
import pytest
from penstock.api.refs import kustomization
from penstock.store.baselines import Baseline, Baselines, Standing
from penstock.store.bucket import Bucket

from tests.fakes.bucket import MemoryBucket
from tests.store.cloud import MOST_BYTES

REF = kustomization("apps", "fleet")
KEY = "baselines/uid-1/Kustomization/apps/fleet.json"
BASELINE = Baseline(
    at="2026-08-21T12:00:00Z",
    key="k",
    closure="c",
    files_read=("a.yaml",),
    absent=("kustomization.yml",),
    listed=("",),
    directories=("apps",),
    build_digest="sha256:0",
    objects=(Standing("", "v1", "ConfigMap", "apps", "a", "mark"),),
)


def test_a_baseline_comes_back_as_it_was_written(bucket: Bucket) -> None:
    baselines = Baselines(bucket, "uid-1")
    baselines.write(REF, BASELINE)
    assert baselines.read(REF) == BASELINE
    assert bucket.list("baselines/")[0].key == KEY
    other = msgspec.structs.replace(BASELINE, at="2026-08-21T13:00:00Z")
    baselines.write(REF, other)
    assert baselines.read(REF) == other
    baselines.delete(REF)
    assert baselines.read(REF) is None


def test_another_cluster_has_other_baselines(bucket: Bucket) -> None:
    Baselines(bucket, "uid-1").write(REF, BASELINE)
    assert Baselines(bucket, "uid-2").read(REF) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"at": 1}',
        b"\xff",
        msgspec.json.encode(BASELINE)[:-2],
        b"x" * (MOST_BYTES + 1),
    ],
)
def test_a_damaged_baseline_counts_as_lost_and_is_replaced(bucket: Bucket, data: bytes) -> None:
    bucket.put(KEY, data)
    baselines = Baselines(bucket, "uid-1")
    assert baselines.read(REF) is None
    baselines.write(REF, BASELINE)
    assert baselines.read(REF) == BASELINE


def test_one_of_a_newer_penstock_is_neither_used_nor_replaced(bucket: Bucket) -> None:
    newer = msgspec.json.encode(msgspec.structs.replace(BASELINE, version=2))
    bucket.put(KEY, newer)
    baselines = Baselines(bucket, "uid-1")
    assert baselines.read(REF) is None
    baselines.write(REF, BASELINE)
    found = bucket.get(KEY)
    assert found is not None
    assert found[0] == newer


def test_what_somebody_wrote_in_between_stays() -> None:
    class Busy(MemoryBucket):
        def put(self, key: str, data: bytes, **how: object) -> int:
            if how.get("if_generation") is not None:
                super().put(key, b"theirs")
            return super().put(key, data, **how)  # type: ignore[arg-type] # as they were given

    bucket = Busy()
    Baselines(bucket, "uid-1").write(REF, BASELINE)
    assert (bucket.get(KEY) or (b"",))[0] == b"theirs"
