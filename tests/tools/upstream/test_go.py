"""The helper's own tests, in Go, and Go's formatter and vet over its sources."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from penstock.tools.gotoolchain import find_go, go_environment, parse_required
from penstock.tools.gotools import upstream
from penstock.tools.progress import to_stderr

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def go() -> Path:
    required = parse_required((upstream().module / "go.mod").read_text())
    return find_go(required, to_stderr, os.environ)


def run(program: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(program), *arguments],
        cwd=upstream().module,
        env=go_environment(os.environ, program),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_helpers_own_tests_pass(go: Path) -> None:
    run(go, "test", "./...")


def test_the_helpers_sources_are_clean(go: Path) -> None:
    run(go, "vet", "./...")
    assert run(go.with_name("gofmt"), "-l", ".") == ""
