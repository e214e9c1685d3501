"""Requests with credentials, retries and a time limit: JSON out, or one of penstock.cluster.errors."""

from __future__ import annotations

import contextlib
import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from penstock.base.masking import Masker
from penstock.cluster.errors import Failed, Refused, Timeout, Unauthorized, Unavailable
from penstock.cluster.retry import RetryPolicy
from penstock.cluster.statuses import error_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from penstock.base.deadline import Deadline
    from penstock.cluster.request import Request
    from penstock.cluster.target import Credentials
    from penstock.cluster.transport import Transport

REQUEST_SECONDS = 30.0
_LOOK_S = 0.5
"""While it waits, it looks so often whether the process was told to end."""


@dataclass(frozen=True)
class Session:
    """One API server as one user. `sleep` and `draw` (random numbers from [0, 1)) are arguments for tests."""

    transport: Transport
    credentials: Credentials
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    masker: Masker = field(default_factory=Masker)
    request_s: float = REQUEST_SECONDS
    deadline: Deadline | None = None
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.random

    def within(self, deadline: Deadline) -> Session:
        """The same session with everything ending at the deadline."""
        return replace(self, deadline=deadline)

    def call(self, request: Request) -> Any:
        """The parsed answer; raises what the last try raised."""
        return self.call_whole(request)[0]

    def call_whole(self, request: Request) -> tuple[Any, Mapping[str, str]]:
        """The parsed answer and its headers, by names in lower case; raises what the last try raised."""
        attempt, refreshed = 0, False
        while True:
            attempt += 1
            header = self.credentials.header()
            try:
                return self._once(request, header)
            except Unauthorized:
                if refreshed or not self.credentials.refresh(header):
                    raise
                refreshed = True
            except (Refused, Failed) as error:
                self._wait_or_raise(attempt, error, request)

    @contextlib.contextmanager
    def stream(self, request: Request, timeout_s: float) -> Iterator[Iterator[bytes]]:
        """The pieces of a long answer as they arrive; sent once, after a 401 twice."""
        seconds = min(timeout_s, self._seconds_left(request)) if self.deadline else timeout_s
        with contextlib.ExitStack() as stack:
            header = self.credentials.header()
            answer, pieces = stack.enter_context(self.transport.stream(request, header, seconds))
            if answer.status == 401 and self.credentials.refresh(header):
                header = self.credentials.header()
                answer, pieces = stack.enter_context(self.transport.stream(request, header, seconds))
            if answer.status != 200:
                raise self._masked(error_from(answer, request))
            yield pieces

    def _once(self, request: Request, header: str) -> tuple[Any, Mapping[str, str]]:
        answer = self.transport.send(request, header, self._seconds_left(request))
        if not 200 <= answer.status < 300:
            raise self._masked(error_from(answer, request))
        try:
            return orjson.loads(answer.body), answer.headers
        except orjson.JSONDecodeError:
            raise Unavailable(
                f"{request.method} {request.subject}: the answer is no JSON; is this a Kubernetes API?",
                status=answer.status,
            ) from None

    def _wait_or_raise(self, attempt: int, error: Refused | Failed, request: Request) -> None:
        wait = self.policy.wait_before(attempt, error, request, self.draw())
        if wait is None or (self.deadline is not None and wait >= self.deadline.remaining()):
            raise error
        self._pause(wait, error)

    def _pause(self, seconds: float, error: Refused | Failed) -> None:
        """Wait; raise the error as soon as nothing is to be begun any more."""
        if self.deadline is None:
            self.sleep(seconds)
            return
        left = seconds
        while left > 0:
            self.sleep(min(left, _LOOK_S))
            left -= _LOOK_S
            if self.deadline.stop.told:
                raise error

    def _seconds_left(self, request: Request) -> float:
        if self.deadline is None:
            return self.request_s
        left = self.deadline.remaining()
        if left <= 0:
            raise Timeout(f"{request.method} {request.subject}: not sent, the time of this run is over")
        return min(self.request_s, left)

    def _masked(self, error: Refused | Failed) -> Refused | Failed:
        error.message = self.masker.mask(error.message)
        error.args = (error.message,)
        error.causes = tuple(
            replace(cause, message=self.masker.mask(cause.message)) for cause in error.causes
        )
        return error
