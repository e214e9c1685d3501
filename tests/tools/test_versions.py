from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from penstock.tools.versions import version_of

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_line_of_whichever_output_is_the_version() -> None:
    assert version_of(("git", "--version"), 10).startswith("git version ")
    script = "import sys; print('on stderr 1.2', file=sys.stderr)"
    assert version_of((sys.executable, "-c", script), 10) == "on stderr 1.2"


@pytest.mark.parametrize("script", ["raise SystemExit(1)", "", "import time; time.sleep(60)"])
def test_a_program_that_fails_says_nothing_or_hangs_has_none(script: str) -> None:
    assert version_of((sys.executable, "-c", script), 0.5) == ""


def test_a_program_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert version_of((str(tmp_path / "nothing"),), 10) == ""
