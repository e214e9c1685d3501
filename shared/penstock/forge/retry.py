"""Whether, and after how long, a request to a forge is sent again. Pure: the random number is an argument."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.forge.errors import Refused, Throttled, Unavailable

REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
"""What has the same effect when it is done twice. A POST that made something is not repeated blindly."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long; times in seconds. A longer Retry-After is left to the caller."""

    attempts: int = 4
    first_step_s: float = 0.5
    longest_step_s: float = 8.0
    longest_wish_s: float = 60.0

    def wait_before(
        self, attempt: int, error: Refused | Unavailable, method: str, *, left_s: float, drawn: float
    ) -> float | None:
        """Seconds before the next attempt, or None if there is none.

        `attempt` counts the tries so far (1 after the first), `left_s` is what is left of all the time,
        `drawn` is a random number from [0, 1).
        """
        if attempt >= self.attempts or not isinstance(error, Unavailable):
            return None
        # A limit, and a connection that never came about, had no effect.
        if method not in REPEATABLE and not (isinstance(error, Throttled) or error.unsent):
            return None
        step = drawn * min(self.longest_step_s, self.first_step_s * 2.0 ** (attempt - 1))
        wait = step + (error.retry_after or 0.0)
        return wait if wait <= min(self.longest_wish_s, left_s) else None
