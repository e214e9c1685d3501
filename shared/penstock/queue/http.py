"""Hands work to a function at a URL; the work is done, not just kept, when that function has answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.work import encode
from penstock.base.errors import Terminal, Transient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.work import Function, WorkItem
    from penstock.base.options import Secret

_ACCEPTED = 202
_BRIEF_S = 2.0
_CONNECT_S = 5.0
_LONGEST_WAIT_S = 600.0
"""Ours: however long an answer asks us to wait."""


@dataclass(frozen=True)
class HttpQueue:
    """Posts each item as JSON, with the invoke token; `timeout_s` is how long the answer may take.

    The work is done when `put` returns, but for the `brief` functions: what these do not refuse within a
    moment counts as taken, for whoever has little time left, or much to hand on.
    """

    urls: Mapping[Function, str]
    token: Secret
    timeout_s: float
    brief: frozenset[Function] = frozenset()

    def put(self, item: WorkItem) -> None:
        """Posts the item and waits for the answer; Transient if that is not a success."""
        url = self.urls.get(item.function)
        if url is None:
            raise Terminal(f"there is no URL for {item.function}: it is not handed on over HTTP")
        status, retry_after = self._posted(url, item)
        if not 200 <= status < 300:
            raise Transient(
                f"{item.function} did not take its work: it answered {status}",
                retry_after=_seconds(retry_after),
            )

    def _posted(self, url: str, item: WorkItem) -> tuple[int, str]:
        """Status and Retry-After of the answer."""
        import requests  # noqa: PLC0415 - a webhook that writes to a folder must not pay for it

        headers = {"Authorization": f"Bearer {self.token.value}", "Content-Type": "application/json"}
        brief = item.function in self.brief
        timeouts = (_CONNECT_S, min(self.timeout_s, _BRIEF_S) if brief else self.timeout_s)
        try:
            with requests.Session() as session:
                session.trust_env = False  # no .netrc, and no proxy that we were not told of
                with session.post(
                    url, encode(item), headers=headers, timeout=timeouts, allow_redirects=False, stream=True
                ) as answer:
                    return answer.status_code, answer.headers.get("Retry-After", "")
        except requests.ReadTimeout as error:
            if brief:
                return _ACCEPTED, ""
            raise Transient(f"{item.function} did not take its work: {type(error).__name__}") from None
        except requests.RequestException as error:
            raise Transient(f"{item.function} did not take its work: {type(error).__name__}") from None


def _seconds(text: str) -> float | None:
    return min(float(text), _LONGEST_WAIT_S) if text.isascii() and text.isdigit() else None
