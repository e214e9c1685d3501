"""The reader of archives on anything, and what packing promises (threats A-15 to A-28, B-23, C-24)."""

from __future__ import annotations

import gzip
import io
import os
import random
import subprocess
import sys
import tarfile
import tracemalloc
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from penstock.base.limits import Limits
from penstock.source.archive import CorruptArchive, Member, pack, unpack
from penstock.source.paths import check_path, parents, walk_order

from tests.source.archives import FIELDS, REFUSALS, archive, entry, header, pax
from tests.source.test_archive import packed

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.source.archive import Unpacked

KIB = 1024
LIMITS = Limits(
    artifact_archive_bytes=64 * KIB,
    artifact_bytes=128 * KIB,
    artifact_file_bytes=32 * KIB,
    artifact_files=40,
    artifact_path_depth=8,
    artifact_path_bytes=300,
)
_MOST_MEMORY = LIMITS.artifact_bytes + 2 * LIMITS.artifact_file_bytes + 256 * KIB
"""What may be held at once: all files, one of them twice, a slice of the stream, some names."""
WHOLE = {
    "a/one.yaml": b"kind: A\n",
    "a/run.sh": b"#!/bin/sh\n",
    "b.yaml": b"x" * 1300,
    "folder/" * 6 + "with a name that is " + "long" * 40: b"1",
}
TAR = gzip.decompress(packed(WHOLE))


def read(data: bytes) -> Unpacked | None:
    """What the reader makes of it; None if it refuses it. Anything else that it raises is a failure."""
    tracemalloc.start()
    try:
        return unpack(data, LIMITS)
    except REFUSALS:
        return None
    finally:
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert held < _MOST_MEMORY


def is_sound(found: Unpacked) -> None:
    """Nothing in it breaks a rule of artifacts."""
    for path in (*found.files, *found.folders):
        check_path(path, LIMITS)
    assert not found.files.keys() & found.folders
    assert {folder for path in (*found.files, *found.folders) for folder in parents(path)} <= found.folders
    assert len(found.files) + len(found.folders) <= LIMITS.artifact_files
    sizes = [len(content) for content in found.files.values()]
    assert sum(sizes) <= LIMITS.artifact_bytes
    assert max(sizes, default=0) <= LIMITS.artifact_file_bytes


def as_tarfile_reads(tar: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        files = {info.name: opened.extractfile(info) for info in opened.getmembers() if info.isfile()}
        return {name: file.read() for name, file in files.items() if file is not None}


@given(st.binary(max_size=3000), st.sampled_from([bytes, gzip.compress, zlib.compress]))
def test_arbitrary_bytes_are_refused(data: bytes, wrap: Callable[[bytes], bytes]) -> None:
    found = read(wrap(data))
    assert found is None or not found.files


@settings(max_examples=300)
@given(st.data())
def test_a_changed_file_is_refused_or_sound(data: st.DataObject) -> None:
    """Flipped, cut, swapped and inserted bytes of the gzip file itself."""
    whole = bytearray(packed(WHOLE))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        end = data.draw(st.integers(at, min(len(whole), at + 40)))
        whole[at:end] = data.draw(st.binary(max_size=8))
    found = read(bytes(whole))
    if found is not None:
        assert dict(found.files) == WHOLE


_VALUES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b"../x", b"/abs", b".git", b"a\0b", b"\xe9", b"77777777777", b"00000000012", b"\x80\0\0"]
    ),
    st.integers(0, 8**11 - 1).map(lambda size: b"%011o" % size),
)


Blocks = list[bytes]


def double(blocks: Blocks, at: int, data: st.DataObject) -> None:
    blocks.insert(data.draw(st.integers(0, len(blocks))), blocks[at])


def drop(blocks: Blocks, at: int, _: st.DataObject) -> None:
    del blocks[at]


def move(blocks: Blocks, at: int, data: st.DataObject) -> None:
    blocks.insert(data.draw(st.integers(0, len(blocks) - 1)), blocks.pop(at))


def put_in(blocks: Blocks, at: int, data: st.DataObject) -> None:
    blocks.insert(at, data.draw(st.binary(max_size=512)).ljust(512, b"\0"))


def flip(blocks: Blocks, at: int, data: st.DataObject) -> None:
    block = bytearray(blocks[at])
    block[data.draw(st.integers(0, 511))] ^= data.draw(st.integers(1, 255))
    blocks[at] = bytes(block)


def lie(blocks: Blocks, at: int, data: st.DataObject) -> None:
    field = {data.draw(st.sampled_from(sorted(FIELDS))): data.draw(_VALUES)}
    blocks[at] = header(blocks[at], **field)


def add(blocks: Blocks, at: int, data: st.DataObject) -> None:
    name = data.draw(_VALUES)
    made = entry(name) if data.draw(st.booleans()) else pax(name)
    blocks[at:at] = [made[start : start + 512] for start in range(0, len(made), 512)]


