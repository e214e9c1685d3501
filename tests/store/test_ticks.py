"""The record of the last tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Terminal
from penstock.base.selector import MAIN_SHARD, parse_selector
from penstock.store.ticks import Tick, Ticks

if TYPE_CHECKING:
    from penstock.store.bucket import Bucket

SEEN = Tick(at="2026-11-26T03:00:00Z", objects=7, queued=2)


def test_the_last_tick_comes_back_and_replaces_the_one_before(bucket: Bucket) -> None:
    ticks = Ticks(bucket, "uid-1", (), MAIN_SHARD)
    assert ticks.read() is None
    ticks.write(Tick(at="2026-11-26T02:59:00Z"))
    ticks.write(SEEN)
    assert ticks.read() == SEEN
    assert len(bucket.list("ticks/uid-1/")) == 1


def test_each_cluster_and_each_part_that_is_served_has_its_own(bucket: Bucket) -> None:
    Ticks(bucket, "uid-1", ("a", "b"), MAIN_SHARD).write(SEEN)
    assert Ticks(bucket, "uid-1", ("b", "a"), MAIN_SHARD).read() == SEEN
    for identity, namespaces, selector in (
        ("uid-2", ("a", "b"), MAIN_SHARD),
        ("uid-1", (), MAIN_SHARD),
        ("uid-1", ("a", "b"), parse_selector("sharding.fluxcd.io/key in (shard1)")),
    ):
        assert Ticks(bucket, identity, namespaces, selector).read() is None


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"at": 1}', b"[]"])
def test_what_is_no_record_counts_as_none(bucket: Bucket, data: bytes) -> None:
    ticks = Ticks(bucket, "uid-1", (), MAIN_SHARD)
    ticks.write(SEEN)
    (entry,) = bucket.list("ticks/")
    bucket.put(entry.key, data)
    assert ticks.read() is None


def test_an_identity_that_is_none_is_refused(bucket: Bucket) -> None:
    with pytest.raises(Terminal, match="is no UID"):
        Ticks(bucket, "../x", (), MAIN_SHARD)
