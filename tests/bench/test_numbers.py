"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.numbers import median, quantity, ratio, significant
from bench.statistics import Ratio, Relation, Spread, Unit


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, Unit.SECONDS, "0 s"),
        (0.0152, Unit.SECONDS, "15.2 ms"),
        (0.0004567, Unit.SECONDS, "0.457 ms"),
        (1, Unit.SECONDS, "1.00 s"),
        (33.14, Unit.SECONDS, "33.1 s"),
        (607.4, Unit.SECONDS, "607 s"),
        (0, Unit.BYTES, "0 B"),
        (643_000, Unit.BYTES, "643 kB"),
        (999, Unit.BYTES, "999 B"),
        (1_234_567, Unit.BYTES, "1.23 MB"),
        (8.59e9, Unit.BYTES, "8.59 GB"),
        (2910, Unit.REQUESTS, "2,910"),
        (0, Unit.REQUESTS, "0"),
    ],
)
def test_a_number_has_three_digits_and_a_unit(value: float, unit: Unit, text: str) -> None:
    assert quantity(value, unit) == text


@given(st.floats(1e-6, 1e9))
def test_rounding_stays_near(value: float) -> None:
    assert float(significant(value).replace(",", "")) == pytest.approx(value, rel=0.005)


def test_a_median_tells_its_spread_and_whether_it_is_a_bound() -> None:
    assert median(None, Unit.SECONDS) == "-"
    assert median(Spread(2, 2, 2, 1), Unit.SECONDS) == "2.00 s"
    assert median(Spread(2, 1, 4, 3), Unit.SECONDS) == "2.00 s (1.00 s to 4.00 s)"
    assert median(Spread(600, 600, 600, 1, bound=True), Unit.SECONDS) == "≥ 600 s"


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (None, "-"),
        (Ratio(0.0123), "0.012"),
        (Ratio(0), "0"),
        (Ratio(1.26), "1.3"),
        (Ratio(130.4), "130"),
        (Ratio(0.0101, Relation.AT_MOST), "≤ 0.011"),
        (Ratio(0.01, Relation.AT_MOST), "≤ 0.010"),
        (Ratio(0, Relation.AT_MOST), "≤ 0"),
        (Ratio(2.39, Relation.AT_LEAST), "≥ 2.3"),
    ],
)
def test_a_ratio_has_two_digits(one: Ratio | None, text: str) -> None:
    assert ratio(one) == text


@given(st.floats(1e-5, 1e5))
def test_a_bound_that_is_rounded_is_still_true(value: float) -> None:
    most = float(ratio(Ratio(value, Relation.AT_MOST)).removeprefix("≤ ").replace(",", ""))
    least = float(ratio(Ratio(value, Relation.AT_LEAST)).removeprefix("≥ ").replace(",", ""))
    assert least <= value * (1 + 1e-8)
    assert most >= value * (1 - 1e-8)
