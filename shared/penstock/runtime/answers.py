"""What is answered over HTTP, as values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Mapping

_RETRY_AFTER_S = 5.0


@dataclass(frozen=True)
class Answer:
    """Status, JSON body (or `text` as it is), headers; `note` goes into the log line of the request."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    note: Mapping[str, object] = field(default_factory=dict)
    text: bytes | None = None


class Problem(Terminal):
    """The request is not taken; `status` is the HTTP status that says why."""

    reason = "BadRequest"

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


def later(message: str, retry_after_s: float | None) -> Answer:
    """503: the same request may succeed later."""
    seconds = math.ceil(max(1.0, _RETRY_AFTER_S if retry_after_s is None else retry_after_s))
    return Answer(503, {"error": message}, {"Retry-After": str(seconds)})
