"""Tells a process from a later one that got the same number (proc(5))."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Seen:
    """A process as the kernel shows it."""

    identity: str
    """Boot and start time; no two processes share it together with their number."""
    zombie: bool
    """It ended and waits for its parent to notice."""


def look(pid: int) -> Seen | None:
    """The process with this number; None if there is none."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may itself hold spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    return Seen(f"{_boot()}/{fields[19]}", fields[0] in {"Z", "X"})


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
