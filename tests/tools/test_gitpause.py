"""What servers ask for in their headers (threats B-22)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.tools.gitpause import LONGEST_S, pause_s

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())


def trace(*answers: tuple[str, ...]) -> str:
    """As git writes it: what is sent, and the headers of each answer."""
    lines = ["14:03:12.1 http.c:756  => Send header: GET /r/info/refs HTTP/1.1", "retry-after: 7"]
    for status, *headers in answers:
        lines.extend(f"14:03:12.1 http.c:756  <= Recv header: {line}" for line in (status, *headers, ""))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((), None),
        (("Retry-After: 120",), 120),
        (("retry-after:120",), 120),
        (("Retry-After: 0",), 1),
        (("Retry-After: 999999999999",), LONGEST_S),
        (("Retry-After: Tue, 01 Jan 2030 12:05:00 GMT",), 300),
        (("Retry-After: Tue, 01 Jan 2030 11:00:00 GMT",), 1),
        (("Retry-After: soon",), None),
        (("Retry-After: -5",), None),
        (("X-RateLimit-Remaining: 0", f"X-RateLimit-Reset: {AT + 600}"), 600),
        (("x-ratelimit-remaining: 12", f"x-ratelimit-reset: {AT + 600}"), None),
        ((f"x-ratelimit-reset: {AT + 600}",), None),
        (("RateLimit-Remaining: 0", f"RateLimit-Reset: {AT + 60}"), 60),
        (("x-ratelimit-remaining: 0", f"x-ratelimit-reset: {AT - 60}"), 1),
        (("Retry-After: 5", "x-ratelimit-remaining: 0", f"x-ratelimit-reset: {AT + 600}"), 5),
    ],
)
def test_a_pause_is_what_the_server_asks_for_within_an_hour(
    headers: tuple[str, ...], seconds: float | None
) -> None:
    assert pause_s(trace(("HTTP/1.1 429 Too Many Requests", *headers)), NOW) == seconds


def test_only_the_last_answer_counts_and_nothing_that_was_sent() -> None:
    first, last = ("HTTP/1.1 401 Unauthorized", "Retry-After: 9"), ("HTTP/2 200", "x: y")
    assert pause_s(trace(first, last), NOW) is None
    assert pause_s(trace(last, first), NOW) == 9
    assert pause_s(trace(), NOW) is None


@given(st.text())
def test_any_headers_give_a_pause_within_bounds_or_none(text: str) -> None:
    for answer in (text, f"retry-after: {text}", f"x-ratelimit-remaining: 0\nx-ratelimit-reset: {text}"):
        found = pause_s(trace(("HTTP/1.1 403", answer)), NOW)
        assert found is None or 1 <= found <= LONGEST_S
