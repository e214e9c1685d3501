"""Takes from a request what is allowed to come in, and not a byte more (threats A-01)."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING

from penstock.runtime.answers import Problem

if TYPE_CHECKING:
    from flask import Request

_DRAINED_BYTES = 32 * 1024 * 1024
"""GitHub sends 25 MiB at most: so much is thrown away unread, so that the answer arrives."""
_PIECE_BYTES = 64 * 1024


def read_body(request: Request, limit_bytes: int) -> bytes:
    """The raw body. Problem 415 if it is compressed, 413 if it is, or says it is, larger than the limit."""
    from werkzeug.exceptions import HTTPException  # noqa: PLC0415 - as flask

    if request.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
        raise Problem(415, "compressed bodies are not taken: send it as it is")
    too_large = Problem(413, f"the body is larger than {limit_bytes} bytes")
    if (request.content_length or 0) > limit_bytes:
        raise too_large
    try:
        body = _read_at_most(request, limit_bytes + 1)
    except (HTTPException, OSError):
        raise Problem(400, "the body is shorter than it was said to be") from None
    if len(body) > limit_bytes:
        raise too_large
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
