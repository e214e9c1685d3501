"""Reads one gzip member strictly: every real byte counted, checksum and length verified, nothing after it.

Source: RFC 1952. Python's gzip module accepts a wrong checksum, cut input, further members and garbage
when its reader is not drained (threats A-20, A-25); this reader is only satisfied at the true end.
"""

from __future__ import annotations

import zlib

from penstock.base.errors import Terminal

_SLICE = 64 * 1024
_GZIP_ONLY = 31


class CorruptArchive(Terminal):
    """Bytes that are no whole, well-formed archive."""

    reason = "ArtifactCorrupt"


class Gunzip:
    """A reader over the bytes of one gzip file; never holds more than a slice of what comes out."""

    def __init__(self, data: bytes) -> None:
        self._rest = memoryview(data)
        self._inflate = zlib.decompressobj(_GZIP_ONLY)
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes; CorruptArchive if the file ends before."""
        while len(self._ready) < size:
            if not self._fill():
                raise CorruptArchive("the archive is cut off")
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def finish(self, padding: int) -> None:
        """Raise CorruptArchive unless all that is left is at most `padding` zeros and a correct trailer."""
        left = 0
        while True:
            left += len(self._ready)
            if left > padding or any(self._ready):
                raise CorruptArchive("the archive goes on after its end")
            self._ready.clear()
            if not self._fill():
                break
        if not self._inflate.eof:
            raise CorruptArchive("the archive is cut off")
        if self._inflate.unused_data or self._rest:
            raise CorruptArchive("something follows the archive in its file")

    def _fill(self) -> bool:
        """Inflate one slice; False when nothing more will come."""
        while not self._inflate.eof:
            pending = self._inflate.unconsumed_tail or self._next_slice()
            try:
                out = self._inflate.decompress(pending, _SLICE)
            except zlib.error:
                raise CorruptArchive("the archive is no intact gzip file") from None
            if out:
                self._ready += out
                return True
            if not pending:
                return False
        return False

    def _next_slice(self) -> bytes:
        taken = bytes(self._rest[:_SLICE])
        self._rest = self._rest[_SLICE:]
        return taken
