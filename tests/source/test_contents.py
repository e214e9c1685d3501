"""Files in memory, some of them compressed."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.limits import Limits
from penstock.source.archive import Member, pack, unpack
from penstock.source.contents import Contents


@given(st.dictionaries(st.text(max_size=3), st.binary(max_size=40)), st.integers(0, 100))
def test_they_are_a_mapping_like_any_other(files: dict[str, bytes], plain: int) -> None:
    found = Contents(plain)
    for path, content in files.items():
        found.add(path, content)
    assert dict(found) == files
    assert found == files
    assert (len(found), set(found)) == (len(files), set(files))
    assert all(path in found for path in files)
    assert "none" not in found
    assert found.get("none") is None
    with pytest.raises(KeyError):
        found["none"]


def test_a_large_artifact_takes_a_fraction_of_the_memory_of_its_files() -> None:
    text = b"".join(b"key-%d: value\n" % n for n in range(70_000))
    archive = pack((Member(f"{n:03}.yaml", text) for n in range(100)), Limits()).data
    tracemalloc.start()
    try:
        found = unpack(archive, Limits())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(map(len, found.files.values())) == 100 * len(text)
    assert peak < 60 * 1024 * 1024 < 100 * len(text)
