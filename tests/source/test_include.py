"""What is copied from other artifacts, and where to (threats A-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.source.archive import Member, pack
from penstock.source.gunzip import CorruptArchive
from penstock.source.include import Included, IncludeRefused, Inclusion, Taken, copied
from penstock.source.includers import include_problem, includes, outdated
from penstock.source.paths import parents, walk_order

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMITS = Limits()


def archive(files: Mapping[str, str], *run: str) -> bytes:
    folders = {folder for path in files for folder in parents(path)}
    entries = [Member(path, text.encode(), path in run) for path, text in files.items()]
    entries += [Member(folder, None) for folder in folders]
    return pack(sorted(entries, key=lambda one: walk_order(one.path)), LIMITS).data


DATA = archive(
    {"README.md": "r", "app/a.yaml": "a", "app/b/run": "b", "apple/c": "c", "app/.sourceignore": "*.md"},
    "app/b/run",
)


def one(from_path: str = "", to_path: str = "to", data: bytes = DATA) -> Inclusion:
    return Inclusion("shared", from_path, to_path, lambda: data)


def files(inclusion: Inclusion) -> dict[str, bytes]:
    found = copied(inclusion, LIMITS)
    names = [entry.path for entry in found.entries if entry.is_file]
    return dict(zip(names, found.contents(set(names), LIMITS), strict=True))


@pytest.mark.parametrize(
    ("from_path", "to_path", "found"),
    [
        ("", "to", {"to/README.md", "to/app/a.yaml", "to/app/b/run", "to/apple/c", "to/app/.sourceignore"}),
        (".", "to", {"to/README.md", "to/app/a.yaml", "to/app/b/run", "to/apple/c", "to/app/.sourceignore"}),
        ("app", "./base/app/", {"base/app/a.yaml", "base/app/b/run", "base/app/.sourceignore"}),
        ("./app/b/", "x", {"x/run"}),
        ("README.md", "docs/R.md", {"docs/R.md"}),
    ],
)
def test_a_folder_or_a_file_is_copied_under_its_new_name(
    from_path: str, to_path: str, found: set[str]
) -> None:
    assert set(files(one(from_path, to_path))) == found


def test_contents_sizes_and_executable_bits_are_those_of_the_artifact() -> None:
    brought = copied(one("app", "x"), LIMITS)
    assert Included("x/b/run", 1, is_file=True, executable=True) in brought.entries
    assert Included("x/b", 0, is_file=False) in brought.entries
    assert brought.rules == (("x/.sourceignore", b"*.md"),)
    assert list(brought.contents({"x/b/run"}, LIMITS)) == [b"b"]


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "..", "/"])
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    for bad in (one("app", path), one(path, "x")):
        with pytest.raises(IncludeRefused, match="path calculation for include 'shared' failed") as refused:
            copied(bad, LIMITS)
        assert refused.value.reason == "IllegalPath"


@pytest.mark.parametrize("path", ["none", "ap", "app/a.yaml/x", "README"])
def test_what_the_artifact_does_not_have_cannot_be_copied(path: str) -> None:
    with pytest.raises(IncludeRefused, match=f"the artifact has no '{path}'") as refused:
        copied(one(path), LIMITS)
    assert refused.value.reason == "CopyFailure"


def test_a_damaged_artifact_gives_nothing() -> None:
    with pytest.raises(CorruptArchive):
        copied(one(data=DATA[:-9]), LIMITS)
    with pytest.raises(LimitExceeded, match="IGNORE_BYTES"):
        copied(one(data=DATA), Limits(ignore_bytes=3))


def taken() -> Taken:
    return Taken(files=["deploy/app.yaml", "to.md"], folders=["deploy", "empty"], links=["link"])


@pytest.mark.parametrize(
    ("from_path", "to_path", "why"),
    [
        ("app", "deploy", "the folder 'deploy' is there already"),
        ("app", "empty", "the folder 'empty' is there already"),
        ("README.md", "deploy", "the folder 'deploy' is there already"),
        ("app", ".", r"the folder '\.' is there already"),
        ("app", "to.md", r"'to\.md' is there already, and is no folder"),
        ("app", "link", "'link' is there already, and is no folder"),
        ("app", "link/x", "'link' is no folder"),
        ("app", "to.md/x", r"'to\.md' is no folder"),
    ],
)
def test_nothing_is_copied_over_what_is_there(from_path: str, to_path: str, why: str) -> None:
    with pytest.raises(IncludeRefused, match=f"failed to copy 'shared' include from .*: {why}"):
        taken().put(copied(one(from_path, to_path), LIMITS))


def test_a_file_takes_the_place_of_a_file() -> None:
    assert taken().put(copied(one("README.md", "to.md"), LIMITS)) == {"to.md"}


def test_one_include_may_go_into_another_but_not_over_it() -> None:
    there = taken()
    assert there.put(copied(one("app", "deploy/x"), LIMITS)) == frozenset()
    there.put(copied(one("apple", "deploy/x/more"), LIMITS))
    with pytest.raises(IncludeRefused, match="'deploy/x/b' is there already"):
        there.put(copied(one("apple", "deploy/x/b"), LIMITS))
    assert there.new_folders({"deploy", "empty"}) == ("deploy/x", "deploy/x/b", "deploy/x/more")


def repository(**spec: object) -> dict[str, object]:
    return {"spec": spec, "status": {"includedArtifacts": [{"revision": "main@sha1:1", "digest": "d"}]}}


def test_who_includes_whom_is_read_from_objects_of_any_shape() -> None:
    including = repository(include=[{"repository": {"name": "a"}}])
    assert includes(including, "a")
    assert not includes(including, "b")
    broken: tuple[dict[str, object], ...] = (
        {},
        {"spec": 1},
        {"spec": {"include": {}}},
        {"spec": {"include": [1, {"repository": "a"}]}},
    )
    for bad in broken:
        assert not includes(bad, "a")
        assert not outdated(bad, {})


@pytest.mark.parametrize(
    ("offers", "found"),
    [
        ({"a": ("main@sha1:1", "d")}, False),
        ({"a": ("main@sha1:2", "d")}, True),
        ({"a": ("main@sha1:1", "e")}, True),
        ({"a": ("", "")}, False),
        ({}, False),
    ],
)
def test_an_artifact_is_outdated_once_what_it_includes_is_another(
    offers: dict[str, tuple[str, str]], found: bool
) -> None:
    assert outdated(repository(include=[{"repository": {"name": "a"}}]), offers) is found


def test_a_circle_is_named() -> None:
    assert "a -> b -> a: take one" in include_problem(("a", "b", "a"))


@given(st.dictionaries(st.from_regex(r"[a-c](/[a-c]){0,2}", fullmatch=True), st.text(max_size=3), min_size=1))
def test_everything_comes_and_nothing_else(tree: dict[str, str]) -> None:
    kept = {path: text for path, text in tree.items() if not any(path in parents(other) for other in tree)}
    found = files(one("", "to", archive(kept)))
    assert found == {f"to/{path}": text.encode() for path, text in kept.items()}