_CHANGES = (double, drop, move, put_in, flip, lie, add)


def changed_tar(data: st.DataObject) -> bytes:
    """The archive with blocks that are doubled, moved, cut, put in, or headers changed and summed up anew."""
    blocks = [TAR[at : at + 512] for at in range(0, len(TAR), 512)]
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(blocks) - 1))
        change: Callable[[Blocks, int, st.DataObject], None] = data.draw(st.sampled_from(_CHANGES))
        change(blocks, at, data)
    return b"".join(blocks)


@settings(max_examples=400)
@given(st.data())
def test_a_changed_tar_in_a_whole_file_is_refused_or_sound_and_means_the_same_to_others(
    data: st.DataObject,
) -> None:
    tar = changed_tar(data)
    found = read(gzip.compress(tar))
    if found is not None:
        is_sound(found)
        assert as_tarfile_reads(tar) == dict(found.files)


_PART = st.text(st.sampled_from("ab.Aé \u0301-_%"), min_size=1, max_size=20).filter(
    lambda part: part not in {".", ".."}
)
_PATHS = st.lists(_PART, min_size=1, max_size=8).map("/".join).filter(lambda path: len(path.encode()) <= 300)
_TREES = st.dictionaries(_PATHS, st.tuples(st.binary(max_size=700), st.booleans()), max_size=5).filter(
    lambda tree: not any(folder in tree for path in tree for folder in parents(path))
)


def members(tree: dict[str, tuple[bytes, bool]]) -> list[Member]:
    folders = {folder for path in tree for folder in parents(path)}
    files = [Member(path, content, executable) for path, (content, executable) in tree.items()]
    return sorted([*(Member(path, None) for path in folders), *files], key=lambda one: walk_order(one.path))


@given(_TREES, st.randoms(use_true_random=False))
def test_what_is_packed_comes_back_and_is_packed_alike_whatever_order_it_was_found_in(
    tree: dict[str, tuple[bytes, bool]], order: random.Random
) -> None:
    first = pack(members(tree), LIMITS)
    found = unpack(first.data, LIMITS)
    assert dict(found.files) == {path: content for path, (content, _) in tree.items()}
    assert first.files == {path: sha256(content).hexdigest() for path, (content, _) in tree.items()}
    shuffled = list(tree.items())
    order.shuffle(shuffled)
    assert pack(members(dict(shuffled)), LIMITS) == first


@given(_TREES, st.integers(0, 9), st.integers(0, 2**31))
def test_how_well_and_when_it_was_compressed_changes_nothing_of_what_is_read(
    tree: dict[str, tuple[bytes, bool]], level: int, mtime: int
) -> None:
    first = pack(members(tree), LIMITS).data
    again = gzip.compress(gzip.decompress(first), level, mtime=mtime)
    assert unpack(again, LIMITS) == unpack(first, LIMITS)


@given(_TREES, st.data())
@example({}, None)
def test_an_archive_that_ends_too_early_is_refused(
    tree: dict[str, tuple[bytes, bool]], data: st.DataObject | None
) -> None:
    whole = pack(members(tree), LIMITS).data
    inner = gzip.decompress(whole)
    ends = [data.draw(st.integers(0, len(part) - 1)) if data else len(part) - 1 for part in (whole, inner)]
    for cut in (whole[: ends[0]], gzip.compress(inner[: ends[1]])):
        with pytest.raises(CorruptArchive):
            unpack(cut, LIMITS)


def test_a_larger_archive_is_refused_wherever_it_is_cut() -> None:
    made = random.Random(1)
    files = {f"{n:03d}/x": made.randbytes(700) * made.randint(1, 4) for n in range(200)}
    whole = packed(files)
    cuts = {*range(0, len(whole), 512), *(made.randrange(len(whole)) for _ in range(200))}
    assert len(whole) > 100_000
    for end in cuts:
        with pytest.raises(CorruptArchive):
            unpack(whole[:end], Limits())


CANONICAL = "cabd4eefb231c7f74ed7264996d6e2aa7cee91b628a0decb022f9fbf7d340886"


def test_the_tar_within_is_the_same_to_the_byte_on_every_machine() -> None:
    """Only the compression may differ, between versions of zlib."""
    assert sha256(TAR).hexdigest() == CANONICAL


_ELSEWHERE = """
from tests.source.test_archive import packed
from tests.source.test_archive_properties import WHOLE
import hashlib
print(hashlib.sha256(packed(WHOLE)).hexdigest())
"""


@pytest.mark.parametrize(
    "differs", [{"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"LC_ALL": "C", "USER": "x"}]
)
def test_two_processes_make_the_same_archive(differs: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE],
        env={**os.environ, **differs},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == sha256(packed(WHOLE)).hexdigest()


def test_names_beyond_a_header_are_written_and_read_as_others_do() -> None:
    assert as_tarfile_reads(TAR) == WHOLE
    assert dict(unpack(archive(TAR[:-1024]), LIMITS).files) == WHOLE
