from __future__ import annotations

import subprocess
import sys

import pytest
from penstock.cli import main

HELP = """
import sys
from penstock.cli.main import run
code = run(["--help"])
loaded = [name for name in sys.modules if name.startswith("penstock.cli.") and name != "penstock.cli.main"]
heavy = {"cryptography", "flask", "kubernetes", "requests"} & sys.modules.keys()
sys.exit(f"{code} {loaded} {heavy}" if code or loaded or heavy else 0)
"""


def test_help_lists_every_verb_and_imports_none() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for verb in main.VERBS:
        assert f"\n  {verb} " in done.stdout


@pytest.mark.parametrize("verb", sorted(main.VERBS))
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([verb, "--help"]) == main.EXIT_OK
    assert capsys.readouterr().out.startswith(f"Usage: penstock {verb} ")


@pytest.mark.parametrize("arguments", [["nonsense"], ["tools", "nonsense"], ["tools", "build", "--nonsense"]])
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(arguments) == main.EXIT_USAGE
    assert "nonsense" in capsys.readouterr().err
