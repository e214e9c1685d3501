"""How long a Git server over http asks to be left alone, from the headers that git traces. Pure.

Sources: RFC 9110 for Retry-After; GitHub's and GitLab's pages on rate limits for the others. git itself tells
the status of an answer, but none of its headers.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_S = 3600.0
"""GitHub's limits are per hour; a server that asks for more is asked again after that."""
_ANSWER = re.compile(r"^.*<= Recv header: HTTP/", re.MULTILINE)
_HEADER = re.compile(r"^.*<= Recv header: (?P<name>[A-Za-z-]+): *(?P<value>[^\r\n]*)", re.MULTILINE)
_NUMBER = re.compile(r"[0-9]{1,12}")


def pause_s(trace: str, now: datetime) -> float | None:
    """Seconds from the last answer in a trace: Retry-After, or the reset of a rate limit that is used up.

    None if it asks for nothing, or for nothing that can be read.
    """
    last = _ANSWER.split(trace)[-1]
    headers = {found["name"].lower(): found["value"].strip() for found in _HEADER.finditer(last)}
    wanted = _retry_after(headers.get("retry-after", ""), now)
    if wanted is None:
        wanted = _reset(headers, now)
    return None if wanted is None else min(max(wanted, 1.0), LONGEST_S)


def _retry_after(value: str, now: datetime) -> float | None:
    if _NUMBER.fullmatch(value):
        return float(value)
    try:
        return (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


def _reset(headers: dict[str, str], now: datetime) -> float | None:
    for prefix in ("x-ratelimit", "ratelimit"):
        reset = headers.get(f"{prefix}-reset", "")
        if headers.get(f"{prefix}-remaining") == "0" and _NUMBER.fullmatch(reset):
            return float(reset) - now.timestamp()
    return None
