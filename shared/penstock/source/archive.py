"""An artifact's archive: packed reproducibly, read by the one reader that believes nothing.

Packing gives the same bytes for the same files (with one version of zlib), in the order, the modes and with
the zeroed times of Flux's storage. Reading stays in memory: no entry ever becomes a file on disk, so modes,
owners, times and links cannot do anything (threats A-15 to A-25, B-23).
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded
from penstock.source.contents import Contents
from penstock.source.gunzip import CorruptArchive, Gunzip
from penstock.source.paths import check_path, parents, shown
from penstock.source.tarblocks import (
    END,
    EXECUTABLE_MODE,
    FILE_MODE,
    FOLDER_MODE,
    Kind,
    padding,
    read_headers,
    write_header,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from penstock.base.limits import Limits

__all__ = ["CorruptArchive", "Member", "Packed", "Unpacked", "check_members", "members", "pack", "unpack"]

_GZIP = 31
_LEVEL = 6
_TRAILING_ZEROS = 20 * 512
"""Other writers of tar fill up their last record; ours does not."""


@dataclass(frozen=True)
class Member:
    """A file, or a folder where there is no content."""

    path: str
    content: bytes | None
    executable: bool = False


@dataclass(frozen=True)
class Packed:
    """An archive as bytes, its digest (`sha256:<hex>`), and the sha256 in hex of every file in it."""

    data: bytes
    digest: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Unpacked:
    """The files of an archive by path, and all folders, also those that only a file's path names."""

    files: Mapping[str, bytes]
    folders: frozenset[str]


def digest_of(data: bytes) -> str:
    """The digest of a stored file, as status.artifact writes it."""
    return f"sha256:{sha256(data).hexdigest()}"


def pack(entries: Iterable[Member], limits: Limits) -> Packed:
    """The archive of the entries, which come in `walk_order`, each once.

    Takes them one by one, so that only the compressed archive and one file are in memory.
    """
    gzip = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    out = io.BytesIO()
    digests: dict[str, str] = {}
    seen = _Entries(limits)
    for member in entries:
        seen.add(member.path, len(member.content or b""), is_file=member.content is not None)
        for part in _entry(member):
            out.write(gzip.compress(part))
        if member.content is not None:
            digests[member.path] = sha256(member.content).hexdigest()
        check_archive_size(out.tell(), limits)
    out.write(gzip.compress(END) + gzip.flush())
    check_archive_size(out.tell(), limits)
    # Gives what it holds itself: no second copy.
    data = out.getvalue()
    return Packed(data, digest_of(data), MappingProxyType(digests))


def unpack(data: bytes, limits: Limits) -> Unpacked:
    """The files in an archive; CorruptArchive, PathRefused or LimitExceeded if anything about it is wrong.

    All or nothing: an archive that is cut anywhere gives no file at all (B-23).
    """
    files = Contents()
    entries = _Entries(limits)
    for member in _read(data, entries, limits):
        if member.content is not None:
            files.add(member.path, member.content)
    return Unpacked(files, frozenset(entries.folders))


def members(data: bytes, limits: Limits) -> Iterator[Member]:
    """What is in an archive, one by one, so that one file is in memory.

    Errors as in `unpack`, some of them only at the end: nothing may be made of what came before.
    """
    return _read(data, _Entries(limits), limits)


def _read(data: bytes, entries: _Entries, limits: Limits) -> Iterator[Member]:
    check_archive_size(len(data), limits)
    stream = Gunzip(data)
    for header in read_headers(stream):
        is_file = header.kind is Kind.FILE
        path = header.path if is_file else header.path.removesuffix("/")
        entries.add(path, header.size, is_file=is_file)
        content = stream.read(header.size) if is_file else None
        stream.read(padding(header.size))
        yield Member(path, content, executable=is_file and header.executable)
    stream.finish(_TRAILING_ZEROS)


def check_members(entries: Iterable[tuple[str, int, bool]], limits: Limits) -> None:
    """Raise what `pack` would, from paths, sizes and whether it is a file: before a byte is read."""
    seen = _Entries(limits)
    for path, size, is_file in entries:
        seen.add(path, size, is_file=is_file)


def check_archive_size(size: int, limits: Limits) -> None:
    """Raise LimitExceeded if no archive may be that large, compressed."""
    if size > limits.artifact_archive_bytes:
        raise LimitExceeded(
            _too_much(f"the archive is larger than {limits.artifact_archive_bytes} bytes"),
            limit="artifact_archive_bytes",
        )


class _Entries:
    """What was seen of an archive so far: stops at the limits and at names that cannot all be true."""

    def __init__(self, limits: Limits) -> None:
        self.folders: set[str] = set()
        self._limits = limits
        self._named: set[str] = set()
        self._files: set[str] = set()
        self._bytes = 0

    def add(self, path: str, size: int, *, is_file: bool) -> None:
        """One more entry, before its content is read or kept."""
        check_path(path, self._limits)
        if path in self._named:
            raise CorruptArchive(f"{shown(path)} is there more than once")
        self._named.add(path)
        folders = parents(path) if is_file else (*parents(path), path)
        self.folders.update(folders)
        if is_file:
            self._files.add(path)
        self._count(path, size)
        clash = next(
            (name for name in (*folders, path) if name in self._files and name in self.folders), None
        )
        if clash is not None:
            raise CorruptArchive(f"{shown(clash)} is a file and a folder")

    def _count(self, path: str, size: int) -> None:
        limits = self._limits
        self._bytes += size
        if size > limits.artifact_file_bytes:
            raise LimitExceeded(
                _too_much(f"the file {shown(path)} is larger than {limits.artifact_file_bytes} bytes"),
                limit="artifact_file_bytes",
            )
        if len(self._files) + len(self.folders) > limits.artifact_files:
            raise LimitExceeded(
                _too_much(f"there are more than {limits.artifact_files} files and folders"),
                limit="artifact_files",
            )
        if self._bytes > limits.artifact_bytes:
            raise LimitExceeded(
                _too_much(f"the files are larger than {limits.artifact_bytes} bytes together"),
                limit="artifact_bytes",
            )


def _too_much(what: str) -> str:
    return f"{what}: exclude what is not needed in .sourceignore or spec.ignore, or raise the limit"


def _entry(member: Member) -> tuple[bytes, ...]:
    if member.content is None:
        return (write_header(member.path, Kind.FOLDER, 0, FOLDER_MODE),)
    size = len(member.content)
    mode = EXECUTABLE_MODE if member.executable else FILE_MODE
    return write_header(member.path, Kind.FILE, size, mode), member.content, bytes(padding(size))
