"""Starting processes (threats A-20, A-66, B-08)."""

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline, Stop
from penstock.base.errors import LimitExceeded
from penstock.tools.process import (
    Bounds,
    Completed,
    ProgramFailed,
    ProgramMissing,
    ProgramTimeout,
    environment,
    run,
)


def within(seconds: float = 60, output_bytes: int = 1 << 24, file_bytes: int | None = None) -> Bounds:
    return Bounds(Deadline.after(SystemClock(), seconds), output_bytes, file_bytes)


def python(code: str, bounds: Bounds, cwd: Path, stdin: bytes = b"") -> Completed:
    return run([sys.executable, "-c", code], bounds, env=environment({}), cwd=cwd, stdin=stdin)


def test_what_a_program_prints_and_its_exit_code_come_back(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert python(code, within(), tmp_path) == Completed(3, b"out\n", "err\n")


def test_it_runs_in_the_folder_it_was_given(tmp_path: Path) -> None:
    found = python("import os; print(os.getcwd())", within(), tmp_path)
    assert Path(found.stdout.decode().strip()) == tmp_path.resolve()


def test_input_larger_than_any_pipe_is_passed_through(tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    assert python(code, within(), tmp_path, data).stdout == data


def test_a_program_that_does_not_read_its_input_is_no_error(tmp_path: Path) -> None:
    assert python("print(1)", within(), tmp_path, bytes(3_000_000)).stdout == b"1\n"


def test_a_program_ends_when_the_process_that_waits_for_it_is_told_to_end(tmp_path: Path) -> None:
    clock, stop = SystemClock(), Stop()
    bounds = Bounds(Deadline.after(clock, 60.0, stop), 1000)
    told = threading.Timer(0.1, stop.tell, (clock, 0.0))
    told.start()
    with pytest.raises(ProgramTimeout):
        python("import time; time.sleep(60)", bounds, tmp_path)
    told.join()


def test_a_program_killed_by_a_signal_has_a_negative_code(tmp_path: Path) -> None:
    assert python("import os; os.kill(os.getpid(), 9)", within(), tmp_path).code == -signal.SIGKILL


def test_a_program_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing, match="no-such-program"):
        run(["no-such-program"], within(), env=environment({}), cwd=tmp_path)


def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match="could not be started: Permission denied"):
        run([str(tmp_path)], within(), env=environment({}), cwd=tmp_path)


def test_too_much_output_stops_the_program(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match=r"more than 1000 bytes$"):
        python("while True: print('x' * 100)", within(output_bytes=1000), tmp_path)


def test_too_much_output_names_the_limit_that_it_is_above(tmp_path: Path) -> None:
    bounds = replace(within(output_bytes=1000), output_limit="git_output_bytes")
    with pytest.raises(LimitExceeded, match=r"1000 bytes \(PENSTOCK_LIMIT_GIT_OUTPUT_BYTES\)$"):
        python("while True: print('x' * 100)", bounds, tmp_path)


def test_endless_errors_are_cut_and_do_not_block(tmp_path: Path) -> None:
    code = "import sys; sys.stderr.write('e' * 1_000_000); print('done')"
    found = python(code, within(), tmp_path)
    assert (found.stdout, len(found.stderr)) == (b"done\n", 64 * 1024)


_WITH_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
open("child", "w").write(str(child.pid))
child.wait()
"""


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("ending", ["time", "output"])
def test_nothing_of_a_stopped_program_is_left(tmp_path: Path, ending: str) -> None:
    if ending == "time":
        with pytest.raises(ProgramTimeout):
            python(_WITH_CHILD, within(seconds=1), tmp_path)
    else:
        with pytest.raises(LimitExceeded):
            python(_WITH_CHILD, within(output_bytes=1), tmp_path)
    if not (tmp_path / "child").exists():
        return
    pid = int((tmp_path / "child").read_text() or 0)
    while pid and _alive(pid):
        time.sleep(0.01)


def test_a_program_that_closes_its_output_and_stays_is_stopped(tmp_path: Path) -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(600)"
    with pytest.raises(ProgramTimeout):
        python(code, within(seconds=0.5), tmp_path)


def test_a_deadline_that_is_over_stops_at_once(tmp_path: Path) -> None:
    with pytest.raises(ProgramTimeout):
        python("import time; time.sleep(600)", within(seconds=0), tmp_path)


def test_a_program_cannot_write_a_larger_file_than_allowed(tmp_path: Path) -> None:
    code = "import sys; sys.stdin.read(); open('f', 'wb').write(bytes(100_000))"
    found = python(code, within(file_bytes=1000), tmp_path)
    assert found.code != 0
    assert (tmp_path / "f").stat().st_size <= 1000


def test_a_program_sees_nothing_of_our_environment_but_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_WEBHOOK_SECRET", "canary")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    found = run([sys.executable, "-c", code], within(), env=environment({"X": "1"}), cwd=tmp_path)
    assert b"canary" not in found.stdout
    assert b"GIT_DIR" not in found.stdout
    assert b'"X": "1"' in found.stdout
