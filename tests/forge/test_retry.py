from __future__ import annotations

import pytest
from penstock.forge.errors import NotFound, Refused, Throttled, Unavailable
from penstock.forge.retry import RetryPolicy

DOWN = Unavailable("down")
UNSENT = Unavailable("no way there", unsent=True)
LIMIT = Throttled("too many")


def slow(seconds: float) -> Unavailable:
    return Unavailable("later", retry_after=seconds)


@pytest.mark.parametrize(
    ("attempt", "error", "method", "left_s", "wait"),
    [
        (1, DOWN, "GET", 100, 0.25),
        (2, DOWN, "PUT", 100, 0.5),
        (3, DOWN, "DELETE", 100, 1.0),
        (4, DOWN, "GET", 100, None),
        (1, DOWN, "POST", 100, None),
        (1, DOWN, "PATCH", 100, None),
        (1, UNSENT, "POST", 100, 0.25),
        (1, LIMIT, "POST", 100, 0.25),
        (1, slow(10), "GET", 100, 10.25),
        (1, slow(10), "GET", 10, None),
        (1, slow(61), "GET", 1000, None),
        (1, Refused("no"), "GET", 100, None),
        (1, NotFound("no"), "GET", 100, None),
    ],
)
def test_what_may_be_repeated_is_after_a_wait_that_fits(
    attempt: int, error: Refused | Unavailable, method: str, left_s: float, wait: float | None
) -> None:
    assert RetryPolicy().wait_before(attempt, error, method, left_s=left_s, drawn=0.5) == wait


def test_the_steps_have_an_end() -> None:
    policy = RetryPolicy(attempts=100)
    assert policy.wait_before(50, DOWN, "GET", left_s=100, drawn=1.0) == policy.longest_step_s
