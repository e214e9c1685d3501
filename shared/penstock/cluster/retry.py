"""Whether, and after how long, a request is sent again. Pure: the random number is an argument.

Full jitter: a wait is drawn evenly from zero to the exponential step, so that many callers spread out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.cluster.errors import Failed, Refused, Throttled, Timeout, Unavailable, Unreachable, Untrusted

if TYPE_CHECKING:
    from penstock.cluster.request import Request

_PASSING = {502, 503, 504}


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long; times in seconds. A longer Retry-After is left to the caller."""

    attempts: int = 5
    first_step_s: float = 0.1
    longest_step_s: float = 5.0
    longest_wish_s: float = 15.0

    def wait_before(
        self, attempt: int, error: Refused | Failed, request: Request, drawn: float
    ) -> float | None:
        """Seconds before the next attempt, or None if there is none.

        `attempt` counts the tries so far (1 after the first), `drawn` is a random number from [0, 1).
        """
        attempts = 2 if isinstance(error, Timeout) else self.attempts
        if attempt >= attempts or not _may_repeat(error, request):
            return None
        step = drawn * min(self.longest_step_s, self.first_step_s * 2.0 ** (attempt - 1))
        wish = error.retry_after if isinstance(error, Failed) else None
        if wish is None:
            return step
        return wish + step if wish <= self.longest_wish_s else None


def _may_repeat(error: Refused | Failed, request: Request) -> bool:
    """429 and a connection that never came about had no effect; else only where twice is as good as once."""
    if isinstance(error, Untrusted):
        return False
    if isinstance(error, Throttled) or (isinstance(error, Unreachable) and not error.sent):
        return True
    if isinstance(error, Unreachable | Timeout):
        return request.repeatable
    if isinstance(error, Unavailable):
        return request.repeatable and (error.status in _PASSING or error.retry_after is not None)
    return False
