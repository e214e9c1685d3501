from __future__ import annotations

from penstock.runtime.rate import Rate

from tests.fakes.clock import FakeClock


def test_permits_are_there_at_once_and_come_back_evenly() -> None:
    clock = FakeClock()
    rate = Rate(60, clock)
    assert [rate.take() for _ in range(61)] == [True] * 60 + [False]
    clock.move(0.5)
    assert not rate.take()
    clock.move(0.6)
    assert [rate.take(), rate.take()] == [True, False]
    clock.move(3600)
    assert [rate.take() for _ in range(61)] == [True] * 60 + [False]
