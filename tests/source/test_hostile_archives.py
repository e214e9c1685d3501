"""Archives made to do harm, as they may lie in the bucket (threats A-15 to A-25)."""

from __future__ import annotations

import gzip

import pytest
from penstock.base.limits import Limits
from penstock.source.archive import CorruptArchive, Member, pack, unpack
from penstock.source.paths import PathRefused

from tests.source.archives import MIB, REFUSALS, archive, entry, header, pax, peak, streamed, swollen

LIMITS = Limits()
GOOD = entry(b"good.yaml", b"kind: A\n")
NAMES = {
    "up": b"../x",
    "down and up": b"a/../../x",
    "ends up": b"a/..",
    "absolute": b"/abs",
    "a Windows drive": b"C:\\x",
    "a Windows path up": b"..\\x",
    "empty": b"",
    "dot": b".",
    "a NUL": b"a\0b",
    "a line break": b"a\nb",
    "a very long one": b"n" * 5000,
    "a very deep one": b"d/" * 4000 + b"x",
    "not in UTF-8": b"caf\xe9",
    "the root": b"/",
    "two slashes": b"a//b",
    "git's settings": b".git/config",
    "git's hooks": b"a/.git/hooks/x",
    "git on NTFS": b"git~1",
    "git on HFS+": ".g\u200cit/config".encode(),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
@pytest.mark.parametrize("kind", [b"0", b"5"])
def test_a_name_that_leads_elsewhere_refuses_the_whole_archive(name: bytes, kind: bytes) -> None:
    spellings = [pax(name, kind)]
    if len(name) <= 100:
        spellings.append(entry(name, kind=kind))
    for bad in spellings:
        with pytest.raises(REFUSALS):
            unpack(archive(GOOD, bad, entry(b"z")), LIMITS)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
@pytest.mark.parametrize("content", [b"", None])
def test_a_name_that_leads_elsewhere_is_not_packed_either(name: bytes, content: bytes | None) -> None:
    text = name.decode("utf-8", "surrogateescape")
    with pytest.raises(REFUSALS):
        pack([Member("good.yaml", b""), Member(text, content)], LIMITS)


@pytest.mark.parametrize("prefix", [b"..", b"/abs", b"a/..", b".git", b"a\0b", b"C:"])
def test_a_name_is_judged_with_its_prefix(prefix: bytes) -> None:
    with pytest.raises(REFUSALS):
        unpack(archive(GOOD, entry(b"x", prefix=prefix)), LIMITS)


CHAIN = [entry(b"l%d" % n, kind=b"2", link=b"l%d" % (n + 1)) for n in range(50)]
LINKS = {
    "absolute": [entry(b"l", kind=b"2", link=b"/etc/passwd")],
    "outside": [entry(b"l", kind=b"2", link=b"../../x")],
    "inside": [entry(b"l", kind=b"2", link=b"good.yaml")],
    "dangling": [entry(b"l", kind=b"2", link=b"nothing")],
    "to itself": [entry(b"l", kind=b"2", link=b"l")],
    "a chain": CHAIN,
    "with a file below": [entry(b"d", kind=b"2", link=b"../.."), entry(b"d/x")],
    "to a folder, with a file below": [
        entry(b"sub/", kind=b"5"),
        entry(b"d", kind=b"2", link=b"sub"),
        entry(b"d/x"),
    ],
    "hard, to outside": [entry(b"h", kind=b"1", link=b"../../etc/passwd")],
    "hard, to a link": [entry(b"l", kind=b"2", link=b"/etc"), entry(b"h", kind=b"1", link=b"l")],
    "hard, to a file": [entry(b"h", kind=b"1", link=b"good.yaml")],
}


@pytest.mark.parametrize("entries", LINKS.values(), ids=LINKS.keys())
def test_a_link_of_any_sort_refuses_the_whole_archive(entries: list[bytes]) -> None:
    with pytest.raises(CorruptArchive, match="is no regular file and no folder"):
        unpack(archive(GOOD, *entries, entry(b"z")), LIMITS)


@pytest.mark.parametrize("kind", [b"3", b"4", b"6", b"7", b"S", b"K", b"L", b"D", b"M", b"V", b"g", b"A"])
def test_what_is_no_file_and_no_folder_refuses_the_whole_archive(kind: bytes) -> None:
    with pytest.raises(CorruptArchive, match="is no regular file and no folder"):
        unpack(archive(GOOD, entry(b"x", b"123", kind), entry(b"z")), LIMITS)


LONG = b"%011o" % (100 * MIB)


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_an_enormous_name_is_refused_without_being_read(kind: bytes) -> None:
    data = swollen(entry(b"x", kind=kind, size=LONG), 100)
    assert peak(lambda: unpack(data, LIMITS)) < MIB


BOMBS = {
    "a size that is honest": entry(b"x", size=b"%011o" % (8**11 - 1)),
    "a size that is too small": entry(b"x", size=b"%011o" % 10),
    "no size at all": entry(b"x"),
    "nothing but zeros": b"",
    "a size in base 256": entry(b"x", size=b"\x80" + bytes(5) + b"\2" + bytes(5)),
}


@pytest.mark.parametrize("head", BOMBS.values(), ids=BOMBS.keys())
def test_ten_gigabytes_in_a_small_file_are_never_unpacked(head: bytes) -> None:
    data = swollen(head, 10_000)
    assert len(data) < 12 * MIB
    assert peak(lambda: unpack(data, LIMITS)) < MIB


def test_many_files_that_are_small_enough_each_stop_at_the_limit_of_all() -> None:
    limits = Limits(artifact_file_bytes=MIB, artifact_bytes=4 * MIB)
    data = streamed(entry(b"%d" % n, bytes(MIB)) for n in range(64))
    assert peak(lambda: unpack(data, limits)) < 8 * MIB


def test_an_archive_within_an_archive_is_a_file() -> None:
    inner = swollen(entry(b"x", size=LONG), 1000)
    assert unpack(archive(entry(b"a.tar.gz", inner)), LIMITS).files == {"a.tar.gz": inner}


@pytest.mark.parametrize("folder", [b"", b"folder/"])
def test_more_entries_than_allowed_are_refused(folder: bytes) -> None:
    data = streamed(entry(b"%s%06d" % (folder, n)) for n in range(100_001))
    with pytest.raises(REFUSALS, match="more than 100000 files and folders"):
        unpack(data, LIMITS)


def test_of_two_million_files_only_as_many_are_looked_at_as_are_allowed() -> None:
    endless = (Member(f"{n:07d}", b"") for n in range(2_000_000))
    with pytest.raises(REFUSALS, match="more than 100000 files and folders"):
        pack(endless, LIMITS)
    assert next(endless).path == "0100001"


def test_folders_that_only_a_name_names_count_as_well() -> None:
    limits = Limits(artifact_files=1000)
    data = streamed(pax(b"%d/" % n + b"folder-number/" * 60 + b"x") for n in range(1000))
    with pytest.raises(REFUSALS, match="more than 1000 files and folders"):
        unpack(data, limits)
    assert peak(lambda: unpack(data, limits)) < 4 * MIB


def test_ten_thousand_folders_one_in_the_other_are_refused() -> None:
    with pytest.raises(REFUSALS, match="is deeper than 64 folders"):
        unpack(streamed(pax(b"d/" * n, b"5") for n in range(1, 10_000)), LIMITS)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ((entry(b"a"), entry(b"a")), "'a' is there more than once"),
        ((entry(b"a"), pax(b"a")), "'a' is there more than once"),
        ((entry(b"a/b"), entry(b"b", prefix=b"a")), "'a/b' is there more than once"),
        ((entry(b"a"), entry(b"a/", kind=b"5")), "'a' is there more than once"),
        ((entry(b"a"), entry(b"a/b")), "'a' is a file and a folder"),
        ((entry(b"a/b/c"), entry(b"a/b")), "'a/b' is a file and a folder"),
    ],
)
def test_names_that_cannot_both_be_there_are_refused_by_name(entries: tuple[bytes, ...], said: str) -> None:
    with pytest.raises(CorruptArchive, match=said):
        unpack(archive(*entries), LIMITS)


