"""Archives that no honest writer makes, block by block."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import LimitExceeded
from penstock.source.archive import CorruptArchive
from penstock.source.paths import PathRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MIB = 1 << 20
END = bytes(1024)
REFUSALS = (CorruptArchive, PathRefused, LimitExceeded)
"""All that the reader may raise."""
FIELDS = {
    "name": (0, 100),
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "size": (124, 12),
    "mtime": (136, 12),
    "kind": (156, 1),
    "link": (157, 100),
    "magic": (257, 8),
    "user": (265, 32),
    "device": (329, 8),
    "prefix": (345, 155),
}


def summed(block: bytes) -> bytes:
    """The header with a correct checksum."""
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    return block[:148] + b"%06o\0 " % total + block[156:]


def header(block: bytes = bytes(512), **fields: bytes) -> bytes:
    """A header with these fields and a correct checksum, whatever is in them."""
    raw = bytearray(block)
    for name, value in fields.items():
        start, size = FIELDS[name]
        raw[start : start + size] = value.ljust(size, b"\0")[:size]
    return summed(bytes(raw))


def entry(name: bytes, content: bytes = b"", kind: bytes = b"0", **fields: bytes) -> bytes:
    """A header and its content."""
    usual = {"mode": b"0000600", "magic": b"ustar\x0000", "size": b"%011o" % len(content)}
    head = header(**{**usual, "name": name, "kind": kind, **fields})
    return head + content + bytes(-len(content) % 512)


def pax(name: bytes, kind: bytes = b"0") -> bytes:
    """An entry whose name, of any length and content, stands in an extended header."""
    length = len(name) + 7
    while len(str(length)) + len(name) + 7 != length:
        length = len(str(length)) + len(name) + 7
    return entry(b"pax", b"%d path=%s\n" % (length, name), b"x") + entry(b"short", kind=kind)


def archive(*entries: bytes) -> bytes:
    """The entries as a whole archive."""
    return gzip.compress(b"".join(entries) + END, mtime=0)


def swollen(head: bytes, mebibytes: int) -> bytes:
    """A gzip file of `head` and that many MiB of zeros behind it, made in no time."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = deflate.compress(head) + deflate.flush(zlib.Z_FULL_FLUSH)
    zeros = deflate.compress(bytes(MIB)) + deflate.flush(zlib.Z_FULL_FLUSH)
    trailer = struct.pack("<II", 0, (len(head) + mebibytes * MIB) & 0xFFFFFFFF)
    return b"\x1f\x8b\x08" + bytes(7) + start + zeros * mebibytes + deflate.flush() + trailer


def streamed(entries: Iterable[bytes]) -> bytes:
    """The same as `archive`, for many entries."""
    gzipping = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join((*map(gzipping.compress, entries), gzipping.compress(END), gzipping.flush()))


def peak(call: Callable[[], object]) -> int:
    """The most bytes that Python held on top of what was there, while the call was refused."""
    tracemalloc.start()
    try:
        with pytest.raises(REFUSALS):
            call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
