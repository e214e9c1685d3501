"""A queue that several share: restarts, processes that died, threads."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from penstock.base.clock import SystemClock

from tests.queue.folders import apply, claimed, opened

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.queue.folder import FolderQueue

    from tests.fakes.clock import FakeClock


def test_what_waits_is_there_after_a_restart(tmp_path: Path) -> None:
    first = opened(tmp_path)
    for name in "abc":
        first.put(apply(name))
    first.close()
    second = opened(tmp_path)
    assert [claimed(second).item.name for _ in "abc"] == ["a", "b", "c"]


def test_what_was_claimed_by_one_who_left_is_taken_again_and_the_try_counts(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.put(apply("a"))
    claimed(first)
    first.close()
    second = opened(tmp_path)
    assert claimed(second).attempt == 2


def test_an_item_whose_every_try_ends_with_the_process_is_parked(tmp_path: Path) -> None:
    opened(tmp_path).put(apply("a"))
    for _ in range(3):
        queue = opened(tmp_path)
        claimed(queue)
        queue.close()
    last = opened(tmp_path)
    assert last.claim() is None
    assert last.counts() == (0, 0, 1)


def test_what_a_living_process_has_claimed_is_left_to_it(tmp_path: Path, clock: FakeClock) -> None:
    first, second = opened(tmp_path, clock), opened(tmp_path, clock)
    first.put(apply("a"))
    mine = claimed(first)
    clock.move(3600)
    assert second.claim() is None
    first.done(mine)
    assert second.counts() == (0, 0, 0)


def test_two_on_one_folder_see_each_others_items(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    first.put(apply("a"))
    second.put(apply("a", "requested", "x"))
    second.put(apply("b"))
    assert claimed(first).item.token == "x"
    assert claimed(second).item.name == "b"


def test_an_orphan_gives_way_to_what_was_put_after_it(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.put(apply("a"))
    claimed(first)
    first.put(apply("a", "requested", "x"))
    first.close()
    second = opened(tmp_path)
    assert claimed(second).item.token == "x"
    assert second.counts() == (0, 1, 0)


def test_waiting_ends_with_the_next_put(tmp_path: Path) -> None:
    queue = opened(tmp_path, SystemClock())
    waited = threading.Thread(target=queue.wait, args=(60,))
    waited.start()
    queue.put(apply("a"))
    waited.join(30)
    assert not waited.is_alive()


def test_waiting_sees_what_another_process_puts(tmp_path: Path) -> None:
    queue, other = opened(tmp_path, SystemClock()), opened(tmp_path, SystemClock())
    waited = threading.Thread(target=queue.wait, args=(60,))
    waited.start()
    other.put(apply("a"))
    waited.join(30)
    assert not waited.is_alive()


def test_waiting_ends_when_woken(tmp_path: Path) -> None:
    queue = opened(tmp_path, SystemClock())
    waited = threading.Thread(target=queue.wait, args=(60,))
    waited.start()
    queue.wake()
    waited.join(30)
    assert not waited.is_alive()


def test_waiting_does_not_wait_when_there_is_work(queue: FolderQueue) -> None:
    queue.put(apply("a"))
    queue.wait(3600)


def test_many_threads_lose_nothing_and_never_work_on_one_key_at_once(tmp_path: Path) -> None:
    queue = opened(tmp_path, SystemClock(), attempts=100)
    done: Counter[str] = Counter()
    busy: set[str] = set()
    overlaps: list[str] = []
    lock = threading.Lock()
    finished = threading.Event()

    def work() -> None:
        while not finished.is_set() or queue.counts()[0]:
            mine = queue.claim()
            if mine is None:
                queue.wait(0.05)
                continue
            name = mine.item.name
            with lock:
                overlaps.extend({name} & busy)
                busy.add(name)
            with lock:
                busy.discard(name)
                done[mine.item.token] += 1
            queue.done(mine)

    def put(thread: int) -> None:
        for n in range(25):
            queue.put(apply(f"k{n % 5}", token=f"{thread}-{n}"))

    workers = [threading.Thread(target=work) for _ in range(4)]
    putters = [threading.Thread(target=put, args=(n,)) for n in range(3)]
    for thread in (*workers, *putters):
        thread.start()
    for thread in putters:
        thread.join()
    finished.set()
    for thread in workers:
        thread.join()
    assert overlaps == []
    assert set(done.values()) == {1}
    assert queue.counts() == (0, 0, 0)


def test_a_process_of_this_folder_that_is_dead_is_known_to_be_and_no_other_one(tmp_path: Path) -> None:
    """What it claimed elsewhere is free at once; of a process on another folder nobody here can tell."""
    one, two, other = opened(tmp_path / "q"), opened(tmp_path / "q"), opened(tmp_path / "other")
    names = [queue.member for queue in (one, two, other)]
    assert len(set(names)) == 3
    assert [one.gone(name) for name in names] == [False, False, False]
    two.close()
    other.close()
    assert [one.gone(name) for name in names] == [False, True, False]
    again = opened(tmp_path / "q")
    assert again.gone(names[1])
    folder = names[0].partition(".")[0]
    for strange in ("", "host", folder, f"{folder}.", f"{folder}.../../id", f"{folder}.{'z' * 32}"):
        assert not one.gone(strange)
