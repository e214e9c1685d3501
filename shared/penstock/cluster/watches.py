"""A watch's answer, taken apart: one JSON object per line. Pure but for the pieces it is given.

Source: Kubernetes API concepts, "Efficient detection of changes" and watch bookmarks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from penstock.base.errors import LimitExceeded
from penstock.cluster.errors import Expired, Unavailable
from penstock.cluster.request import Answer
from penstock.cluster.statuses import error_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from penstock.api.objects import Json
    from penstock.cluster.request import Request


def split_lines(pieces: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    """Whole lines, however the pieces cut them; a last line that never ended is dropped.

    LimitExceeded at a line of more than `most_bytes`, Limits.watch_event_bytes.
    """
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
        if len(rest) > most_bytes:
            why = f"a watch brought an event of more than {most_bytes} bytes"
            raise LimitExceeded(why, limit="watch_event_bytes")


def parse_events(lines: Iterable[bytes], request: Request) -> Iterator[Json]:
    """The events; an ERROR event is raised as what its Status says (410 as Expired)."""
    for line in lines:
        if not line.strip():
            continue
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise Unavailable(f"watch {request.subject}: an event is no JSON") from None
        if event.get("type") == "ERROR":
            raise _as_error(event.get("object") or {}, request)
        yield event


def _as_error(status: Json, request: Request) -> Exception:
    code = int(status.get("code") or 500)
    if code == 410:
        return Expired(f"watch {request.subject}: the resourceVersion is too old", status=410)
    return error_from(Answer(code, {}, orjson.dumps(status)), request)
