"""Ignore rules of any shape: against git itself, and patterns made to take for ever (threats A-29, C-24).

Flux's rules differ from git's in the points that penstock.source.ignore lists. What is compared here is all
that both have in common, and the one difference that can be computed away: to git, what is in an excluded
folder stays out whatever follows.
"""

from __future__ import annotations

import itertools
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from penstock.base.limits import Limits
from penstock.source.ignore import DEFAULTS, VCS, Ignore, IgnoreRefused, ignore_rules, parse_pattern
from penstock.source.paths import parents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

LIMITS = Limits()
_FOLDERS = ("", "a", "a/b", "b", "b/a", "x y", "a/b/c")
_NAMES = ("a", "b", "ab", "c.yaml", "d.txt", "x y", "#a", "!a", "a ", "[ab]", "a*", "A", ".a")
_PATHS = [f"{folder}/{name}".lstrip("/") for folder, name in itertools.product(_FOLDERS, _NAMES)]
_FILES = [path for path in _PATHS if path not in _FOLDERS]
_SETS = 25
"""Sets of rules for one process of git: most of the time is its start."""

_ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "x",
        "d",
        "y",
        " ",
        ".",
        "*",
        "?",
        "[ab]",
        "[a-c]",
        "[^a]",
        "[^a-c]",
        "\\a",
        "\\*",
        "\\[",
        "\\?",
        "\\ ",
        "*.",
        "yaml",
        ".txt",
        "\\#",
        "\\!",
    ]
)
_PARTS = (
    st.lists(_ATOMS, min_size=1, max_size=4)
    .map("".join)
    .filter(lambda part: "**" not in part and part not in {".", ".."})
)
_BODIES = st.one_of(
    _PARTS,
    _PARTS.map("/{}".format),
    st.lists(_PARTS, min_size=2, max_size=3).map("/".join),
    _PARTS.map("**/{}".format),
    st.tuples(_PARTS, _PARTS).map("/**/".join),
)
_LINES = st.builds(
    lambda negated, body, folder, spaces: f"{negated}{body}{folder}{spaces}",
    st.sampled_from(["", "", "", "!"]),
    _BODIES.filter(lambda body: body[0] not in "#! " and not body.endswith(" ")),
    st.sampled_from(["", "", "/"]),
    st.sampled_from(["", "", " ", "  "]),
)
_TEXTS = st.lists(st.one_of(_LINES, st.sampled_from(["", "# a", "#"])), max_size=5).map("\n".join)
_SETS_OF_RULES = st.lists(
    st.dictionaries(st.sampled_from(("", "a", "a/b", "b")), _TEXTS, max_size=3),
    min_size=_SETS,
    max_size=_SETS,
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", str(path)], check=True)
    for number, folder in itertools.product(range(_SETS), _FOLDERS):
        (path / str(number) / folder).mkdir(parents=True, exist_ok=True)
    return path


def by_git(repository: Path, sets: Iterable[Mapping[str, str]]) -> set[str]:
    """The files that git ignores, with the number of the set in front."""
    for (number, texts), folder in itertools.product(enumerate(sets), ("", "a", "a/b", "b")):
        (repository / str(number) / folder / ".gitignore").write_text(texts.get(folder, ""))
    asked = "\0".join(f"{number}/{path}" for number in range(_SETS) for path in _FILES)
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=repository,
        input=asked.encode(),
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    return set(done.stdout.decode().split("\0")) - {""}


def ours(texts: Mapping[str, str]) -> Ignore:
    files = {f"{folder}/.sourceignore".lstrip("/"): text.encode() for folder, text in texts.items()}
    return ignore_rules({".sourceignore": b"", **files}, "no-such-name", LIMITS)


def as_git_would(rules: Ignore, path: str) -> bool | None:
    """Whether the path stays out; None if a `!` takes in a folder above it, to git that folder alone."""
    above = parents(path)
    taken_in = (p for p in rules.patterns if p.include)
    if any(p.matches(tuple(folder.split("/")), is_folder=True) for p in taken_in for folder in above):
        return None
    return any(rules.excludes(folder, is_folder=True) for folder in above) or rules.excludes(
        path, is_folder=False
    )


@settings(max_examples=25)
@given(_SETS_OF_RULES)
def test_what_git_ignores_stays_out(repository: Path, sets: list[dict[str, str]]) -> None:
    ignored = by_git(repository, sets)
    for number, texts in enumerate(sets):
        rules = ours(texts)
        for path in _FILES:
            expected = as_git_would(rules, path)
            assert expected in {None, f"{number}/{path}" in ignored}, (texts, path)


@pytest.mark.parametrize(
    ("line", "path", "stays_out"),
    [
        ("a ", "a", True),
        ("a\\ ", "a ", True),
        ("a\\ ", "a", False),
        ("\\#a", "#a", True),
        ("#a", "#a", False),
        ("\\!a", "!a", True),
        ("[ab]", "b", True),
        ("\\[ab\\]", "[ab]", True),
        ("\\[ab\\]", "a", False),
        ("[^a]", "b", True),
        ("[^a]", "a", False),
        ("a/b", "x/a/b", False),
        ("**/b", "x/a/b", True),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/x/y/c", True),
        ("a\r", "a", True),
    ],
)
def test_the_forms_of_gitignore(line: str, path: str, stays_out: bool) -> None:
    assert ignore_rules({}, line, LIMITS).excludes(path, is_folder=False) is stays_out


@given(st.sampled_from([*DEFAULTS, *VCS]), st.sampled_from(["", "sub/"]))
def test_the_defaults_hold_until_there_is_a_pattern_and_those_for_git_until_one_takes_them_in(
    default: str, folder: str
) -> None:
    path = folder + default.replace("**/", "").replace("*", "x").rstrip("/")
    is_folder = default.endswith("/")
    assert ignore_rules({}, None, LIMITS).excludes(path, is_folder=is_folder)
    assert ignore_rules({}, "other", LIMITS).excludes(path, is_folder=is_folder) is (default in VCS)
    assert not ignore_rules({}, f"!{default}", LIMITS).excludes(path, is_folder=is_folder)


_TOO_MUCH = {
    "a million lines": ({".sourceignore": b"x\n" * 1_000_000}, None),
    "a million lines in the object": ({}, "x\n" * 1_000_000),
    "many files": ({f"{n:05d}/.sourceignore": b"a\nb\n" for n in range(6000)}, None),
    "a very long line": ({".sourceignore": b"*a" * 3000}, None),
}


@pytest.mark.parametrize(("files", "spec"), _TOO_MUCH.values(), ids=_TOO_MUCH.keys())
def test_more_than_anybody_needs_is_refused(files: dict[str, bytes], spec: str | None) -> None:
    with pytest.raises(IgnoreRefused, match=r"use fewer patterns|shorten it"):
        ignore_rules(files, spec, LIMITS)


class Read(dict[str, bytes]):
    """Ignore files that remember which of them were read."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(files)
        self.read: list[str] = []

    def __getitem__(self, path: str) -> bytes:
        self.read.append(path)
        return super().__getitem__(path)


def test_no_more_ignore_files_are_read_than_there_may_be_patterns() -> None:
    files = Read({f"{n:05d}/.sourceignore": b"a\nb\n" for n in range(6000)})
    with pytest.raises(IgnoreRefused):
        ignore_rules(files, None, LIMITS)
    assert len(files.read) <= LIMITS.ignore_lines // 2 + 1


@given(
    st.lists(
        st.sampled_from(["**", "*a", "a*", "?", "[a-z]", "*", "a", "**/", "*b"]), min_size=1, max_size=400
    )
)
def test_a_bomb_of_stars_ends_on_the_longest_paths_that_there_are(pieces: list[str]) -> None:
    for line in ("".join(pieces), "/".join(pieces)):
        pattern = parse_pattern(line[:4096])
        for path in ("a" * 4096, "a/" * 2047 + "b", "/".join(["a" * 255] * 16)):
            pattern.matches(tuple(path.split("/")), is_folder=False)


def test_a_negation_of_everything_takes_everything_in() -> None:
    rules = ignore_rules({".sourceignore": b"*\n!*\n!**\n"}, None, LIMITS)
    assert not any(rules.excludes(path, is_folder=False) for path in (*_FILES, ".gitignore", ".git/config"))
