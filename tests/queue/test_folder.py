from __future__ import annotations

import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from penstock.api.work import Function, Hint, WorkItem
from penstock.base.clock import SystemClock
from penstock.base.errors import Transient
from penstock.queue.folder import Claimed, FolderQueue

from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def opened(root: Path, clock: Any = None, *, items: int = 1000, attempts: int = 3) -> FolderQueue:
    return FolderQueue(root, clock=clock or FakeClock(), most_items=items, most_attempts=attempts)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def queue(tmp_path: Path, clock: FakeClock) -> Iterator[FolderQueue]:
    queue = opened(tmp_path / "queue", clock)
    yield queue
    queue.close()


def apply(name: str, reason: str = "interval", token: str = "") -> WorkItem:
    return WorkItem(Function.APPLY, "Kustomization", "apps", name, reason, token)


def claimed(queue: FolderQueue) -> Claimed:
    found = queue.claim()
    assert found is not None
    return found


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
    with pytest.raises(Transient, match="full"):
        queue.put(apply("c"))


def test_a_clock_that_is_set_back_delays_nothing_for_long(queue: FolderQueue, clock: FakeClock) -> None:
    queue.put(apply("a"))
    queue.retry(claimed(queue), 300, "no answer")
    clock.set_back(86_400)
    assert claimed(queue).attempt == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"item": 7}',
        b'{"item": {"function": "x"}}',
        b'{"item":{},"version":9}',
    ],
)
def test_a_file_that_cannot_be_read_is_parked_as_it_is_and_stops_nothing(
    tmp_path: Path, content: bytes
) -> None:
    queue = opened(tmp_path)
    queue.put(apply("a"))
    queue.put(apply("b"))
    (tmp_path / "pending" / sorted(p.name for p in (tmp_path / "pending").iterdir())[0]).write_bytes(content)
    assert claimed(queue).item == apply("b")
    (dead,) = (tmp_path / "dead").iterdir()
    assert dead.read_bytes() == content


def test_a_put_replaces_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    queue = opened(tmp_path)
    queue.put(apply("a"))
    (file,) = (tmp_path / "pending").iterdir()
    file.write_bytes(b"{")
    queue.put(apply("a"))
    assert claimed(queue).item == apply("a")


def test_a_claimed_file_that_cannot_be_read_is_parked_when_its_owner_is_gone(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.put(apply("a"))
    claimed(first)
    (file,) = (tmp_path / "claimed").iterdir()
    file.write_bytes(b"{")
    first.close()
    second = opened(tmp_path)
    assert second.claim() is None
    assert second.counts() == (0, 0, 1)
    second.put(apply("a"))
    assert claimed(second).item == apply("a")


def test_the_latest_thousand_of_the_dead_are_kept(tmp_path: Path) -> None:
    queue = opened(tmp_path)
    for n in range(1005):
        (tmp_path / "dead" / f"{n:020d}-{0:013d}-{'0' * 40}.json").touch()
    (tmp_path / ".lock").write_bytes((2000).to_bytes(8, "big"))
    queue.put(apply("a"))
    queue.park(claimed(queue), "poison")
    assert queue.counts() == (0, 0, 1000)
    assert any("poison" in path.read_text() for path in (tmp_path / "dead").iterdir())


def test_files_of_other_people_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pending").mkdir()
    (tmp_path / "pending" / ".DS_Store").write_bytes(b"x")
    queue = opened(tmp_path)
    queue.put(apply("a"))
    assert claimed(queue).item == apply("a")
    assert (tmp_path / "pending" / ".DS_Store").exists()


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


def test_a_crash_between_the_two_steps_of_a_put_leaves_one_item(tmp_path: Path, clock: FakeClock) -> None:
    queue = opened(tmp_path, clock)
    queue.put(apply("a"))
    queue.retry(claimed(queue), 300, "no answer")
    (resting,) = (tmp_path / "pending").iterdir()
    content = resting.read_bytes()
    queue.put(apply("a", "requested", "x"))
    resting.write_bytes(content)
    again = opened(tmp_path, clock)
    assert again.counts() == (1, 0, 0)
    assert claimed(again).item.token == "x"


def test_half_written_files_of_the_dead_are_swept(tmp_path: Path) -> None:
    opened(tmp_path).close()
    (tmp_path / "tmp" / "0123-1").write_bytes(b"{")
    opened(tmp_path)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_transient_error_that_names_it(tmp_path: Path) -> None:
    queue = opened(tmp_path / "queue")
    (tmp_path / "queue" / "tmp").rmdir()
    with pytest.raises(Transient, match=str(tmp_path)):
        queue.put(apply("a"))
    (tmp_path / "queue" / "tmp").mkdir()
    (tmp_path / "queue" / "pending").rename(tmp_path / "gone")
    with pytest.raises(Transient, match=str(tmp_path)):
        queue.put(apply("a"))
    assert list((tmp_path / "queue" / "tmp").iterdir()) == []
    (tmp_path / "gone").rename(tmp_path / "queue" / "pending")
    queue.put(apply("a"))
    assert queue.counts() == (1, 0, 0)


def test_a_place_that_is_no_folder_is_a_transient_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Transient, match="file"):
        opened(tmp_path / "file")


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


NAMES = st.sampled_from("abc")


class Model(RuleBasedStateMachine):
    """The queue against a model: a dict of what waits, and a dict of what is claimed."""

    root: Path

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.waiting: dict[str, str] = {}
        self.held: dict[str, Claimed] = {}
        self.puts = 0
        self.folder = self.root / str(id(self))
        self.queue = opened(self.folder, self.clock, attempts=10**6)

    @rule(name=NAMES)
    def put(self, name: str) -> None:
        self.puts += 1
        self.waiting[name] = str(self.puts)
        self.queue.put(apply(name, token=str(self.puts)))

    @rule()
    def claim(self) -> None:
        found = self.queue.claim()
        free = set(self.waiting) - set(self.held)
        if found is None:
            assert not free
            return
        name = found.item.name
        assert name in free
        assert found.item.token == self.waiting.pop(name)
        self.held[name] = found

    @rule(name=NAMES)
    def done(self, name: str) -> None:
        if name in self.held:
            self.queue.done(self.held.pop(name))

    @rule(name=NAMES)
    def retry(self, name: str) -> None:
        if name in self.held:
            found = self.held.pop(name)
            self.queue.retry(found, 0, "again")
            self.waiting.setdefault(name, found.item.token)

    @rule()
    def restart(self) -> None:
        for name, found in self.held.items():
            self.waiting.setdefault(name, found.item.token)
        self.held = {}
        self.queue.close()
        self.queue = opened(self.folder, self.clock, attempts=10**6)
        self.claim()

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.queue.counts()[:2] == (len(self.waiting), len(self.held))

    def teardown(self) -> None:
        self.queue.close()


def test_the_queue_behaves_like_its_model_through_restarts(tmp_path: Path) -> None:
    class InFolder(Model):
        root = tmp_path

    run_state_machine_as_test(
        InFolder, settings=settings(max_examples=25, stateful_step_count=25, deadline=None)
    )
