"""`flux penstock …`: what flux runs, and what it asks for when somebody presses the tab key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from penstock.cli.plugin import completions

PLUGIN = Path(sys.executable).parent / "flux-penstock"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PLUGIN, *arguments], capture_output=True, text=True, check=False)


def test_it_is_the_same_command_line_under_the_name_that_was_typed() -> None:
    done = run("version", "--help")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Usage: flux penstock version [OPTIONS]")


def test_its_exit_code_is_the_verbs() -> None:
    assert run("nonsense").returncode == 2


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["ve"], ["version", ":4"]),
        (["version", "--cl"], ["--client", ":4"]),
        (["version", "-o", "j"], ["json", ":4"]),
    ],
)
def test_completions_are_lines_that_end_in_a_directive(typed: list[str], offered: list[str]) -> None:
    assert list(completions(typed)) == offered


def test_where_a_file_is_meant_flux_offers_files() -> None:
    assert list(completions(["control-plane", "up", "--dir", ""]))[-1] == ":0"


def test_flux_gets_them_from_the_process() -> None:
    done = run("__complete", "vers")
    assert (done.returncode, done.stdout) == (0, "version\n:4\n")


def test_without_anything_typed_all_verbs_are_offered() -> None:
    assert "install" in list(completions([]))
