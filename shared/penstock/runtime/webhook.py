"""The forges' webhook: verify, store a hint, answer. No cluster and no network on the way to the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.work import Function, WorkItem
from penstock.base.text import printable
from penstock.notify.receivers import forges
from penstock.notify.receivers.delivery import Ignored
from penstock.runtime.answers import Answer
from penstock.runtime.reading import read_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request

    from penstock.base.limits import Limits
    from penstock.queue.queue import Queue


@dataclass(frozen=True)
class Webhook:
    """Handles deliveries of GitHub, Gitea and GitLab; `queue` is made at the first genuine one."""

    secrets: tuple[str, ...]
    limits: Limits
    queue: Callable[[], Queue]

    def __call__(self, request: Request) -> Answer:
        """202 once the hint is stored or the delivery is found to be of no use; 4xx if it is not genuine."""
        body = read_body(request, self.limits, "webhook_body_bytes")
        found = forges.receive(self.secrets, request.headers.items(), body, depth=self.limits.json_depth)
        if isinstance(found, Ignored):
            return Answer(202, {"status": "ignored", "reason": found.reason}, note={"ignored": found.reason})
        self.queue().put(WorkItem(Function.FETCH, reason="push", hint=found))
        note = {"repository": printable(found.urls[0], 256), "ref": found.ref, "delivery": found.delivery}
        return Answer(202, {"status": "accepted", "delivery": found.delivery}, note=note)
