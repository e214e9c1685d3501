"""Names of references, compared with git itself (threats A-74)."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.source.refname import is_ref_name, is_short_name

VALID = [
    "refs/heads/main",
    "refs/pull/420/head",
    "refs/tags/v1.0.0",
    "a/b",
    "refs/heads/@",
    "refs/heads/ü",
    "HEAD",
]
INVALID = [
    "",
    "main",
    "-",
    "--x",
    "-x/y",
    "../../x",
    "refs/heads/a b",
    "refs/heads/@{0}",
    "refs/heads/x:refs/y",
    "refs/heads/x..y",
    "refs/heads/.x",
    "refs/heads/x.",
    "refs/heads/x.lock",
    "refs/heads/x.lock/y",
    "refs/heads//x",
    "refs/heads/x/",
    "/refs/heads/x",
    "refs/heads/x~1",
    "refs/heads/x^",
    "refs/heads/*",
    "refs/heads/[x",
    "refs/heads/x?",
    "refs/heads/x\\y",
    "refs/heads/x\n",
    "refs/heads/x\0",
    "refs/heads/\x7f",
    "refs/heads/\udce9",
    "refs/heads/" + "x" * 4096,
]


def git_accepts(name: str) -> bool:
    return subprocess.run(["git", "check-ref-format", name], check=False).returncode == 0


@pytest.mark.parametrize("name", VALID)
def test_a_name_that_git_accepts_is_a_name(name: str) -> None:
    assert is_ref_name(name)


@pytest.mark.parametrize("name", INVALID)
def test_a_name_that_git_or_a_command_line_could_misread_is_none(name: str) -> None:
    assert not is_ref_name(name)


def test_git_agrees_with_the_tables() -> None:
    ours_only = {"", "-x/y", "HEAD", "refs/heads/x\0", "refs/heads/\udce9"}
    long = {name for name in INVALID if len(name) > 1024}
    assert all(git_accepts(name) for name in VALID if name not in ours_only)
    assert not any(git_accepts(name) for name in set(INVALID) - ours_only - long)


@given(st.text(st.sampled_from("ab/.@{}~^:*?[\\ -lock"), max_size=12))
def test_what_is_a_name_here_is_one_for_git(rest: str) -> None:
    name = f"refs/heads/{rest}"
    assert is_ref_name(name) == git_accepts(name)


def test_a_branch_or_tag_is_named_without_a_dash_in_front_and_not_head() -> None:
    assert is_short_name("main")
    assert is_short_name("feature/x")
    assert not any(is_short_name(name) for name in ("", "-x", "HEAD", "a b", "x.lock"))
