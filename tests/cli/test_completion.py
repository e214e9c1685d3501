"""`penstock completion`, and what the shell gets that has the script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from penstock.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kustomize.live import Live

SHELLS = ("bash", "fish", "powershell", "zsh")


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script_that_calls_the_program(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["completion", shell]) == main.EXIT_OK
    told = capsys.readouterr().out
    assert "_PENSTOCK_COMPLETE" in told
    assert f"{shell}_complete" in told
    assert main.run(["completion", shell, "--help"]) == main.EXIT_OK
    assert f"penstock completion {shell}" in capsys.readouterr().out


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["completion", "tcsh"]) == main.EXIT_USAGE
    assert "tcsh" in capsys.readouterr().err


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shutil.which(shell)])
def test_a_shell_that_is_here_takes_its_script(shell: str, tmp_path: Path) -> None:
    program = "import sys; from penstock.cli.main import run; sys.exit(run(sys.argv[1:]))"
    script = subprocess.run(
        [sys.executable, "-c", program, "completion", shell], capture_output=True, text=True, check=True
    )
    file = tmp_path / "script"
    file.write_text(script.stdout)
    done = subprocess.run([shell, str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _offered(words: str, kubeconfig: Path) -> list[str]:
    """What bash is offered for the last of these words."""
    typed = words.split(" ")
    told = subprocess.run(
        [sys.executable, "-c", "from penstock.cli.main import main; main()"],
        env={
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(kubeconfig),
            "_PENSTOCK_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(typed) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    return [line.partition(",")[2] for line in told.stdout.splitlines()]


def test_verbs_nouns_flags_and_live_names_are_offered(live: Live, kubeconfig: Path) -> None:
    live.add("web")
    assert _offered("penstock tr", kubeconfig) == ["tree", "trace"]
    assert {"kustomizations", "sources", "all"} == set(_offered("penstock get ", kubeconfig))
    assert "--status-selector" in _offered("penstock get ks --s", kubeconfig)
    assert _offered(f"penstock get ks -n {live.namespace} w", kubeconfig) == ["web"]
    assert _offered(f"penstock export source git --namespace {live.namespace} ", kubeconfig) == ["fleet"]
