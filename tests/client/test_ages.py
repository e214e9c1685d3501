from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.client.ages import human, since

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
M, H, D, Y = 60, 3600, 86_400, 365 * 86_400


# k8s.io/apimachinery pkg/util/duration TestHumanDurationBoundaries, and both sides of each bound.
@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((-2, "<invalid>"), (-1, "0s"), (0, "0s"), (0.999, "0s"), (1, "1s"), (119, "119s")),
        *((2 * M, "2m"), (2 * M + 1, "2m1s"), (10 * M - 1, "9m59s"), (10 * M, "10m"), (10 * M + 59, "10m")),
        *((3 * H - 1, "179m"), (3 * H, "3h"), (3 * H + M, "3h1m"), (8 * H - 1, "7h59m"), (8 * H, "8h")),
        *((2 * D - 1, "47h"), (2 * D, "2d"), (2 * D + H, "2d1h"), (8 * D - 1, "7d23h"), (8 * D, "8d")),
        *((2 * Y - 1, "729d"), (2 * Y, "2y"), (2 * Y + D, "2y1d"), (8 * Y - 1, "7y364d"), (8 * Y, "8y")),
        (100 * Y, "100y"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert human(seconds) == text


@given(st.floats(0, 1e11))
def test_what_is_said_is_never_more_than_what_it_was(seconds: float) -> None:
    parts = re.findall(r"([0-9]+)([smhdy])", human(seconds))
    said = sum(int(count) * {"s": 1, "m": M, "h": H, "d": D, "y": Y}[unit] for count, unit in parts)
    assert said <= seconds < said * 1.35 + 1
    assert "".join(count + unit for count, unit in parts) == human(seconds)


def test_the_age_of_a_timestamp() -> None:
    assert since((NOW - timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M:%SZ"), NOW) == "3m"
    assert since("2026-03-01T11:59:30.123456Z", NOW) == "29s"
    assert [since(wrong, NOW) for wrong in ("", None, "yesterday", 5)] == ["<unknown>"] * 4
