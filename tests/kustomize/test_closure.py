"""The digest of what a build looked at: it moves with everything that counts, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.kustomize.built import Reads
from penstock.kustomize.closure import Tree, closure_digest

FILES = {"README": b"r", "app/kustomization.yaml": b"k", "app/a.yaml": b"a", "base/sub/b.yaml": b"b"}
READS = Reads(
    files_read=("app/a.yaml", "app/kustomization.yaml"),
    absent=("app/kustomization.yml",),
    listed=("app", "base"),
    directories=("base/sub",),
)
_NAMES = st.sampled_from(["a", "b", "c/a", "c/b", "c/d/a", "e"])
_TREES = st.dictionaries(_NAMES, st.binary(max_size=2), max_size=5)
_PATHS = st.lists(st.sampled_from(["", "a", "b", "c", "c/a", "c/d", "c/d/a", "e"]), max_size=4).map(tuple)


def digest(files: dict[str, bytes], folders: frozenset[str] = frozenset(), reads: Reads = READS) -> str:
    return closure_digest(reads, Tree(files, folders))


@pytest.mark.parametrize(
    "change",
    [
        {"README": b"other"},
        {"new/x.yaml": b"x"},
        {"base/sub/b.yaml": b"other"},
        {"base/sub/new.yaml": b"x"},
    ],
)
def test_what_was_not_looked_at_does_not_matter(change: dict[str, bytes]) -> None:
    assert digest({**FILES, **change}) == digest(FILES)


@pytest.mark.parametrize(
    "change",
    [
        {"app/a.yaml": b"other"},
        {"app/a.yaml": b""},
        {"app/kustomization.yml": b""},
        {"app/kustomization.yml/x": b""},
        {"app/new.yaml": b"n"},
        {"app/new/x.yaml": b"n"},
        {"base/new.yaml": b"n"},
    ],
)
def test_everything_that_was_looked_at_matters(change: dict[str, bytes]) -> None:
    assert digest({**FILES, **change}) != digest(FILES)


@pytest.mark.parametrize("gone", ["app/a.yaml", "app/kustomization.yaml", "base/sub/b.yaml"])
def test_what_is_gone_matters(gone: str) -> None:
    assert digest({path: data for path, data in FILES.items() if path != gone}) != digest(FILES)


def test_an_empty_folder_is_a_folder() -> None:
    reads = Reads(listed=("",), directories=("empty",))
    assert digest({}, frozenset({"empty"}), reads) != digest({}, frozenset(), reads)
    assert digest({}, frozenset({"empty"}), reads) != digest({"empty": b""}, frozenset(), reads)


def test_a_file_in_place_of_a_folder_of_that_name_matters() -> None:
    reads = Reads(listed=("",))
    assert digest({"x": b""}, reads=reads) != digest({"x/y": b""}, reads=reads)


def test_the_same_names_looked_for_otherwise_are_another_closure() -> None:
    assert digest(FILES, reads=Reads(absent=("base",))) != digest(FILES, reads=Reads(listed=("base",)))


def _seen(files: dict[str, bytes], reads: Reads) -> Any:
    """What whoever reads, asks and lists there gets, told without any of our code."""
    folders = {path[:i] for path in files for i, letter in enumerate(path) if letter == "/"} | {""}

    def kind(path: str) -> str:
        return "file" if path in files else "folder" if path in folders else ""

    def entries(path: str) -> Any:
        if path not in folders:
            return kind(path)
        prefix = f"{path}/" if path else ""
        inside = {name for name in (*files, *folders) if name and name.startswith(prefix) and name != path}
        return sorted((name, kind(name)) for name in inside if "/" not in name.removeprefix(prefix))

    return (
        [files.get(path, kind(path)) for path in reads.files_read],
        [kind(path) for path in (*reads.absent, *reads.directories)],
        [entries(path) for path in reads.listed],
    )


@given(_TREES, _TREES, _PATHS, _PATHS, _PATHS)
def test_two_trees_have_one_digest_exactly_if_they_look_the_same(
    one: dict[str, bytes],
    other: dict[str, bytes],
    read: tuple[str, ...],
    asked: tuple[str, ...],
    listed: tuple[str, ...],
) -> None:
    reads = Reads(files_read=read, absent=asked, listed=listed)
    same = digest(one, reads=reads) == digest(other, reads=reads)
    assert same == (_seen(one, reads) == _seen(other, reads))
