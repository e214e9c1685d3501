"""A forge's API: JSON in, JSON out, with retries within the time there is, and errors of ours."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import orjson

from penstock.base.errors import LimitExceeded
from penstock.forge.answers import Answer, read, refusal
from penstock.forge.errors import NotAForge, NotFound, Refused, Unavailable
from penstock.forge.retry import RetryPolicy
from penstock.forge.transport import Request, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock.base.deadline import Deadline
    from penstock.base.limits import Limits
    from penstock.base.masking import Masker
    from penstock.forge.site import Site

T = TypeVar("T")

REQUEST_SECONDS = 30.0
_REDIRECTS = 3
_PAGE = 50
"""Gitea gives no more at once, the others take it."""


@dataclass(frozen=True)
class Api:
    """One forge, asked with one token, which is in `headers` and nowhere else.

    Everything ends at the `deadline`. `sleep` and `draw` (random numbers from [0, 1)) are for tests.
    """

    site: Site
    transport: Transport
    headers: Mapping[str, str] = field(repr=False)
    masker: Masker
    limits: Limits
    deadline: Deadline
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.random

    def ask(self, method: str, path: str, doing: str, body: Mapping[str, Any] | None = None) -> Answer:
        """The good answer to a request; `doing` is what it is for, in an error: `look for ada/fleet`.

        Refused or Unavailable otherwise, once retries are of no use.
        """
        url, data = self.site.api + path, None if body is None else orjson.dumps(body)
        attempt = redirects = 0
        while True:
            attempt += 1
            try:
                answer = self._once(method, url, data, doing)
            except Unavailable as error:
                self._wait_or_raise(attempt, error, method)
                continue
            if answer.good:
                return answer
            # A repository that was renamed is answered with where it is now, at the same server.
            url = self._moved(method, url, answer, doing)
            redirects += 1
            if redirects > _REDIRECTS:
                raise NotAForge(f"{self._where(doing)}: it is redirected more than {_REDIRECTS} times")

    def get(self, path: str, doing: str, kind: type[T]) -> T:
        """What a GET is answered with."""
        return self.read(self.ask("GET", path, doing), doing, kind)

    def find(self, path: str, doing: str, kind: type[T]) -> T | None:
        """The same, None if there is no such thing."""
        try:
            return self.get(path, doing, kind)
        except NotFound:
            return None

    def gone(self, path: str, doing: str) -> None:
        """Removes something, unless it is gone already."""
        try:
            self.ask("DELETE", path, doing)
        except NotFound:
            return

    def pages(self, path: str, doing: str, kind: type[T]) -> tuple[T, ...]:
        """Everything in a list, all of its pages."""
        found: list[T] = []
        for page in range(1, self.limits.forge_pages + 1):
            query = urlencode({"page": page, "per_page": _PAGE, "limit": _PAGE})
            answer = self.ask("GET", f"{path}?{query}", doing)
            found.extend(self.read(answer, doing, list[kind]))  # type: ignore[valid-type] # kind is one
            if not answer.has_next:
                return tuple(found)
        most = self.limits.forge_pages
        raise LimitExceeded(f"{self._where(doing)}: the list has more than {most} pages", limit="forge_pages")

    def read(self, answer: Answer, doing: str, kind: type[T]) -> T:
        """The JSON of an answer, as a value of that kind."""
        depth, mask = self.limits.json_depth, self.masker.mask
        return read(answer, kind, self._where(doing), depth=depth, mask=mask)

    def _once(self, method: str, url: str, data: bytes | None, doing: str) -> Answer:
        """An answer that is good or a redirect; else the error that it says."""
        left = self.deadline.remaining()
        if left <= 0:
            raise Unavailable(f"{self._where(doing)}: not asked, the time is over: --timeout gives more")
        headers = {"Accept": "application/json", **self.headers}
        if data is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = self.transport.send(Request(method, url, headers, data), min(left, REQUEST_SECONDS))
        except (Refused, Unavailable, LimitExceeded) as error:
            error.message = f"{self._where(doing)}: {error.message}"
            error.args = (error.message,)
            raise
        if answer.good or (method == "GET" and answer.status in {301, 302, 307, 308}):
            return answer
        raise self._refusal(answer, doing)

    def _moved(self, method: str, url: str, answer: Answer, doing: str) -> str:
        """Where a redirect leads, at the same server only: the token goes nowhere else."""
        target = urljoin(url, answer.headers.get("location", ""))
        if method != "GET" or urlsplit(target)[:2] != urlsplit(url)[:2] or target == url:
            raise self._refusal(answer, doing)
        return target

    def _refusal(self, answer: Answer, doing: str) -> Refused | Unavailable:
        now = self.deadline.clock.now().timestamp()
        return refusal(answer, self._where(doing), self.site, now=now, mask=self.masker.mask)

    def _wait_or_raise(self, attempt: int, error: Unavailable, method: str) -> None:
        left = self.deadline.remaining()
        wait = self.policy.wait_before(attempt, error, method, left_s=left, drawn=self.draw())
        if wait is None:
            raise error
        self.sleep(wait)

    def _where(self, doing: str) -> str:
        return f"{self.site.host}: cannot {doing}"
