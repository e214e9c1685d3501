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
