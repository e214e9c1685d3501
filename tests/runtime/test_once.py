from __future__ import annotations

import threading

import pytest
from penstock.runtime.once import once


class Thing:
    def __init__(self) -> None:
        self.made = 0

    @once
    def part(self) -> int:
        """A part."""
        self.made += 1
        if self.made == 1:
            raise ValueError("not yet")
        return self.made

    @once
    def whole(self) -> int:
        return self.part + 1


def test_a_part_is_made_once_and_a_failure_is_not_kept() -> None:
    thing = Thing()
    with pytest.raises(ValueError, match="not yet"):
        _ = thing.part
    assert (thing.part, thing.part, thing.made) == (2, 2, 2)
    assert Thing().made == 0


def test_one_part_may_need_another() -> None:
    thing = Thing()
    thing.made = 5
    assert thing.whole == 7


class Slow:
    def __init__(self) -> None:
        self.asked, self.answered = threading.Event(), threading.Event()

    @once
    def slow(self) -> bool:
        self.asked.set()
        return self.answered.wait(60)

    @once
    def quick(self) -> str:
        return "quick"


def test_a_part_that_takes_long_keeps_nobody_from_another() -> None:
    thing = Slow()
    thread = threading.Thread(target=lambda: thing.slow)
    thread.start()
    assert thing.asked.wait(60)
    found: list[str] = []
    other = threading.Thread(target=lambda: found.append(thing.quick))
    other.start()
    other.join(5)
    thing.answered.set()
    thread.join()
    assert found == ["quick"]


def test_threads_share_what_one_of_them_made() -> None:
    thing = Thing()
    thing.made = 5
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(thing.part)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [6] * 8
