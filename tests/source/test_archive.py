"""Packing and reading of archives (threats A-15 to A-25, B-23)."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from penstock.base.errors import LimitExceeded, Terminal
from penstock.base.limits import Limits
from penstock.source.archive import CorruptArchive, Member, pack, unpack
from penstock.source.paths import PathRefused, parents, walk_order

LIMITS = Limits()


LONG = "/".join(["folder-with-a-long-name"] * 12) + "/file.yaml"


FILES = {
    "a/one.yaml": b"kind: A\n",
    "a/run.sh": b"#!/bin/sh\n",
    "a.yaml": b"",
    "b/big": bytes(1500),
    LONG: b"x",
}


def packed(files: dict[str, bytes]) -> bytes:
    folders = {folder for path in files for folder in parents(path)}
    members = [Member(folder, None) for folder in folders]
    members += [Member(path, data, executable=path.endswith(".sh")) for path, data in files.items()]
    return pack(sorted(members, key=lambda member: walk_order(member.path)), LIMITS).data


def tar(*entries: tarfile.TarInfo, form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for entry in entries:
            archive.addfile(entry, io.BytesIO(bytes(entry.size)))
    return out.getvalue()


def named(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


def test_what_was_packed_is_what_is_unpacked() -> None:
    found = unpack(packed(FILES), LIMITS)
    assert dict(found.files) == FILES
    assert found.folders == {folder for path in FILES for folder in parents(path)}


def test_packing_names_the_digest_of_the_archive_and_of_every_file() -> None:
    result = pack([Member("a", b"1"), Member("b", None), Member("b/c", b"2")], LIMITS)
    assert result.digest == "sha256:" + sha256(result.data).hexdigest()
    assert result.files == {"a": sha256(b"1").hexdigest(), "b/c": sha256(b"2").hexdigest()}


def test_the_same_files_give_the_same_bytes_with_no_time_or_name_in_the_gzip_header() -> None:
    first = packed(FILES)
    assert packed(FILES) == first
    assert first[:8] == b"\x1f\x8b\x08\x00" + bytes(4)


def test_other_readers_see_the_modes_and_zeroed_times_of_fluxs_storage() -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(FILES))) as archive:
        found = {info.name: info for info in archive.getmembers()}
    assert found.keys() == unpack(packed(FILES), LIMITS).files.keys() | unpack(packed(FILES), LIMITS).folders
    assert {info.mtime for info in found.values()} == {0}
    assert {(info.uid, info.gid, info.uname, info.gname) for info in found.values()} == {(0, 0, "", "")}
    assert (found["a"].mode, found["a.yaml"].mode, found["a/run.sh"].mode) == (0o750, 0o600, 0o700)


def test_entries_are_in_the_order_of_a_walk() -> None:
    with tarfile.open(fileobj=io.BytesIO(packed({"a/z": b"", "a.b": b"", "a-b": b""}))) as archive:
        assert archive.getnames() == ["a", "a/z", "a-b", "a.b"]


_PART = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=60).filter(
    lambda part: not {"/", "\\", ":"} & set(part) and part not in {".", ".."} and "git" not in part.lower()
)


@given(st.dictionaries(st.lists(_PART, min_size=1, max_size=6).map("/".join), st.binary(max_size=2000)))
def test_any_files_survive_packing_and_unpacking(files: dict[str, bytes]) -> None:
    clash = any(folder in files for path in files for folder in parents(path))
    if clash:
        with pytest.raises(CorruptArchive):
            packed(files)
    else:
        assert dict(unpack(packed(files), LIMITS).files) == files


def test_a_truncated_archive_is_refused_at_every_offset() -> None:
    whole = packed({"a/one.yaml": b"kind: A\n" * 200, "b.yaml": b"kind: B\n"})
    for end in range(len(whole)):
        with pytest.raises(CorruptArchive):
            unpack(whole[:end], LIMITS)


def test_a_tar_cut_at_any_block_inside_a_whole_gzip_is_refused() -> None:
    whole = gzip.decompress(packed(FILES))
    for end in range(0, len(whole), 512):
        with pytest.raises(CorruptArchive):
            unpack(gzip.compress(whole[:end]), LIMITS)


@settings(deadline=None)
@given(st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(data: st.DataObject) -> None:
    whole = packed(FILES)
    at = data.draw(st.integers(0, len(whole) - 1))
    value = data.draw(st.integers(0, 255))
    changed = whole[:at] + bytes([value]) + whole[at + 1 :]
    try:
        found = unpack(changed, LIMITS)
    except Terminal:
        return
    assert dict(found.files) == FILES


@settings(deadline=None)
@given(st.binary(max_size=600), st.sampled_from([bytes, gzip.compress]))
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(
    data: bytes, wrap: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(CorruptArchive):
        unpack(wrap(data), LIMITS)


CORRUPT = {
    "no bytes": b"",
    "a second member": packed(FILES) + gzip.compress(b""),
    "the same archive twice": packed(FILES) * 2,
    "garbage behind the end": packed(FILES) + b"\0",
    "a wrong checksum": packed(FILES)[:-8] + bytes(4) + packed(FILES)[-4:],
    "a wrong length": packed(FILES)[:-1] + b"\1",
    "a zip file": b"PK\3\4" + bytes(100),
    "a zstd file": b"\x28\xb5\x2f\xfd" + bytes(100),
    "a zlib stream": zlib.compress(gzip.decompress(packed(FILES))),
    "no end blocks": gzip.compress(gzip.decompress(packed(FILES))[:-1024]),
    "one end block": gzip.compress(gzip.decompress(packed(FILES))[:-512]),
    "something after the end blocks": gzip.compress(gzip.decompress(packed(FILES)) + b"x" * 512),
    "endless zeros after the end blocks": gzip.compress(gzip.decompress(packed(FILES)) + bytes(1 << 20)),
    "no archive at all": gzip.compress(b"kind: Deployment\n" * 100),
}


@pytest.mark.parametrize("data", CORRUPT.values(), ids=CORRUPT.keys())
def test_what_is_not_exactly_one_whole_archive_is_refused(data: bytes) -> None:
    with pytest.raises(CorruptArchive):
        unpack(data, LIMITS)


def test_zeros_that_fill_up_the_last_record_are_accepted() -> None:
    assert unpack(gzip.compress(tar(named("a"))), LIMITS).files == {"a": b""}


def test_a_name_in_the_gzip_header_of_any_length_is_passed_over() -> None:
    whole = gzip.compress(tar(named("a")), mtime=0)
    header = whole[:3] + b"\x08" + whole[4:10] + b"n" * 200_000 + b"\0"
    assert unpack(header + whole[10:], LIMITS).files == {"a": b""}


@pytest.mark.parametrize("behind", [gzip.compress(b""), b"\0", b"garbage"])
def test_what_follows_an_archive_is_seen_wherever_the_archive_ends(behind: bytes) -> None:
    whole = gzip.compress(tar(named("a")), mtime=0)
    name = b"n" * (64 * 1024 - len(whole) - 1) + b"\0"
    padded = whole[:3] + b"\x08" + whole[4:10] + name + whole[10:]
    assert len(padded) == 64 * 1024
    assert unpack(padded, LIMITS).files == {"a": b""}
    with pytest.raises(CorruptArchive, match="something follows"):
        unpack(padded + behind, LIMITS)


REFUSED_ENTRIES = {
    "an absolute symbolic link": named("l", tarfile.SYMTYPE, link="/etc/passwd"),
    "a symbolic link within": named("l", tarfile.SYMTYPE, link="a"),
    "a hard link": named("l", tarfile.LNKTYPE, link="a"),
    "a character device": named("d", tarfile.CHRTYPE),
    "a block device": named("d", tarfile.BLKTYPE),
    "a fifo": named("d", tarfile.FIFOTYPE),
    "a sparse file": named("d", tarfile.GNUTYPE_SPARSE),
    "an unknown type": named("d", b"Z"),
    "a contiguous file": named("d", tarfile.CONTTYPE),
    "a path out of it": named("../x"),
    "an absolute path": named("/x"),
    "the root": named(".", tarfile.DIRTYPE),
    "git's own folder": named(".git/config"),
}


@pytest.mark.parametrize("entry", REFUSED_ENTRIES.values(), ids=REFUSED_ENTRIES.keys())
def test_an_entry_that_is_no_plain_file_or_folder_refuses_the_whole_archive(entry: tarfile.TarInfo) -> None:
    with pytest.raises((CorruptArchive, PathRefused)):
        unpack(gzip.compress(tar(named("a"), entry, named("z"))), LIMITS)


@pytest.mark.parametrize(
    "entries",
    [
        (named("a"), named("a")),
        (named("a", tarfile.DIRTYPE), named("a", tarfile.DIRTYPE)),
        (named("a"), named("a", tarfile.DIRTYPE)),
        (named("a", tarfile.DIRTYPE), named("a")),
        (named("a"), named("a/b")),
        (named("a/b"), named("a")),
        (named("a/b/c"), named("a/b")),
    ],
)
def test_a_name_that_is_there_twice_or_is_both_file_and_folder_is_refused(
    entries: tuple[tarfile.TarInfo, ...],
) -> None:
    with pytest.raises(CorruptArchive):
        unpack(gzip.compress(tar(*entries)), LIMITS)


def test_names_that_differ_only_in_case_or_normal_form_are_different_names() -> None:
    files = {"A.yaml": b"1", "a.yaml": b"2", "\u00e9": b"3", "e\u0301": b"4"}
    assert dict(unpack(packed(files), LIMITS).files) == files


def test_modes_owners_and_times_of_an_entry_have_no_effect() -> None:
    strange = named("a/b")
    strange.mode, strange.uid, strange.mtime = 0o7777, 0, 8**11 - 1
    folder = named("a", tarfile.DIRTYPE)
    folder.mode = 0
    assert unpack(gzip.compress(tar(folder, strange)), LIMITS).files == {"a/b": b""}


def test_a_small_file_that_inflates_enormously_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(tar(named("a", size=30_000_000)))
    assert len(bomb) < 40_000
    with pytest.raises(LimitExceeded, match="'a' is larger than 1000 bytes"):
        unpack(bomb, Limits(artifact_file_bytes=1000))


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (Limits(artifact_files=3), "more than 3 files.*PENSTOCK_LIMIT_ARTIFACT_FILES"),
        (Limits(artifact_bytes=40), "larger than 40 bytes together.*PENSTOCK_LIMIT_ARTIFACT_BYTES"),
        (Limits(artifact_archive_bytes=60), "larger than 60 bytes.*PENSTOCK_LIMIT_ARTIFACT_ARCHIVE_BYTES"),
        (Limits(artifact_file_bytes=12), "'d' is larger than 12.*PENSTOCK_LIMIT_ARTIFACT_FILE_BYTES"),
    ],
)
def test_an_archive_beyond_a_limit_is_neither_packed_nor_unpacked(limits: Limits, text: str) -> None:
    files = {"a": b"0123456789", "b": b"0123456789", "c": b"0123456789", "d": bytes(range(13))}
    with pytest.raises(LimitExceeded, match=text):
        unpack(packed(files), limits)
    with pytest.raises(LimitExceeded, match=text):
        pack([Member(path, data) for path, data in files.items()], limits)
