"""Processes that are killed at any moment: what was acknowledged is never lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

from penstock.base.clock import SystemClock
from penstock.queue.folder import FolderQueue

if TYPE_CHECKING:
    from pathlib import Path

COMMON = """
import sys
from pathlib import Path
from penstock.api.work import Function, WorkItem
from penstock.base.clock import SystemClock
from penstock.queue.folder import FolderQueue
queue = FolderQueue(Path(sys.argv[1]), clock=SystemClock(), most_items=10**6, most_attempts=10**6)
"""
PUTTER = """
for n in range(int(sys.argv[2]), 10**9):
    queue.put(WorkItem(Function.APPLY, "Kustomization", "apps", f"n{n}"))
    print(n, flush=True)
"""
WORKER = """
print("ready", flush=True)
while True:
    claimed = queue.claim()
    if claimed is None:
        queue.wait(0.2)
        continue
    print(claimed.item.name, flush=True)
    queue.done(claimed)
"""


def child(script: str, *arguments: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(COMMON + script)
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)


def killed_after(process: subprocess.Popen[str], lines: int) -> list[str]:
    """What the process printed until it was killed; a line that was cut by the kill does not count."""
    assert process.stdout is not None
    seen = [process.stdout.readline().strip() for _ in range(lines)]
    os.kill(process.pid, signal.SIGKILL)
    rest = process.stdout.read()
    process.wait()
    process.stdout.close()
    return seen + rest.split("\n")[:-1]


def names_left(root: Path) -> set[str]:
    queue = FolderQueue(root, clock=SystemClock(), most_items=10**6, most_attempts=10**6)
    names = set()
    while (claimed := queue.claim()) is not None:
        names.add(claimed.item.name)
        queue.done(claimed)
    queue.close()
    return names


def test_what_put_has_acknowledged_survives_the_kill(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    for round_ in range(4):
        start = round_ * 1_000_000
        lines = killed_after(child(PUTTER, str(tmp_path), str(start)), (3, 30, 1, 17)[round_])
        acknowledged += [int(line) for line in lines]
    assert {f"n{n}" for n in acknowledged} <= names_left(tmp_path)


def test_what_a_killed_worker_had_not_finished_is_worked_on_by_the_next(tmp_path: Path) -> None:
    acknowledged = [int(line) for line in killed_after(child(PUTTER, str(tmp_path), "0"), 60)]
    worked_on: set[str] = set()
    for round_ in range(4):
        lines = killed_after(child(WORKER, str(tmp_path)), (2, 9, 3, 5)[round_])
        worked_on |= set(lines[1:])
    assert {f"n{n}" for n in acknowledged} <= worked_on | names_left(tmp_path)


def test_two_processes_on_one_folder_do_each_item_once(tmp_path: Path) -> None:
    killed_after(child(PUTTER, str(tmp_path), "0"), 40)
    queue = FolderQueue(tmp_path, clock=SystemClock(), most_items=10**6, most_attempts=10**6)
    workers = [child(WORKER, str(tmp_path)) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    while queue.counts()[:2] != (0, 0):
        queue.wait(0.05)
    lines = [killed_after(worker, 0) for worker in workers]
    worked_on = lines[0] + lines[1]
    assert len(worked_on) == len(set(worked_on)) >= 40
    queue.close()
