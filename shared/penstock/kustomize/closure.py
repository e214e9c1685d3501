"""The digest of everything that a build looked at: while it stays, so does the result (decision 3). Pure."""

from __future__ import annotations

import posixpath
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from penstock.kustomize.built import Reads

_NOTHING = b"-"
_FOLDER = b"/"


class Tree:
    """The files of an artifact, its folders, and what is in each of these. Threads may share it."""

    def __init__(self, files: Mapping[str, bytes], folders: Collection[str]) -> None:
        self._files = files
        self._given = folders

    def content(self, path: str) -> bytes:
        """The checksum of the file; what else is there, if it is none."""
        data = self._files.get(path)
        return self.kind(path) if data is None else sha256(data).hexdigest().encode()

    def kind(self, path: str) -> bytes:
        """Whether there is a file, a folder or nothing."""
        if path in self._files:
            return b"file"
        return _FOLDER if path in self._entries else _NOTHING

    def names(self, path: str) -> tuple[bytes, ...]:
        """The names in the folder, those of folders with a slash; what else is there, if it is none."""
        found = self._entries.get(path)
        return (self.kind(path),) if found is None else (_FOLDER, *sorted(found))

    @cached_property
    def _entries(self) -> Mapping[str, set[bytes]]:
        entries: dict[str, set[bytes]] = {"": set()}
        for path in self._files:
            self._enter(entries, path, _bytes(posixpath.basename(path)))
        for path in self._given:
            self._enter_folder(entries, path)
        return entries

    def _enter(self, entries: dict[str, set[bytes]], path: str, name: bytes) -> None:
        parent = posixpath.dirname(path)
        self._enter_folder(entries, parent)
        entries[parent].add(name)

    def _enter_folder(self, entries: dict[str, set[bytes]], path: str) -> None:
        if path in entries:
            return
        entries[path] = set()
        self._enter(entries, path, _bytes(posixpath.basename(path)) + _FOLDER)


def closure_digest(reads: Reads, tree: Tree) -> str:
    """The digest (hex) of what a build would find where another one looked."""
    digest = sha256()
    for parts in _found(reads, tree):
        for part in parts:
            digest.update(b"%d:%b" % (len(part), part))
        digest.update(b"\n")
    return digest.hexdigest()


def _found(reads: Reads, tree: Tree) -> Iterator[tuple[bytes, ...]]:
    for path in reads.files_read:
        yield b"read", _bytes(path), tree.content(path)
    for path in (*reads.absent, *reads.directories):
        yield b"kind", _bytes(path), tree.kind(path)
    for path in reads.listed:
        yield b"list", _bytes(path), *tree.names(path)


def _bytes(path: str) -> bytes:
    return path.encode(errors="surrogatepass")
