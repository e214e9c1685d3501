"""The part of the tar format that artifacts use: regular files, folders, and long names.

Source: POSIX ustar and pax, as Flux's storage writes them. Anything else in an archive is refused by name
(threats A-16 to A-19): links, devices, sparse files, GNU extensions, pax records other than `path`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from penstock.source.gunzip import CorruptArchive
from penstock.source.paths import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.source.gunzip import Gunzip

BLOCK = 512
END = bytes(2 * BLOCK)
FOLDER_MODE = 0o750
FILE_MODE = 0o600
EXECUTABLE_MODE = 0o700
_LARGEST = 8**11 - 1
_NAME, _PREFIX = 100, 155
_LONGEST_PAX = 8 * 1024
"""Ours, of an extended header: Linux knows no path of more than 4096 bytes, and nothing else is taken."""
_MODE, _SIZE, _CHECKSUM = slice(100, 108), slice(124, 136), slice(148, 156)
_OTHER_NUMBERS = (slice(108, 116), slice(116, 124), slice(136, 148), slice(329, 337), slice(337, 345))
"""Owner, group, time and device: of no use here, but a reader that cannot read them refuses the archive."""
_BASE_256 = b"\x80\xff"
"""First bytes of a large or a negative number, as GNU's tar and those after it write it."""
_NUMBER = re.compile(rb" *([0-7]*)[\0 ]*")
"""Digits in front, as a NUL ends a number for other readers."""


class Kind(Enum):
    """What an entry is, by its type flag."""

    FILE = b"0"
    FOLDER = b"5"
    PAX = b"x"


@dataclass(frozen=True)
class Header:
    """One entry's header: its path as written, its kind, the bytes that follow, and whether it may be run."""

    path: str
    kind: Kind
    size: int
    executable: bool = False


def padding(size: int) -> int:
    """Bytes between content of that size and the next block."""
    return -size % BLOCK


def write_header(path: str, kind: Kind, size: int, mode: int) -> bytes:
    """The blocks in front of an entry's content; times, owners and their names are all zero."""
    if size > _LARGEST:
        raise ValueError(f"no tar entry is as large as {size} bytes")
    name = path.encode()
    split = _split(name)
    if split is not None:
        return _ustar(*split, kind, size, mode)
    record = _pax_path(name)
    long_name = _ustar(b"", b"pax", Kind.PAX, len(record), FILE_MODE) + record + bytes(padding(len(record)))
    return long_name + _ustar(b"", name[:_NAME], kind, size, mode)


def read_headers(stream: Gunzip) -> Iterator[Header]:
    """The headers up to the two zero blocks of the end; the caller reads each one's content in between.

    CorruptArchive for everything that artifacts do not hold.
    """
    path: str | None = None
    while True:
        block = stream.read(BLOCK)
        if not any(block):
            if path is not None or any(stream.read(BLOCK)):
                raise CorruptArchive("the archive has no proper end")
            return
        header = _parse(block, path)
        if header.kind is Kind.PAX:
            if path is not None:
                raise CorruptArchive(f"{shown(path)} has two extended headers")
            path = _long_path(stream, header.size)
        else:
            path = None
            yield header


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """The (prefix, name) fields of a path, or None if it does not fit them."""
    if len(name) <= _NAME:
        return b"", name
    at = name.find(b"/", len(name) - _NAME - 1)
    return (name[:at], name[at + 1 :]) if 0 < at <= _PREFIX and at + 1 < len(name) else None


def _ustar(prefix: bytes, name: bytes, kind: Kind, size: int, mode: int) -> bytes:
    head = name.ljust(_NAME, b"\0") + b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode, 0, 0, size, 0)
    tail = kind.value + bytes(100) + b"ustar\00000" + bytes(64) + b"%07o\0%07o\0" % (0, 0)
    block = (head + b" " * 8 + tail + prefix.ljust(_PREFIX, b"\0")).ljust(BLOCK, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _pax_path(name: bytes) -> bytes:
    record = b" path=" + name + b"\n"
    length = len(record) + len(str(len(record)))
    if len(str(length)) + len(record) != length:
        length += 1
    return str(length).encode() + record


def _parse(block: bytes, long_path: str | None) -> Header:
    unsigned = block[:148] + b" " * 8 + block[156:]
    if _number(block[_CHECKSUM]) != sum(unsigned):
        raise CorruptArchive("the archive has a damaged header")
    path = long_path if long_path is not None else _path(block)
    if block[257:262] != b"ustar":
        raise CorruptArchive(f"{shown(path)} has a header of an unknown form")
    flag = b"0" if block[156:157] == b"\0" else block[156:157]
    try:
        kind = Kind(flag)
    except ValueError:
        raise CorruptArchive(f"{shown(path)} is no regular file and no folder") from None
    size, mode = _number(block[_SIZE]), _number(block[_MODE])
    for field in _OTHER_NUMBERS:
        if block[field.start] not in _BASE_256:
            _number(block[field])
    if kind is Kind.FOLDER and size:
        raise CorruptArchive(f"the folder {shown(path)} has content")
    return Header(path, kind, size, bool(mode & 0o111))


def _path(block: bytes) -> str:
    name, prefix = _text(block[:_NAME]), b""
    if block[257:265] == b"ustar\00000":
        prefix = _text(block[345 : 345 + _PREFIX])
    return _decode(prefix + b"/" + name if prefix else name)


def _text(field: bytes) -> bytes:
    """A field's bytes; what stands behind its first NUL must be NULs, or a name would be cut (A-15)."""
    text, _, rest = field.partition(b"\0")
    if any(rest):
        raise CorruptArchive("a name in the archive has a NUL in it")
    return text


def _decode(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        raise CorruptArchive(f"the name {shown(name.decode(errors='replace'))} is not in UTF-8") from None


def _number(field: bytes) -> int:
    """An octal number; none written is 0."""
    found = _NUMBER.fullmatch(field)
    if found is None:
        raise CorruptArchive("the archive has a header with a number of an unknown form")
    return int(found[1] or b"0", 8)


def _long_path(stream: Gunzip, size: int) -> str:
    """The path in a pax header, which may hold that one record and no other."""
    if size > _LONGEST_PAX:
        raise CorruptArchive("the archive has an oversized extended header")
    record = stream.read(size)
    stream.read(padding(size))
    length, _, rest = record.partition(b" ")
    if not length.isdigit() or int(length) != size or not rest.startswith(b"path=") or rest[-1:] != b"\n":
        raise CorruptArchive("the archive has an extended header with more than a path in it")
    return _decode(rest[5:-1])
