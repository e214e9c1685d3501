"""Whether another run gets further: a pure decision over what this one did with its time (threats B-09)."""

from __future__ import annotations

import pytest
from penstock.base.deadline import Budget, Deadline, Stop
from penstock.kustomize.handover import Spent, does_not_fit, goes_on

from tests.fakes.clock import FakeClock


@pytest.mark.parametrize(
    ("effects", "stopped", "whole", "fits"),
    [
        (0, False, True, False),
        (0, False, False, True),
        (0, True, True, True),
        (1, False, True, True),
        (1, True, False, True),
    ],
)
def test_only_who_did_nothing_with_all_the_time_does_not_fit(
    effects: int, stopped: bool, whole: bool, fits: bool
) -> None:
    assert Spent(effects, 3, 500, stopped=stopped, whole=whole).fits is fits


def test_the_texts_say_how_far_it_got_and_what_to_do() -> None:
    spent = Spent(0, 37, 500, stopped=False, whole=True)
    assert does_not_fit(spent, 2.0) == (
        "does not fit into 2 s: 37 of 500 objects judged; "
        "raise PENSTOCK_APPLY_BUDGET_SECONDS or split the Kustomization"
    )
    assert "7 objects written or deleted" in goes_on(Spent(7, 37, 500, stopped=False, whole=True))


def test_a_budget_keeps_a_reserve_and_closes_before_its_end() -> None:
    clock = FakeClock()
    for seconds, reserve in [(540.0, 10.0), (2.0, 0.4)]:
        budget = Budget.start(clock, seconds)
        assert budget.usable() == pytest.approx(seconds - reserve)
        clock.move(seconds - reserve - 0.1)
        assert not budget.closing
        clock.move(0.2)
        assert budget.closing
        assert not budget.stopped
        assert not budget.deadline.expired


def test_a_stop_closes_every_budget_at_once_and_ends_it_soon() -> None:
    clock, stop = FakeClock(), Stop()
    budgets = [Budget.start(clock, seconds, stop) for seconds in (540.0, 3.0)]
    later = Deadline.after(clock, 100.0, stop).sooner(60.0)
    assert not any(budget.closing for budget in budgets)
    stop.tell(clock, 7.0)
    assert all(budget.closing and budget.stopped for budget in budgets)
    assert [budget.deadline.remaining() for budget in budgets] == [7.0, 3.0]
    assert later.remaining() == 7.0
    clock.move(5.0)
    stop.tell(clock, 7.0)
    assert later.remaining() == 2.0


def test_whole_is_who_began_near_the_beginning() -> None:
    clock = FakeClock()
    budget = Budget.start(clock, 100.0)
    clock.move(20.0)
    budget = budget.opening()
    assert budget.whole(clock.monotonic())
    clock.move(19.0)
    assert budget.whole(clock.monotonic())
    clock.move(2.0)
    assert not budget.whole(clock.monotonic())
