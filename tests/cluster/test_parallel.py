"""Many calls at once."""

from __future__ import annotations

import threading

import pytest
from penstock.base.deadline import Deadline
from penstock.base.errors import PenstockError
from penstock.cluster.errors import Invalid, Timeout
from penstock.cluster.parallel import parallel

from tests.fakes.clock import FakeClock


@pytest.mark.parametrize("workers", [1, 3, 50])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    assert parallel(lambda n: n * n, range(20), workers) == tuple(n * n for n in range(20))


def test_nothing_to_do_gives_nothing() -> None:
    assert parallel(lambda n: n, [], 4) == ()


def test_calls_really_run_together_but_no_more_than_allowed() -> None:
    together = threading.Barrier(3, timeout=10)
    assert parallel(lambda _n: together.wait() >= 0, range(6), 3) == (True,) * 6


@pytest.mark.parametrize("workers", [1, 4])
def test_the_error_of_one_item_is_its_result_and_the_others_go_on(workers: int) -> None:
    def only_even(n: int) -> int:
        if n % 2:
            raise Invalid(f"{n} is odd")
        return n

    results = parallel(only_even, range(4), workers)
    assert [r.message if isinstance(r, PenstockError) else r for r in results] == [
        0,
        "1 is odd",
        2,
        "3 is odd",
    ]


@pytest.mark.parametrize("workers", [1, 4])
def test_a_bug_is_raised(workers: int) -> None:
    with pytest.raises(ZeroDivisionError):
        parallel(lambda n: 1 // n, [1, 0, 2], workers)


def test_after_a_bug_nothing_more_is_begun_and_what_is_under_way_ends() -> None:
    begun: list[int] = []
    bug, going = threading.Event(), threading.Event()
    ended: list[int] = []

    def work(n: int) -> int:
        begun.append(n)
        if n == 0:
            going.wait(10)
            bug.set()
            raise ZeroDivisionError
        going.set()
        bug.wait(10)
        ended.append(n)
        return n

    with pytest.raises(ZeroDivisionError):
        parallel(work, range(50), 2)
    assert set(ended) == set(begun) - {0}
    assert len(begun) < 5


def test_calls_may_nest_without_waiting_for_each_other() -> None:
    def inner(n: int) -> int:
        return sum(result for result in parallel(lambda m: n * m, range(8), 8) if isinstance(result, int))

    assert parallel(inner, range(8), 8) == tuple(n * 28 for n in range(8))


def test_what_was_not_begun_before_the_deadline_times_out() -> None:
    clock = FakeClock()

    def work(n: int) -> int:
        clock.move(1)
        return n

    first, second, third = parallel(work, [1, 2, 3], 1, Deadline.after(clock, 2.0))
    assert (first, second) == (1, 2)
    assert isinstance(third, Timeout)
