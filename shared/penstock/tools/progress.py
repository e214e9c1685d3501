"""What a person sees while something takes long: one line now and then, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable

Progress = Callable[[str], None]
"""Takes one finished line, without a newline at its end."""


def to_stderr(line: str) -> None:
    """The usual progress: the line on stderr, at once."""
    print(f"► {line}", file=sys.stderr, flush=True)  # noqa: T201 - this is the sink


def silent(line: str) -> None:
    """No progress at all."""
    del line


def spent(seconds: float) -> str:
    """A span for people: `8 s`, `2 min`, `3 min 40 s`."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
