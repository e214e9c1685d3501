"""A process that outlives its parent just long enough to kill what the parent started.

Reads lines from stdin: `watch PID IDENTITY` adds a process group, `release` ends the guard and leaves all
running. When stdin ends without a release, the parent is gone, and every watched process is killed.
The kernel's parent-death signal would not do: it is tied to the thread that started the process.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

from penstock.tools.controlplane.identity import look

if TYPE_CHECKING:
    from collections.abc import Iterable


def guard(lines: Iterable[str]) -> None:
    """Follows the lines to their end; the processes watched last are killed first."""
    watched: list[tuple[int, str]] = []
    for line in lines:
        match line.split():
            case ["watch", pid, identity]:
                watched.append((int(pid), identity))
            case _:
                return
    for group, expected in reversed(watched):
        seen = look(group)
        if seen and seen.identity == expected:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    guard(sys.stdin)
