from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from penstock.api.awaited import Awaited
from penstock.api.work import Function, Hint, WorkItem
from penstock.base.errors import Transient

from tests.queue.folders import apply, claimed, opened

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.queue.folder import FolderQueue

    from tests.fakes.clock import FakeClock


def test_items_come_out_in_the_order_they_came_in(queue: FolderQueue) -> None:
    items = [apply("c"), apply("a"), WorkItem(Function.FETCH, hint=Hint(("u",), "r")), apply("b")]
    for item in items:
        queue.put(item)
    assert [claimed(queue).item for _ in items] == items
    assert queue.claim() is None


def test_items_of_one_key_become_one_and_the_newest_content_stays(queue: FolderQueue) -> None:
    queue.put(apply("a"))
    queue.put(apply("b"))
    for n in range(50):
        queue.put(apply("a", "requested", str(n)))
    assert queue.counts() == (2, 0, 0)
    assert claimed(queue).item == apply("a", "requested", "49")


def test_what_a_waiting_item_waits_for_is_waited_for_by_whatever_replaces_it(queue: FolderQueue) -> None:
    one, two = (Awaited("Kustomization", "apps", name, 1) for name in "xy")
    queue.put(msgspec.structs.replace(apply("a", "changed"), awaits=(one,)))
    queue.put(apply("a", "interval"))
    queue.put(msgspec.structs.replace(apply("a", "asked"), awaits=(two,)))
    assert claimed(queue).item == msgspec.structs.replace(apply("a", "asked"), awaits=(one, two))


def test_what_is_put_while_its_key_is_worked_on_runs_afterwards_and_not_at_once(queue: FolderQueue) -> None:
    queue.put(apply("a"))
    first = claimed(queue)
    queue.put(apply("a"))
    assert queue.claim() is None
    queue.done(first)
    second = claimed(queue)
    queue.done(second)
    assert queue.claim() is None
    assert queue.counts() == (0, 0, 0)


def test_a_failed_item_rests_and_comes_again_with_its_count(queue: FolderQueue, clock: FakeClock) -> None:
    queue.put(apply("a"))
    assert queue.retry(claimed(queue), 30, "no answer")
    assert queue.claim() is None
    clock.move(30)
    assert claimed(queue).attempt == 2


def test_after_the_last_try_it_is_parked_with_the_reason(tmp_path: Path, queue: FolderQueue) -> None:
    queue.put(apply("a"))
    assert queue.retry(claimed(queue), 0, "first")
    assert queue.retry(claimed(queue), 0, "second")
    assert not queue.retry(claimed(queue), 0, "no answer")
    assert queue.counts() == (0, 0, 1)
    (file,) = (tmp_path / "queue" / "dead").iterdir()
    parked = json.loads(file.read_text())
    assert parked["reason"] == "no answer"
    assert parked["attempts"] == 3
    assert parked["item"]["name"] == "a"
    assert parked["parked_at"] == "2030-01-01T12:00:00Z"


def test_a_parked_item_does_not_keep_the_next_one_from_running(queue: FolderQueue) -> None:
    queue.put(apply("a"))
    queue.park(claimed(queue), "poison")
    queue.put(apply("a"))
    assert claimed(queue).attempt == 1


def test_a_try_that_does_not_count_is_never_the_last(queue: FolderQueue) -> None:
    queue.put(apply("a"))
    for _ in range(20):
        assert queue.retry(claimed(queue), 0, "busy", counted=False)
    assert claimed(queue).attempt == 1


def test_news_about_a_resting_item_wakes_it_and_forgets_its_failures(
    queue: FolderQueue, clock: FakeClock
) -> None:
    queue.put(apply("a"))
    queue.retry(claimed(queue), 300, "no answer")
    queue.put(apply("a", "new artifact", "main@sha1:b"))
    found = claimed(queue)
    assert (found.attempt, found.item.token) == (1, "main@sha1:b")
    clock.move(300)
    assert queue.claim() is None


def test_the_same_news_again_lets_it_rest(queue: FolderQueue, clock: FakeClock) -> None:
    queue.put(apply("a"))
    queue.retry(claimed(queue), 300, "no answer")
    queue.put(apply("a"))
    assert queue.claim() is None
    clock.move(300)
    assert claimed(queue).attempt == 2


def test_news_during_a_try_that_fails_stand_for_the_failed_item(queue: FolderQueue) -> None:
    queue.put(apply("a"))
    first = claimed(queue)
    queue.put(apply("a", "new artifact", "main@sha1:b"))
    queue.retry(first, 300, "no answer")
    assert claimed(queue).item.token == "main@sha1:b"
    assert queue.counts() == (0, 1, 0)


def test_a_full_queue_says_so_and_still_joins(tmp_path: Path) -> None:
    queue = opened(tmp_path, items=2)
    queue.put(apply("a"))
    queue.put(apply("b"))
    queue.put(apply("a", "requested", "x"))
    with pytest.raises(Transient, match=r"full: 2 items wait \(PENSTOCK_LIMIT_QUEUE_ITEMS\)"):
        queue.put(apply("c"))


def test_a_clock_that_is_set_back_delays_nothing_for_long(queue: FolderQueue, clock: FakeClock) -> None:
    queue.put(apply("a"))
    queue.retry(claimed(queue), 300, "no answer")
    clock.set_back(86_400)
    assert claimed(queue).attempt == 2
