from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from penstock.cli import main

if TYPE_CHECKING:
    from pathlib import Path

HELP = """
import sys
from penstock.cli.main import run
code = run(["--help"])
own = {"penstock.cli.main", "penstock.cli.lazy", "penstock.cli.fluxflags"}
loaded = [name for name in sys.modules if name.startswith("penstock.cli.") and name not in own]
heavy = {"cryptography", "flask", "kubernetes", "requests"} & sys.modules.keys()
sys.exit(f"{code} {loaded} {heavy}" if code or loaded or heavy else 0)
"""


def test_help_lists_every_verb_and_imports_none() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    for verb, text in main.VERBS.items():
        assert any(line.split(maxsplit=1) == [verb, text] for line in lines), f"{verb} takes one line"


def test_every_verb_is_under_one_heading() -> None:
    listed = [verb for verbs in main.SECTIONS.values() for verb in verbs]
    assert len(set(listed)) == len(listed)
    assert main.VERBS.keys() <= set(listed)


@pytest.mark.parametrize("verb", sorted(main.VERBS))
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([verb, "--help"]) == main.EXIT_OK
    assert capsys.readouterr().out.startswith(f"Usage: penstock {verb} ")


@pytest.mark.parametrize("arguments", [["nonsense"], ["tools", "nonsense"], ["tools", "build", "--nonsense"]])
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(arguments) == main.EXIT_USAGE
    assert "nonsense" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (
            ["bootstrap", "git", "--url=https://git.example.com/fleet", "--password=\udcffcanary"],
            "--password",
        ),
        (["create", "source", "git", "fleet", "-p", "canary\udcff"], "an argument"),
        (["get", "kustomizations", "\ud800canary"], "an argument"),
        (["--canary\udcff"], "an argument"),
    ],
)
def test_an_argument_that_is_no_text_is_wrong_usage_and_not_repeated(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(arguments) == main.EXIT_USAGE
    told = capsys.readouterr().err
    assert f"{named} has bytes that are no UTF-8" in told
    assert "canary" not in told


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["get", "kustomizations", "--kubeconfig=/no\x07\u202e/{}"], main.EXIT_FAILED),
        (["bootstrap", "gitea", "--private=\x07\u202e{}"], main.EXIT_USAGE),
    ],
)
def test_what_an_error_repeats_is_fit_for_a_terminal_and_not_endless(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    *before, last = arguments
    assert main.run([*before, last.format("x" * 200_000)]) == code
    told = capsys.readouterr().err
    assert 0 < len(told) < 20_000
    assert not {"\x07", "\u202e"} & set(told)


@pytest.mark.parametrize("arguments", [["up"], ["control-plane", "up"]])
def test_a_folder_that_cannot_be_made_is_named(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main.run([*arguments, "--dir", str(tmp_path / "file" / "place")]) == main.EXIT_FAILED
    told = capsys.readouterr().err
    assert told.startswith(f"✗ {tmp_path}/file/")
    assert "Not a directory" in told


def test_up_without_git_says_so_before_anything_is_started(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from penstock.cli.main import main; main()", "up", "--once"],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "✗ git is not in PATH: install it, then try again\n")
    assert list(tmp_path.iterdir()) == []
