"""Headers of archives: the few that are read, and the many that are not (threats A-15, A-19, A-20)."""

import gzip
import tarfile

import pytest
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.source.archive import CorruptArchive, Member, pack, unpack
from penstock.source.paths import PathRefused

from tests.source.test_archive import named, packed

LIMITS = Limits()
FILES = {"a/one.yaml": b"kind: A\n"}


def _raw(kind: bytes, content: bytes = b"", name: bytes = b"x") -> bytes:
    """A header with a correct checksum, as tarfile would not write it."""
    info = named("x", kind, len(content))
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[: len(name)] = name
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + content + bytes(-len(content) % 512)


RAW = {
    "a global header": _raw(b"g", b"15 comment=abc\n"),
    "a pax header with a size": _raw(b"x", b"10 size=9\n") + _raw(b"0"),
    "a pax header with two records": _raw(b"x", b"10 path=a\n10 path=b\n") + _raw(b"0"),
    "two pax headers": _raw(b"x", b"10 path=a\n") + _raw(b"x", b"10 path=b\n") + _raw(b"0"),
    "a pax header with a wrong length": _raw(b"x", b"99 path=a\n") + _raw(b"0"),
    "a pax path out of it": _raw(b"x", b"13 path=../x\n") + _raw(b"0"),
    "a pax path with a NUL": _raw(b"x", b"12 path=a\0b\n") + _raw(b"0"),
    "a pax path not in UTF-8": _raw(b"x", b"10 path=\xe9\n") + _raw(b"0"),
    "an oversized pax header": _raw(b"x", b"20008 path=" + b"a" * 19996 + b"\n") + _raw(b"0"),
    "a pax header with nothing behind it": _raw(b"x", b"10 path=a\n"),
    "a GNU long name": _raw(b"L", b"a" * 600) + _raw(b"0"),
    "a folder with content": _raw(b"5", b"abc"),
    "a name not in UTF-8": _raw(b"0", name=b"\xe9"),
    "a name with a NUL in it": _raw(b"0", name=b"a\0b"),
    "a file whose name ends with a slash": _raw(b"0", name=b"a/"),
    "an empty name": _raw(b"0", name=b"\0"),
}


@pytest.mark.parametrize("blocks", RAW.values(), ids=RAW.keys())
def test_a_header_that_artifacts_do_not_have_refuses_the_whole_archive(blocks: bytes) -> None:
    with pytest.raises((CorruptArchive, PathRefused)):
        unpack(gzip.compress(blocks + bytes(1024)), LIMITS)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (124, b"77777777777\0"),
        (124, b"\x80" + bytes(11)),
        (124, b"\x80" + bytes(10) + b"\3"),
        (124, b"-0000000001\0"),
        (124, b"\00000000003\0"),
        (124, b"00000000003\1"),
        (257, b"other\0"),
        (100, b"\x80" + bytes(7)),
        *((at, value) for at in (100, 108, 116, 136, 329, 337) for value in (b"0000644\1", b"\x81\0", b"8")),
    ],
)
def test_a_header_that_lies_about_its_size_or_has_another_form_is_refused(at: int, value: bytes) -> None:
    block = bytearray(_raw(b"0", b"abc")[:512])
    block[at : at + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    with pytest.raises((CorruptArchive, LimitExceeded)):
        unpack(gzip.compress(bytes(block) + b"abc" + bytes(509 + 1024)), LIMITS)


def test_a_damaged_header_is_refused() -> None:
    whole = bytearray(gzip.decompress(packed(FILES)))
    whole[0] ^= 1
    with pytest.raises(CorruptArchive, match="damaged header"):
        unpack(gzip.compress(bytes(whole)), LIMITS)


def test_a_file_too_large_for_the_format_is_no_silent_wrong_header() -> None:
    from penstock.source.tarblocks import Kind, write_header

    with pytest.raises(ValueError, match="no tar entry"):
        write_header("a", Kind.FILE, 8**11, 0o600)


@pytest.mark.parametrize("length", [99, 100, 101, 156, 255, 256, 257, 990, 1000, 1009, 1023])
def test_a_name_of_any_length_comes_back(length: int) -> None:
    for name in ("n" * length, ("d/" * length)[: length - 1] + "n"):
        limits = Limits(artifact_path_depth=2000)
        assert unpack(pack([Member(name, b"1")], limits).data, limits).files == {name: b"1"}
