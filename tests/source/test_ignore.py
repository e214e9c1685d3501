"""Ignore rules, compared with Flux's own code and with git (threats A-29)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.source.ignore import IgnoreRefused, ignore_rules, parse_pattern

LIMITS = Limits()
GOLDEN = Path(__file__).parent.parent / "golden" / "sourceignore.jsonl"


def excluded(path: str, *lines: str, folder: bool = False) -> bool:
    return ignore_rules({}, "\n".join(lines), LIMITS).excludes(path, is_folder=folder)


def test_every_decision_is_that_of_fluxs_own_code() -> None:
    """golden/sourceignore.jsonl: random rules and paths, and what fluxcd/pkg/sourceignore v0.17.0 made of
    them; `out` has one digit for each path as a file and one for it as a folder."""
    for line in GOLDEN.read_text().splitlines():
        case: dict[str, Any] = json.loads(line)
        files = {
            f"{file['dir']}/.sourceignore".lstrip("/"): file["text"].encode() for file in case["files"] or []
        }
        rules = ignore_rules(files, case["spec"], LIMITS)
        found = [rules.excludes(path, is_folder=folder) for path in case["paths"] for folder in (False, True)]
        assert "".join("01"[out] for out in found) == case["out"], case


@pytest.mark.parametrize(
    "path",
    [
        *(
            "a.png",
            "docs/photo.jpg",
            "x.tar.gz",
            ".github/workflows/ci.yaml",
            ".gitignore",
            "apps/.gitattributes",
        ),
        *(".gitmodules", "apps/.sops.yaml", ".sops.yaml", "x/.flux.yaml", "cloudbuild.yaml", "a/.drone.yml"),
    ],
)
def test_media_ci_files_and_what_belongs_to_git_stay_out_by_default(path: str) -> None:
    assert ignore_rules({}, None, LIMITS).excludes(path, is_folder=False)


@pytest.mark.parametrize(
    "path", ["a.yaml", ".sourceignore", "x.tar", "github/x", "sops.yaml", "png", "README.md"]
)
def test_all_else_stays_in_by_default(path: str) -> None:
    assert not ignore_rules({}, None, LIMITS).excludes(path, is_folder=False)


@pytest.mark.parametrize(
    "rules", [({}, "*.md"), ({".sourceignore": b"*.md"}, None), ({"a/.sourceignore": b"x"}, "")]
)
def test_any_pattern_replaces_the_defaults_but_not_those_for_git(
    rules: tuple[dict[str, bytes], str | None],
) -> None:
    found = ignore_rules(*rules, LIMITS)
    assert not found.excludes("a.png", is_folder=False)
    assert found.excludes(".gitignore", is_folder=False)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "   \n"])
def test_rules_without_a_pattern_leave_the_defaults(text: str) -> None:
    assert ignore_rules({".sourceignore": text.encode()}, text, LIMITS).excludes("a.png", is_folder=False)


def test_only_a_folder_can_be_kept_and_all_else_left_out() -> None:
    lines = ("/*", "!/deploy", "/deploy/**/*.md")
    assert excluded("README.md", *lines)
    assert not excluded("deploy", *lines, folder=True)
    assert not excluded("deploy/app/x.yaml", *lines)
    assert excluded("deploy/app/x.md", *lines)


def test_a_file_in_an_excluded_folder_can_be_taken_back_in() -> None:
    assert excluded("a/x", "a/", "!a/keep.yaml")
    assert not excluded("a/keep.yaml", "a/", "!a/keep.yaml")


def test_the_rules_of_a_folder_hold_below_it_and_come_after_its_parents() -> None:
    rules = ignore_rules({"a/.sourceignore": b"!x\n/y", ".sourceignore": b"x"}, None, LIMITS)
    assert rules.excludes("x", is_folder=False)
    assert not rules.excludes("a/x", is_folder=False)
    assert rules.excludes("a/y", is_folder=False)
    assert not rules.excludes("a/b/y", is_folder=False)


def test_spec_ignore_has_the_last_word() -> None:
    rules = ignore_rules({"a/.sourceignore": b"x"}, "!a/x", LIMITS)
    assert not rules.excludes("a/x", is_folder=False)


def test_a_file_that_is_not_in_utf8_is_read_byte_by_byte() -> None:
    rules = ignore_rules({".sourceignore": b"caf\xe9\n"}, None, LIMITS)
    assert rules.excludes("caf\udce9", is_folder=False)


@pytest.mark.parametrize(
    ("files", "spec"),
    [
        ({}, "x\n" * 101),
        ({".sourceignore": b"\n" * 102}, None),
        ({f"{number}/.sourceignore": b"x\n" * 30 for number in range(4)}, None),
        ({}, "x" * 5000),
    ],
)
def test_rules_beyond_the_limits_are_refused(files: dict[str, bytes], spec: str | None) -> None:
    with pytest.raises(IgnoreRefused) as caught:
        ignore_rules(files, spec, Limits(ignore_lines=100))
    assert caught.value.reason == "SourceIgnoreError"


def test_too_many_patterns_are_refused_by_a_limit_that_is_named() -> None:
    with pytest.raises(LimitExceeded, match=r"use fewer patterns \(PENSTOCK_LIMIT_IGNORE_LINES\)") as caught:
        ignore_rules({}, "x\n" * 101, Limits(ignore_lines=100))
    assert caught.value.reason == "SourceIgnoreError"


@pytest.mark.parametrize("line", ["*a" * 1000 + "b", "**/" * 1000 + "x", "a*" * 1000, "[a-z]*" * 500 + "!"])
def test_a_pattern_made_to_take_long_does_not(line: str) -> None:
    pattern = parse_pattern(line)
    for path in ("a" * 255, "a" * 255 + "/" + "a" * 255, "a/" * 60 + "a"):
        pattern.matches(tuple(path.split("/")), is_folder=False)


@given(st.text(), st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_any_line_is_a_pattern_that_can_be_asked(line: str, path: list[str]) -> None:
    parse_pattern(line).matches(tuple(path), is_folder=False)


_LINES = ("a", "*.png", "/a", "a/", "/a/", "a/b", "/b/*.yaml", "b/*", "**/c", "a/**/c", "?", "[ab]c", "c.*")
_PATHS = sorted(
    folder + name for folder in ("", "a/", "b/", "a/b/", "b/x/y/") for name in ("c", "ac", "x.png", "c.yaml")
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", str(path)], check=True)
    return path


def by_git(repository: Path, *lines: str) -> list[str]:
    (repository / ".git" / "info" / "exclude").write_text("\n".join(lines))
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"],
        cwd=repository,
        input="\n".join(_PATHS),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()


def by_us(*lines: str) -> list[str]:
    return [path for path in _PATHS if excluded(path, "never", *lines)]


@settings(max_examples=25, deadline=None)
@given(lines=st.lists(st.sampled_from(_LINES), max_size=4))
def test_plain_patterns_mean_what_git_takes_them_for(repository: Path, lines: list[str]) -> None:
    assert by_us(*lines) == by_git(repository, *lines)


@pytest.mark.parametrize("lines", [("b/**/",), ("a/", "!a/c"), ("[!a]c",)])
def test_where_flux_differs_from_git_flux_is_followed(repository: Path, lines: tuple[str, ...]) -> None:
    assert by_us(*lines) != by_git(repository, *lines)


def test_two_stars_look_for_the_first_match_only() -> None:
    assert excluded("x/a/b", "**/a/b")
    assert not excluded("a/c/a/b", "**/a/b")
    assert excluded("a", "a/**")
    assert not excluded("afoo", "a**/", "x/**y")
