"""Takes from a request what is allowed to come in, and not a byte more (threats A-01)."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded
from penstock.runtime.answers import Problem

if TYPE_CHECKING:
    from flask import Request

    from penstock.base.limits import Limits

_DRAINED_BYTES = 32 * 1024 * 1024
"""GitHub sends 25 MiB at most: so much is thrown away unread, so that the answer arrives."""
_PIECE_BYTES = 64 * 1024


def read_body(request: Request, limits: Limits, limit: str) -> bytes:
    """The raw body. Problem 415 if it is compressed, 400 if it is not whole.

    LimitExceeded if it is, or says it is, larger than the `limit`, a field of Limits.
    """
    if request.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
        raise Problem(415, "compressed bodies are not taken: send it as it is")
    limit_bytes: int = getattr(limits, limit)
    too_large = LimitExceeded(f"the body is larger than {limit_bytes} bytes", limit=limit)
    if (request.content_length or 0) > limit_bytes:
        raise too_large
    broken = Problem(400, "the body is shorter than it was said to be, or broken")
    try:
        body = _read_at_most(request, limit_bytes + 1)
    except Exception:  # noqa: BLE001 - each server has errors of its own for what breaks off or is no chunk
        raise broken from None
    if len(body) > limit_bytes:
        raise too_large
    if len(body) < (request.content_length or 0):
        raise broken
    return body


def _read_at_most(request: Request, limit_bytes: int) -> bytes:
    """By hand: werkzeug's own limit silently cuts a body that has no Content-Length."""
    request.max_content_length = None
    pieces: list[bytes] = []
    left = limit_bytes
    while left > 0 and (piece := request.stream.read(min(left, _PIECE_BYTES))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def leave_body(request: Request) -> bool:
    """Makes sure that nobody after us reads the rest of the body; False if some of it was left in the pipe.

    functions-framework reads what is left after every request, into memory and without a limit.
    """
    request.max_content_length = None
    left = _DRAINED_BYTES if (request.content_length or 0) <= _DRAINED_BYTES else 0
    piece = b"x"
    with suppress(Exception):  # whatever is wrong with the connection, the answer is made already
        while left > 0 and (piece := request.stream.read(min(left, _PIECE_BYTES))):
            left -= len(piece)
    request.stream = io.BytesIO()
    return not piece
