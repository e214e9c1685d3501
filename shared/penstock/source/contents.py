"""Files in memory, by path: the first ones as they are, what comes on top of that compressed. Pure.

An artifact of a large repository is mostly text, of which a run reads a part: so it takes about the memory of
its archive, and of the files that are read at the time.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN_BYTES = 16 * 1024 * 1024
"""Ours: what is kept as it is, so that a fleet of the usual size is never compressed."""
_FASTEST = 1


class Contents(Mapping[str, bytes]):
    """Contents of files. Filled by one thread; then many may read."""

    def __init__(self, plain_bytes: int = PLAIN_BYTES) -> None:
        self._left = plain_bytes
        self._plain: dict[str, bytes] = {}
        self._packed: dict[str, bytes] = {}

    def add(self, path: str, content: bytes) -> None:
        """One more file."""
        if len(content) <= self._left:
            self._left -= len(content)
            self._plain[path] = content
        else:
            self._packed[path] = zlib.compress(content, _FASTEST)

    def __getitem__(self, path: str) -> bytes:
        found = self._plain.get(path)
        return found if found is not None else zlib.decompress(self._packed[path])

    def __contains__(self, path: object) -> bool:
        return path in self._plain or path in self._packed

    def __iter__(self) -> Iterator[str]:
        yield from self._plain
        yield from self._packed

    def __len__(self) -> int:
        return len(self._plain) + len(self._packed)
