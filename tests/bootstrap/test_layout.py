from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.bootstrap.layout import SYNC, PathRefused, layout, same_path


@pytest.mark.parametrize(
    ("given_path", "spec_path", "file"),
    [
        ("", "./", "flux-system/gotk-sync.yaml"),
        ("./", "./", "flux-system/gotk-sync.yaml"),
        (".", "./", "flux-system/gotk-sync.yaml"),
        ("clusters/prod", "./clusters/prod", "clusters/prod/flux-system/gotk-sync.yaml"),
        (" ./clusters//prod/./ ", "./clusters/prod", "clusters/prod/flux-system/gotk-sync.yaml"),
        ("clüsters/..prod", "./clüsters/..prod", "clüsters/..prod/flux-system/gotk-sync.yaml"),
    ],
)
def test_the_files_lie_below_the_path_in_a_folder_named_as_the_namespace(
    given_path: str, spec_path: str, file: str
) -> None:
    found = layout(given_path, "flux-system")
    assert (found.spec_path, found.file(SYNC)) == (spec_path, file)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/clusters/prod", "begins with /"),
        ("../prod", "has .. in it"),
        ("clusters/../../prod", "has .. in it"),
        ("clusters/.git/prod", "has .git in it"),
        ("clusters\\prod", "control character or a backslash"),
        ("clusters\nprod", "control character or a backslash"),
        ("c" * 1025, "longer than 1024"),
    ],
)
def test_a_path_that_cannot_be_one_in_a_repository_is_refused_with_the_reason(path: str, why: str) -> None:
    with pytest.raises(PathRefused, match=why):
        layout(path, "flux-system")


@given(st.text(max_size=40))
def test_no_path_leaves_the_repository(path: str) -> None:
    try:
        found = layout(path, "flux-system")
    except PathRefused:
        return
    parts = found.file(SYNC).split("/")
    assert not {"", ".", ".."} & set(parts)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("./clusters/prod", "clusters/prod/", True),
        ("./", "", True),
        (".", "/", True),
        ("./clusters/prod", "./clusters/dev", False),
        ("./clusters", "./", False),
    ],
)
def test_two_spellings_of_a_path_are_the_same(one: str, other: str, *, same: bool) -> None:
    assert same_path(one, other) is same
