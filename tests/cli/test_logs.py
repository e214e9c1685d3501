"""`penstock logs` over the logs of functions; run records are in test_plans.py."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from penstock.cli import main

from tests.runtime.processes import environment, running
from tests.support.waiting import eventually

LINES = [
    {"time": f"2030-01-01T12:00:0{second}Z", "severity": severity, "message": f"m{second}", "object": about}
    for second, (severity, about) in enumerate(
        [
            ("INFO", "Kustomization/apps/web"),
            ("ERROR", "Kustomization/apps/web"),
            ("INFO", "GitRepository/flux-system/fleet"),
        ]
    )
]


@pytest.fixture
def log(tmp_path: Path) -> str:
    """A file with lines of functions and of others."""
    path = tmp_path / "log"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in [*LINES, "text"]))
    return str(path)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("-A",), ["m0", "m1", "m2"]),
        ((), ["m2"]),
        (("-n", "apps", "--level", "error"), ["m1"]),
        (("-A", "--kind", "kustomization", "--tail", "1"), ["m1"]),
        (("-A", "--since-time", "2030-01-01T12:00:01Z"), ["m1", "m2"]),
        (("-A", "--name", "fleet"), ["m2"]),
    ],
)
def test_lines_are_filtered_as_flux_filters_them(
    log: str, flags: tuple[str, ...], told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["logs", "--file", log, *flags]) == main.EXIT_OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition(" - ")[2] for line in lines] == told


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--since", "1h", "--since-time", "2030-01-01T12:00:01Z"), "only one of --since and --since-time"),
        (("--since-time", "noon"), r"is not a valid (RFC3339) time"),
        (("--level", "warning"), "'warning' is not one of"),
    ],
)
def test_wrong_usage_is_said(
    log: str, flags: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["logs", "--file", log, *flags]) == main.EXIT_USAGE
    assert why in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["logs", "--file", "/nowhere/log"]) == main.EXIT_FAILED
    assert "/nowhere/log" in capsys.readouterr().err


def test_a_file_without_a_line_of_functions_is_told_from_one_of_which_nothing_is_wanted(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.write_text("► tick  objects=0\n")
    assert main.run(["logs", "-A", "--file", str(other)]) == main.EXIT_OK
    assert "other: no line of it is a JSON object as functions log it" in capsys.readouterr().err
    assert main.run(["logs", "-n", "nothing-here", "--file", log]) == main.EXIT_OK
    assert "no line of it" not in capsys.readouterr().err


def test_a_flag_for_pods_says_that_there_are_none(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["logs", "-A", "--file", log, "--flux-namespace", "flux-system"]) == main.EXIT_OK
    assert "no pods of controllers" in capsys.readouterr().err


def test_a_log_is_followed_until_ctrl_c(log: str) -> None:
    program = "import sys; from penstock.cli.main import run; sys.exit(run())"
    words = [sys.executable, "-u", "-c", program, "logs", "-A", "-f", "--file", log]
    with running(words, environment()) as process:
        eventually(lambda: "m2" in process.output, "the lines that are there")
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps({**LINES[0], 'message': 'it goes on'})}\n")
        eventually(lambda: "it goes on" in process.output, "the line that comes")
        assert process.end(signal.SIGINT) == main.EXIT_INTERRUPTED
