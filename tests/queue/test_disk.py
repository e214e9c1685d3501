"""The queue's folder on a disk in trouble: nothing is lost, nothing half, nothing stuck (threats B-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Transient

from tests.fixtures_disk import TROUBLES
from tests.queue.folders import apply, claimed, opened

if TYPE_CHECKING:
    from tests.fixtures_disk import Disk


_RUNNING = pytest.mark.parametrize("trouble", ["full", "out of names"], indirect=True)
"""What can happen to a queue at work: while it holds its lock's file open, no disk becomes read-only."""


@_RUNNING
def test_an_item_that_cannot_be_kept_is_refused_and_all_others_stay(disk: Disk, trouble: str) -> None:
    root = disk.path / "queue"
    queue = opened(root)
    queue.put(apply("waits"))
    before = disk.names()
    with disk.in_trouble(trouble):
        with pytest.raises(Transient, match=f"{root} cannot be used: {TROUBLES[trouble]}"):
            queue.put(apply("new"))
        assert {name for name in disk.names() if not name.startswith("ballast/")} == before
    queue.put(apply("new"))
    assert [claimed(queue).item, claimed(queue).item] == [apply("waits"), apply("new")]


@_RUNNING
def test_an_item_that_cannot_be_given_back_stays_claimed_until_it_can(disk: Disk, trouble: str) -> None:
    queue = opened(disk.path / "queue")
    queue.put(apply("a"))
    taken = claimed(queue)
    with disk.in_trouble(trouble), pytest.raises(Transient):
        queue.retry(taken, 0.0, "no answer")
    assert queue.counts() == (0, 1, 0)
    assert queue.retry(taken, 0.0, "no answer")
    assert claimed(queue).attempt == 2


def test_work_that_is_done_is_done_on_a_full_disk_too(disk: Disk) -> None:
    queue = opened(disk.path / "queue")
    for name in ("a", "b"):
        queue.put(apply(name))
    with disk.in_trouble("full"):
        queue.done(claimed(queue))
        queue.done(claimed(queue))
        assert queue.counts() == (0, 0, 0)


def test_a_queue_that_cannot_be_opened_is_told_and_opened_later(disk: Disk, trouble: str) -> None:
    root = disk.path / "queue"
    if trouble != "full":
        with disk.in_trouble(trouble), pytest.raises(Transient, match=TROUBLES[trouble]):
            opened(root)
    queue = opened(root)
    queue.put(apply("a"))
    queue.close()
    with disk.in_trouble(trouble), pytest.raises(Transient, match=TROUBLES[trouble]):
        opened(root).put(apply("b"))
    assert opened(root).counts()[0] == 1
