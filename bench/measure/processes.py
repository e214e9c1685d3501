"""Processor time and memory of process trees, from /proc (see proc(5)). Linux only."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_PROC = Path("/proc")
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_SAMPLE_S = 0.1
_PEAK = b"5"
"""What makes clear_refs forget the peak of a process."""


@dataclass(frozen=True)
class Stat:
    """Of one process: its parent, and the seconds that it and those of its children that are reaped took."""

    parent: int
    cpu_s: float


def parse_stat(text: str) -> Stat:
    """The content of /proc/PID/stat; the name in it may hold blanks and parentheses."""
    fields = text.rpartition(")")[2].split()
    return Stat(int(fields[1]), sum(int(ticks) for ticks in fields[11:15]) * _TICK_S)


def tree(roots: Iterable[int], parents: Mapping[int, int]) -> frozenset[int]:
    """The roots that are there and all that descend from them. Pure."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    left = [root for root in roots if root in parents]
    while left:
        pid = left.pop()
        if pid not in found:
            found.add(pid)
            left += children.get(pid, ())
    return frozenset(found)


class Processes:
    """All processes of the machine. Each is read once for its parent: who loses it stays where it was."""

    def __init__(self) -> None:
        self._parents: dict[int, int] = {}

    def tree(self, roots: Iterable[int]) -> frozenset[int]:
        """The processes that are, or come from, these."""
        present = {int(name) for name in os.listdir(_PROC) if name.isdigit()}  # noqa: PTH208 - ten times a second
        for pid in self._parents.keys() - present:
            del self._parents[pid]
        for pid in present - self._parents.keys():
            if (stat := read_stat(pid)) is not None:
                self._parents[pid] = stat.parent
        return tree(roots, self._parents)


def read_stat(pid: int) -> Stat | None:
    """None if there is no such process any more."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return parse_stat((_PROC / str(pid) / "stat").read_text(errors="replace"))
    return None


def cpu_s(roots: Iterable[int]) -> float:
    """Seconds of processor time of these processes and everything that they started, reaped or not."""
    stats = (read_stat(pid) for pid in Processes().tree(roots))
    return sum(stat.cpu_s for stat in stats if stat is not None)


def memory(pid: int) -> int:
    """Bytes of memory that the process has now, its part of what it shares with others; 0 if it is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return _kib(_PROC / str(pid) / "smaps_rollup", "Pss:")
    return 0


def forget_peak(pid: int) -> bool:
    """Begins the peak of a process anew; False where the system does not let us."""
    with suppress(OSError):
        (_PROC / str(pid) / "clear_refs").write_bytes(_PEAK)
        return True
    return False


def peak(pid: int) -> int:
    """Bytes that the process had at most since its peak was forgotten; 0 if it is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return _kib(_PROC / str(pid) / "status", "VmHWM:")
    return 0


def _kib(file: Path, name: str) -> int:
    """The number of bytes behind the name; 0 if a process that ends has none any more."""
    for line in file.read_text(errors="replace").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0


class PeakMemory:
    """While it is entered: the largest sum of memory of the trees below `roots`, looked up 10 times a second.

    Pages that processes share are counted once, as parts (Pss): a server that forks workers would seem to
    need them for each. What a process had between two looks is seen by its own peak; `bytes` is never below
    the largest of these.
    """

    def __init__(self, roots: Callable[[], Iterable[int]]) -> None:
        self._roots = roots
        self._processes = Processes()
        self._most = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)

    @property
    def bytes(self) -> int:
        """The peak so far."""
        return self._most

    def __enter__(self) -> Self:
        self._own = [pid for pid in self._processes.tree(self._roots()) if forget_peak(pid)]
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._look()
        self._most = max(self._most, *(peak(pid) for pid in self._own), 0)

    def _run(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            self._look()

    def _look(self) -> None:
        self._most = max(self._most, sum(memory(pid) for pid in self._processes.tree(self._roots())))