def test_names_that_only_look_alike_are_different_files() -> None:
    names = ["A.yaml", "a.yaml", "\u00e9", "e\u0301", "a", "a.", "a "]
    found = unpack(archive(*(entry(name.encode(), name.encode()) for name in names)), LIMITS)
    assert found.files == {name: name.encode() for name in names}


STRANGE = {
    "no mode": {"mode": b"0000000"},
    "setuid": {"mode": b"0007777"},
    "the year 1601": {"mtime": b"\xff" * 4 + (-11_644_473_600).to_bytes(8, "big", signed=True)},
    "the year 9999": {"mtime": b"\x80" + bytes(3) + (253_402_300_799).to_bytes(8)},
    "root": {"uid": b"0000000", "user": b"root"},
    "somebody": {"uid": b"\x80" + bytes(3) + b"\xff" * 4, "user": b"somebody"},
    "a device's numbers": {"device": b"0000001"},
}


@pytest.mark.parametrize("fields", STRANGE.values(), ids=STRANGE.keys())
def test_what_an_entry_says_beside_its_name_and_content_has_no_effect(fields: dict[str, bytes]) -> None:
    folder, file = entry(b"a/", kind=b"5", **fields), entry(b"a/b", b"1", **fields)
    found = unpack(archive(folder, file), LIMITS)
    assert (dict(found.files), found.folders) == ({"a/b": b"1"}, frozenset({"a"}))


def test_nothing_else_than_a_correct_header_is_one() -> None:
    honest = entry(b"a")
    for at in range(512):
        changed = honest[:at] + bytes([honest[at] ^ 1]) + honest[at + 1 :]
        with pytest.raises(CorruptArchive):
            unpack(gzip.compress(changed + bytes(1024)), LIMITS)
    with pytest.raises(CorruptArchive, match="unknown form"):
        unpack(archive(header(honest, magic=b"")), LIMITS)


def test_a_message_names_the_bad_entry_and_nothing_of_its_content() -> None:
    with pytest.raises(PathRefused) as caught:
        unpack(archive(entry(b"a\x1b[31m/../x", b"canary")), LIMITS)
    assert caught.value.message == "the path 'a[31m/../x' has a part that is . or .."
