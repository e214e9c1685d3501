"""Work items over HTTP: one item in, its outcomes out; or, where there is a queue, the item kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from penstock.api.work import Function, WorkItem, decode
from penstock.base.errors import Terminal
from penstock.runtime.answers import Answer, Problem
from penstock.runtime.reading import read_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request

    from penstock.api.work import Outcome
    from penstock.base.limits import Limits
    from penstock.queue.queue import Queue
    from penstock.runtime.gate import Gate


@dataclass(frozen=True)
class WorkHandler:
    """Does the work of one function while the caller waits. 200 says that it is done, well or not."""

    function: Function
    gate: Gate
    limits: Limits
    run: Callable[[WorkItem], tuple[Outcome, ...]]

    def __call__(self, request: Request) -> Answer:
        """200 with the outcomes; 4xx for what is no item of this function; 503 to be sent again later."""
        item = _received(request, self.function, self.gate, self.limits)
        outcomes = self.run(item)
        return Answer(200, {"outcomes": [msgspec.to_builtins(one) for one in outcomes]})


@dataclass(frozen=True)
class TickHandler:
    """Takes a tick from an outer scheduler, for a worker to do."""

    gate: Gate
    limits: Limits
    queue: Callable[[], Queue]

    def __call__(self, request: Request) -> Answer:
        """202 once it is stored."""
        self.queue().put(_received(request, Function.TICK, self.gate, self.limits))
        return Answer(202, {"status": "accepted"})


def _received(request: Request, function: Function, gate: Gate, limits: Limits) -> WorkItem:
    """The item in the request; a scheduler may tick with an empty body."""
    gate.check(request)
    body = read_body(request, limits, "invoke_body_bytes")
    if function is Function.TICK and not body.strip():
        return WorkItem(Function.TICK, reason="scheduler")
    try:
        item = decode(body)
    except Terminal as error:
        raise Problem(400, error.message) from None
    if item.function is not function:
        raise Problem(400, f"this is work for {item.function}, sent to {function}")
    return item
