"""The framing between penstock and the upstream helper (shared/upstream/internal/wire).

Four bytes of length, big endian; that many bytes of JSON; and, where the JSON has a number "blob", that many
raw bytes. Pure: bytes in, bytes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from penstock.api.objects import Json

HEADER_BYTES = 4
PROTOCOL = 4
"""Raised with every change that the other side must know of (internal/ops/version.go)."""


def encode(head: Json, blob: bytes = b"") -> bytes:
    """One message, ready to be written."""
    if blob:
        head = {**head, "blob": len(blob)}
    data = orjson.dumps(head)
    return len(data).to_bytes(HEADER_BYTES, "big") + data + blob


def body_size(header: bytes | bytearray) -> int:
    """The size of the JSON that follows the four bytes."""
    return int.from_bytes(header, "big")


def decode(body: bytes | bytearray) -> Json:
    """The JSON of a message; ValueError if it is no object."""
    head = orjson.loads(body)
    if not isinstance(head, dict):
        raise ValueError("message is no JSON object")  # noqa: TRY004 - a bad value, whatever its type
    return head
