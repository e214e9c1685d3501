"""The API server's admission calls: a look is queued, and every change is allowed.

No cluster is read on the way to the answer, and nothing that goes wrong here keeps anybody from a change: the
tick finds it. Who knows the path can cause looks, and nothing else.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.admission.configuration import PREFIX
from penstock.admission.review import answer, named, parse, reached, work
from penstock.api.work import Function, WorkItem
from penstock.base.errors import PenstockError, Terminal
from penstock.runtime.answers import Answer, Problem
from penstock.runtime.reading import read_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request

    from penstock.admission.review import Review, Scope
    from penstock.base.limits import Limits
    from penstock.queue.queue import Queue
    from penstock.runtime.rate import Rate

_LATER = "penstock could not take note of this change: it is acted on at the next tick"


@dataclass(frozen=True)
class AdmissionHook:
    """Handles reviews of what is in `scope`. `parts` are the secret ends of the path that are good.

    What comes faster than `rate` is not queued one by one: a tick finds it all.
    """

    parts: tuple[str, ...]
    scope: Scope
    limits: Limits
    rate: Rate
    queue: Callable[[], Queue]

    def __call__(self, request: Request) -> Answer:
        """200 that allows the change, once the look is stored; 4xx for what is no review of ours."""
        if not _is_one_of(request.path.removeprefix(PREFIX), self.parts):
            raise Problem(404, "there is nothing at this path")
        body = read_body(request, self.limits, "admission_body_bytes")
        try:
            review = parse(body, depth=self.limits.json_depth)
            item = work(review, self.scope)
        except Terminal as error:
            raise Problem(400, error.message) from None
        if item is None:
            return _ignored(review)
        if not self.rate.take():
            item = WorkItem(Function.TICK, reason="many changes")
        return self._queued(review, item)

    def _queued(self, review: Review, item: WorkItem) -> Answer:
        note = {"cause": item.reason, "object": "/".join((review.kind, *named(review)))}
        try:
            self.queue().put(item)
        except PenstockError as error:
            return Answer(
                200, answer(review, (_LATER,)), note={**note, "result": "failed", "why": error.message}
            )
        return Answer(200, answer(review), note={**note, "result": "accepted"})


def _ignored(review: Review) -> Answer:
    """A change that asks for no look, or the probe of whoever wants to know whether we are reached."""
    if review.probe:
        return Answer(200, answer(review, (reached(review.probe),)), note={"result": "probe"})
    return Answer(200, answer(review), note={"result": "ignored"})


def _is_one_of(given: str, parts: tuple[str, ...]) -> bool:
    sent = given.encode(errors="replace")
    fits = [hmac.compare_digest(part.encode(), sent) for part in parts if part]
    return any(fits)
