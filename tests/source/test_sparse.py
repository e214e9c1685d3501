"""What a sparse checkout takes, as source-controller and go-git take it (threats A-30)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.source.paths import parents
from penstock.source.sparse import SparseFailed, sparse


@dataclass(frozen=True)
class Entry:
    path: str


FILES = ("README.md", "charts/a/values.yaml", "charts2/x", "deploy/base/a.yaml", "deploy/base2/b.yaml", "dep")
TREE = tuple(Entry(path) for path in sorted({*FILES, *(up for path in FILES for up in parents(path))}))


def taken(*directories: str) -> set[str]:
    return {entry.path for entry in sparse(TREE, directories)} & set(FILES)


@pytest.mark.parametrize(
    ("directories", "found"),
    [
        ((), set(FILES)),
        (("charts",), {"charts/a/values.yaml", "charts2/x"}),
        (("charts/",), {"charts/a/values.yaml"}),
        (("./charts/a",), {"charts/a/values.yaml"}),
        (("deploy/base",), {"deploy/base/a.yaml", "deploy/base2/b.yaml"}),
        (("deploy/base/", "README.md"), {"deploy/base/a.yaml", "README.md"}),
        (("./",), set(FILES)),
    ],
)
def test_a_path_is_taken_if_it_begins_so(directories: tuple[str, ...], found: set[str]) -> None:
    assert taken(*directories) == found


def test_the_folders_above_what_is_taken_come_with_it() -> None:
    assert [entry.path for entry in sparse(TREE, ("deploy/base/",))] == [
        "deploy",
        "deploy/base",
        "deploy/base/a.yaml",
    ]


@pytest.mark.parametrize("directory", ["none", "chart", "charts/b", "deploy/base/a.yaml/x"])
def test_a_directory_that_is_not_there_fails_in_fluxs_words(directory: str) -> None:
    with pytest.raises(SparseFailed) as failed:
        sparse(TREE, ("charts", directory))
    assert failed.value.message == (
        f"failed to sparse checkout directories : sparse checkout dir '{directory}' does not exist in"
        f" repository: lstat {directory}: no such file or directory"
    )


@pytest.mark.parametrize("directory", ["../charts", "/charts", "charts/../../x", "a/..", ".."])
def test_a_directory_that_leads_elsewhere_is_refused(directory: str) -> None:
    with pytest.raises(SparseFailed, match="leads elsewhere"):
        sparse(TREE, (directory,))


@given(st.lists(st.sampled_from([entry.path for entry in TREE]), min_size=1, max_size=4))
def test_every_directory_that_is_there_is_taken_whole(directories: list[str]) -> None:
    found = {entry.path for entry in sparse(TREE, directories)}
    for directory in directories:
        assert {path for path in FILES if path == directory or path.startswith(f"{directory}/")} <= found
