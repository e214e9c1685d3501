"""Axes: where a number stands on them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.plots.scales import LogScale, log_scale, tick_text


def test_each_decade_is_as_long_as_the_next() -> None:
    scale = LogScale(0.1, 100, 0, 300)
    assert [scale.at(value) for value in (0.1, 1, 10, 100)] == pytest.approx([0, 100, 200, 300])
    assert scale.at(0) == 0
    assert scale.at(1000) == 300
    assert scale.ticks() == pytest.approx((0.1, 1, 10, 100))


def test_an_axis_may_go_upwards() -> None:
    assert LogScale(1, 100, 200, 0).at(10) == pytest.approx(100)


_NEAR_DECADES = st.builds(
    lambda power, up: math.nextafter(10.0**power, math.inf if up else 0.0), st.integers(-5, 5), st.booleans()
)


@given(st.lists(st.floats(1e-6, 1e6) | _NEAR_DECADES, min_size=1, max_size=9))
def test_an_axis_holds_all_its_values_in_their_order(values: list[float]) -> None:
    scale = log_scale(values, 10, 110)
    places = [scale.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(10 - 1e-6 <= place <= 110 + 1e-6 for place in places)
    assert scale.least <= min(values)
    assert scale.most >= max(values)
    assert len(scale.ticks()) >= 2


def test_without_positive_values_there_is_an_axis_all_the_same() -> None:
    assert log_scale([0.0], 0, 1) == LogScale(1, 10, 0, 1)
    assert log_scale([], 0, 1) == LogScale(1, 10, 0, 1)


@pytest.mark.parametrize(("value", "text"), [(0.001, "0.001"), (1, "1"), (1000, "1,000"), (0.1, "0.1")])
def test_a_tick_is_written_out(value: float, text: str) -> None:
    assert tick_text(value) == text
