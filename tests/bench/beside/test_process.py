import os
from pathlib import Path

import pytest

from bench.beside.process import Process
from tests.support.waiting import eventually

_PARENT = "sleep 300 & echo child $!; wait"


def _gone(pid: int) -> bool:
    stat = Path("/proc", str(pid), "stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_what_it_says_goes_to_its_log_and_what_it_started_ends_with_it(tmp_path: Path) -> None:
    process = Process(["/bin/sh", "-c", _PARENT], {"PATH": os.environ["PATH"]}, tmp_path / "log")
    eventually(lambda: process.log.read_text().startswith("child"), "the child")
    child = int(process.said().split()[1])
    assert process.runs
    process.must_run()
    process.end()
    assert not process.runs
    eventually(lambda: _gone(child), "the child has ended")


def test_a_process_that_has_ended_says_so_with_its_last_lines(tmp_path: Path) -> None:
    process = Process(["/bin/sh", "-c", "echo the reason; exit 3"], {}, tmp_path / "log")
    eventually(lambda: not process.runs, "its end")
    with pytest.raises(AssertionError, match="sh has ended: the reason"):
        process.must_run()
    process.end()
