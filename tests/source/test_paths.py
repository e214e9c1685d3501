"""Paths of artifacts (threats A-15, A-19)."""

import pytest
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.source.paths import PathRefused, check_path, parents, shown, walk_order

LIMITS = Limits(artifact_path_depth=3, artifact_path_bytes=40)

REFUSED = [
    "",
    "/abs",
    "a//b",
    "a/",
    "../x",
    "a/../../x",
    "a/..",
    ".",
    "./a",
    "C:\\x",
    "C:x",
    "..\\x",
    "a\\b",
    "a\0b",
    "a\nb",
    "a\x1b[31m",
    "a\x85b",
    "caf\udce9",
    ".git/config",
    ".GIT/hooks/x",
    "a/.git",
    "git~1/config",
    ".git. /x",
    ".git::$INDEX_ALLOCATION/x",
    ".g\u200cit/config",
]


@pytest.mark.parametrize("path", REFUSED)
def test_a_path_that_means_something_else_somewhere_is_refused(path: str) -> None:
    with pytest.raises(PathRefused):
        check_path(path, LIMITS)


@pytest.mark.parametrize(
    "path", ["a", "a/b/c/d", ".github/x", "gitops/x", "a b", "ü/é", ".gitkeep", "x.git", "a."]
)
def test_an_ordinary_path_is_accepted(path: str) -> None:
    check_path(path, LIMITS)


@pytest.mark.parametrize(
    ("path", "setting"),
    [
        ("a/b/c/d/e", "PENSTOCK_LIMIT_ARTIFACT_PATH_DEPTH"),
        ("x" * 41, "PENSTOCK_LIMIT_ARTIFACT_PATH_BYTES"),
        ("é" * 21, "PENSTOCK_LIMIT_ARTIFACT_PATH_BYTES"),
    ],
)
def test_a_path_beyond_the_limits_is_refused(path: str, setting: str) -> None:
    with pytest.raises(LimitExceeded, match=setting):
        check_path(path, LIMITS)


def test_a_message_shows_a_path_without_control_characters_and_cut() -> None:
    assert shown("a\x1b[0m\n" + "b" * 500).startswith("'a[0m b")
    assert len(shown("b" * 500)) < 130


def test_the_parents_of_a_path_are_its_folders_from_the_outermost_on() -> None:
    assert parents("a/b/c") == ("a", "a/b")
    assert parents("a") == ()


def test_a_walk_meets_what_is_in_a_folder_before_the_folders_next_sibling() -> None:
    assert sorted(["a.b", "a/z", "a", "a-b"], key=walk_order) == ["a", "a/z", "a-b", "a.b"]
