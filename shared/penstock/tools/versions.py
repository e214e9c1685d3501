"""What a program on this machine says of its version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import PenstockError
from penstock.tools.process import Bounds, environment, run

if TYPE_CHECKING:
    from collections.abc import Sequence

_OUTPUT_BYTES = 64 * 1024


def version_of(argv: Sequence[str], seconds: float) -> str:
    """The first line that the program prints, on either output; empty if it is not there or does not work."""
    bounds = Bounds(Deadline.after(SystemClock(), seconds), _OUTPUT_BYTES)
    try:
        done = run(argv, bounds, env=environment({}), cwd=Path("/"))
    except PenstockError:
        return ""
    lines = (done.stdout.decode(errors="replace") or done.stderr).strip().splitlines()
    return lines[0] if lines and done.code == 0 else ""
