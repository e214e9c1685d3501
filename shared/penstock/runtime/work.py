"""Work items over HTTP: one item in, its outcomes out; or, where there is a queue, the item kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from penstock.api.push import Next, next_step
from penstock.api.work import Outcome
from penstock.base.deadline import Stopping
from penstock.base.errors import PenstockError
from penstock.queue.claims import Busy, Taken
from penstock.runtime.answers import Answer
from penstock.runtime.routes import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request

    from penstock.api.push import Push
    from penstock.api.work import WorkItem
    from penstock.queue.queue import Queue
    from penstock.runtime.intake import Delivery, Intake


@dataclass(frozen=True)
class WorkHandler:
    """Does the work of one function while the caller waits. 200 says that it is done, well or not.

    A message that Pub/Sub pushed is acknowledged (2xx) only when its work is done or kept elsewhere; it is
    tried `most_attempts` times. `queue` is where it is published anew.
    """

    intake: Intake
    run: Callable[[WorkItem], tuple[Outcome, ...]]
    queue: Callable[[], Queue]
    most_attempts: int

    def __call__(self, request: Request) -> Answer:
        """200 with the outcomes; 4xx for what is no item of this function; 503 to be sent again later."""
        delivery = self.intake.take(request)
        if isinstance(delivery, Answer):
            return delivery
        self._began(delivery)
        try:
            outcomes = self.run(delivery.item)
        except Taken as taken:
            # Sent again it would only find the same; whoever is at it knows (threats B-04).
            outcomes = (Outcome(ok=False, message=taken.message, reason=taken.reason),)
        except Exception as error:
            if delivery.push is None:
                raise
            answer = self._failed(delivery.item, delivery.push, error)
            if answer is None:
                raise
            return answer
        return done(outcomes)

    def _began(self, delivery: Delivery) -> None:
        push = delivery.push
        if delivery.item.hint is not None and push is not None and push.attempt in (None, 1):
            self.intake.metrics.began((self.intake.clock.now() - push.published_at).total_seconds())

    def _failed(self, item: WorkItem, push: Push, error: Exception) -> Answer | None:
        """What is answered to a message whose work failed; None if it is to be delivered again."""
        busy = isinstance(error, Busy | Stopping)
        counted = push.attempt if self.intake.dead is not None else None
        match next_step(counted, self.most_attempts, busy=busy):
            case Next.AGAIN:
                if not busy:
                    self.intake.metrics.retried(self.intake.function)
                return None
            case Next.ANEW:
                self.queue().put(item)
                return Answer(200, {"status": "queued again"})
            case Next.PARK:
                why = error.message if isinstance(error, PenstockError) else described(error)
                return self.intake.give_up(push, why)


def done(outcomes: tuple[Outcome, ...]) -> Answer:
    """200 with the outcomes."""
    return Answer(200, {"outcomes": [msgspec.to_builtins(one) for one in outcomes]})


@dataclass(frozen=True)
class KeepHandler:
    """Takes work from outside, a tick of a scheduler or a message of Pub/Sub, for a worker to do."""

    intake: Intake
    queue: Callable[[], Queue]

    def __call__(self, request: Request) -> Answer:
        """202 once it is stored; 4xx for what is no item of this function."""
        delivery = self.intake.take(request)
        if isinstance(delivery, Answer):
            return delivery
        self.queue().put(delivery.item)
        return Answer(202, {"status": "accepted"})
