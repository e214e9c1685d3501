"""Takes one work item out of a request: as it is, or as a message that Pub/Sub pushes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.push import Push, parse_push
from penstock.api.work import Function, WorkItem, decode
from penstock.base.clock import rfc3339
from penstock.base.errors import LimitExceeded, Terminal
from penstock.base.metrics import UNMEASURED
from penstock.runtime.answers import Answer, Problem
from penstock.runtime.reading import read_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request

    from penstock.base.clock import Clock
    from penstock.base.limits import Limits
    from penstock.base.log import Log
    from penstock.base.masking import Masker
    from penstock.base.metrics import Metrics
    from penstock.queue.queue import DeadLetters
    from penstock.runtime.gate import Gate


@dataclass(frozen=True)
class Delivery:
    """A work item, and the message that it came in, if it came in one."""

    item: WorkItem
    push: Push | None = None


@dataclass(frozen=True)
class Intake:
    """What comes in for one function. What is given up goes to `dead`, if there is such a place."""

    function: Function
    gate: Gate
    limits: Limits
    clock: Clock
    log: Log
    masker: Masker
    dead: Callable[[], DeadLetters] | None = None
    metrics: Metrics = UNMEASURED

    def take(self, request: Request) -> Delivery | Answer:
        """The item in the request; an answer if it was a message without one, which is then a dead letter.

        A scheduler may tick with an empty body. Problem 4xx for what is not taken.
        """
        self.gate.check(request)
        body = read_body(request, self.limits, "push_body_bytes")
        try:
            push = parse_push(body)
        except Terminal as error:
            raise Problem(400, error.message) from None
        try:
            return Delivery(self._item(body if push is None else push.data), push)
        except Terminal as problem:
            if push is None or self.dead is None:
                raise
            return self.give_up(push, problem.message)

    def give_up(self, push: Push, why: str) -> Answer:
        """Parks the message, and acknowledges it; Transient if it cannot be parked now."""
        if self.dead is None:
            raise ValueError("there is no place for dead letters")
        why = self.masker.shown(why)
        told = {
            "reason": why,
            "function": str(self.function),
            "key": push.key,
            "subscription": push.subscription,
            "message_id": push.message_id,
            "attempt": str(push.attempt or ""),
            "published_at": rfc3339(push.published_at),
            "parked_at": rfc3339(self.clock.now()),
        }
        self.dead().bury(push.data, told)
        self.metrics.parked(self.function)
        self.log.error("given up: the message is a dead letter", function=str(self.function), error=why)
        return Answer(200, {"status": "parked"}, note={"delivery": push.message_id})

    def _item(self, data: bytes) -> WorkItem:
        if len(data) > self.limits.invoke_body_bytes:
            most = self.limits.invoke_body_bytes
            raise LimitExceeded(f"the body is larger than {most} bytes", limit="invoke_body_bytes")
        if self.function is Function.TICK and not data.strip():
            return WorkItem(Function.TICK, reason="scheduler")
        try:
            item = decode(data)
        except Terminal as error:
            raise Problem(400, error.message) from None
        if item.function is not self.function:
            raise Problem(400, f"this is work for {item.function}, sent to {self.function}")
        return item
