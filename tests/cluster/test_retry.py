"""Which failures are tried again, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.cluster.errors import (
    Conflict,
    Failed,
    Invalid,
    Refused,
    Throttled,
    Timeout,
    Unauthorized,
    Unavailable,
    Unreachable,
    Untrusted,
)
from penstock.cluster.request import Request
from penstock.cluster.retry import RetryPolicy

GET = Request("GET", "/", "x")
POST = Request("POST", "/", "x", repeatable=False)
POLICY = RetryPolicy(attempts=5, first_step_s=0.1, longest_step_s=5.0, longest_wish_s=15.0)


@pytest.mark.parametrize(
    ("error", "repeatable", "otherwise"),
    [
        (Throttled("", status=429), True, True),
        (Unreachable("", sent=False), True, True),
        (Unreachable(""), True, False),
        (Timeout(""), True, False),
        (Untrusted("", sent=False), False, False),
        (Unavailable("", status=503), True, False),
        (Unavailable("", status=502), True, False),
        (Unavailable("", status=500), False, False),
        (Unavailable("", status=500, retry_after=1.0), True, False),
        (Conflict(""), False, False),
        (Invalid(""), False, False),
        (Unauthorized(""), False, False),
    ],
)
def test_only_what_passes_is_tried_again_and_a_create_only_if_it_had_no_effect(
    error: Refused | Failed, repeatable: bool, otherwise: bool
) -> None:
    assert (POLICY.wait_before(1, error, GET, 0.5) is not None) is repeatable
    assert (POLICY.wait_before(1, error, POST, 0.5) is not None) is otherwise


def test_the_steps_double_up_to_the_longest() -> None:
    policy = RetryPolicy(attempts=9, first_step_s=1, longest_step_s=5)
    steps = [policy.wait_before(attempt, Unavailable("", status=503), GET, 1.0) for attempt in range(1, 6)]
    assert steps == [1, 2, 4, 5, 5]


def test_the_last_attempt_is_the_last() -> None:
    error = Unavailable("", status=503)
    assert POLICY.wait_before(4, error, GET, 0.5) is not None
    assert POLICY.wait_before(5, error, GET, 0.5) is None


def test_a_server_that_does_not_answer_in_time_gets_one_more_chance() -> None:
    assert POLICY.wait_before(1, Timeout(""), GET, 0.5) is not None
    assert POLICY.wait_before(2, Timeout(""), GET, 0.5) is None


def test_a_wish_is_honoured_and_a_long_one_left_to_the_caller() -> None:
    assert POLICY.wait_before(1, Throttled("", retry_after=7), GET, 0.0) == 7
    assert POLICY.wait_before(1, Throttled("", retry_after=16), GET, 0.0) is None


@given(st.integers(1, 4), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0.1, 15))
def test_a_wait_lies_between_the_wish_and_one_step_more(
    attempt: int, drawn: float, wish: float | None
) -> None:
    wait = POLICY.wait_before(attempt, Throttled("", retry_after=wish), GET, drawn)
    assert wait is not None
    assert (wish or 0) <= wait <= (wish or 0) + POLICY.longest_step_s
