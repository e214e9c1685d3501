"""Names of references, compared with git itself (threats A-74)."""

import subprocess
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from penstock.api.gitrepository import GitRepositoryRef
from penstock.source.reference import InvalidReference, patterns, wanted
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


ASK = 'for name; do git check-ref-format "$name" && echo yes || echo no; done'


def git_accepts(*names: str) -> list[bool]:
    """What git says of each; one shell asks about all of them."""
    done = subprocess.run(["sh", "-c", ASK, "sh", *names], check=True, capture_output=True, text=True)
    return [answer == "yes" for answer in done.stdout.split()]


@pytest.mark.parametrize("name", VALID)
def test_a_name_that_git_accepts_is_a_name(name: str) -> None:
    assert is_ref_name(name)


@pytest.mark.parametrize("name", INVALID)
def test_a_name_that_git_or_a_command_line_could_misread_is_none(name: str) -> None:
    assert not is_ref_name(name)


def test_git_agrees_with_the_tables() -> None:
    ours_only = {"", "-x/y", "HEAD", "refs/heads/x\0", "refs/heads/\udce9"}
    long = {name for name in INVALID if len(name) > 1024}
    assert all(git_accepts(*(name for name in VALID if name not in ours_only)))
    assert not any(git_accepts(*(set(INVALID) - ours_only - long)))


PIECES = st.lists(
    st.sampled_from(
        ["refs", "heads", "HEAD", "a", "B", "ü", "lock", *"./@{}~^:?*[\\ -\t\n\x7f", ".lock", "..", "@{"]
    ),
    max_size=8,
).map("".join)
NAMES = st.one_of(PIECES, PIECES.map("refs/heads/".__add__), st.text(max_size=8).map("refs/".__add__))


@settings(max_examples=5)
@given(st.lists(NAMES.filter(lambda name: "\0" not in name), min_size=150, max_size=250))
def test_what_is_a_name_here_is_one_for_git(names: list[str]) -> None:
    for name, accepted in zip(names, git_accepts(*names), strict=True):
        one_level = "/" not in name
        assert is_ref_name(name) == (accepted and not one_level and name[0] != "-") or name == "HEAD", name


@settings(max_examples=300)
@given(st.text(st.characters(exclude_categories=())) | PIECES)
def test_no_name_and_no_hash_is_an_option_or_more_than_one_word(text: str) -> None:
    for ref in (
        GitRepositoryRef(branch=text),
        GitRepositoryRef(tag=text),
        GitRepositoryRef(name=text),
        GitRepositoryRef(commit=text),
        GitRepositoryRef(commit="1" * 40, branch=text, name=text),
    ):
        with suppress(InvalidReference):
            want = wanted(ref)
            for word in (*patterns(want), want.value, want.ref):
                assert not word.startswith("-")
                assert not set(word) & set(" :*?[\\\0\n\t")


def test_a_branch_or_tag_is_named_without_a_dash_in_front_and_not_head() -> None:
    assert is_short_name("main")
    assert is_short_name("feature/x")
    assert not any(is_short_name(name) for name in ("", "-x", "HEAD", "a b", "x.lock"))
