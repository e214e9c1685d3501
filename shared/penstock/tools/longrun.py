"""Runs one command that may take minutes, and tells about it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.tools.progress import Progress, spent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_QUIET_S = 2.0
_REPEAT_S = 20.0


@dataclass(frozen=True)
class Finished:
    """How a command ended: exit code (negative: a signal), stdout and stderr as one text, seconds."""

    code: int
    output: str
    seconds: float

    def last_line(self) -> str:
        """The last line that says something, for an error message."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return lines[-1] if lines else "it printed nothing"


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    what: str,
    expected_s: float,
    progress: Progress,
) -> Finished:
    """Runs `argv` to its end; from the second second on, `progress` hears what, how long, how long expected.

    The command gets a process group of its own, which is killed if we are interrupted.
    """
    started = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - argv is a list made by us, there is no shell
        argv,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
        text=True,
        errors="replace",
    ) as process:
        try:
            output = _wait(process, what, expected_s, progress)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return Finished(process.returncode, output, time.monotonic() - started)


def _wait(process: subprocess.Popen[str], what: str, expected_s: float, progress: Progress) -> str:
    started = time.monotonic()
    pause = _QUIET_S
    while True:
        try:
            return process.communicate(timeout=pause)[0]
        except subprocess.TimeoutExpired:
            elapsed = time.monotonic() - started
            progress(f"{what}: {spent(elapsed)} of about {spent(expected_s)}")
            pause = _REPEAT_S
