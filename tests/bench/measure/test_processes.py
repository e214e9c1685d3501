from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure.processes import (
    PeakMemory,
    Processes,
    cpu_s,
    forget_peak,
    memory,
    parse_stat,
    peak,
    read_stat,
    tree,
)
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
BURN = "import time\nuntil = time.process_time() + 0.3\nwhile time.process_time() < until: pass\n"


@contextmanager
def python(code: str) -> Iterator[subprocess.Popen[str]]:
    """A Python that runs the code; it has said `ready`, and goes on when it gets a line."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.communicate("\n")


@pytest.mark.parametrize("name", ["git", "a b", "a) (b", ")"])
def test_the_name_of_a_process_may_be_anything(name: str) -> None:
    stat = parse_stat(f"7 ({name}) S 5 7 7 0 -1 4194304 100 0 0 0 150 50 20 30 20 0 1 0 99 0 0")
    assert (stat.parent, stat.cpu_s) == (5, 2.5)


@pytest.mark.parametrize(
    ("roots", "found"),
    [((1,), {1, 2, 3, 4}), ((2,), {2, 4}), ((3, 4), {3, 4}), ((9,), set()), ((2, 4, 2), {2, 4})],
)
def test_a_tree_is_the_roots_and_all_below(roots: tuple[int, ...], found: set[int]) -> None:
    assert tree(roots, {1: 0, 2: 1, 3: 1, 4: 2, 5: 0}) == found


@given(st.dictionaries(st.integers(1, 30), st.integers(0, 30)), st.integers(1, 30))
def test_a_tree_holds_no_stranger_and_ends_even_in_circles(parents: dict[int, int], root: int) -> None:
    found = tree((root,), parents)
    assert found <= parents.keys()
    assert all(pid == root or parents[pid] in found for pid in found)


def test_the_time_of_children_counts_whether_they_are_reaped_or_run_on() -> None:
    reaped = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])\n"
    running = (
        f"code = {BURN!r} + 'print(1, flush=True); input()'\n"
        "pipe = subprocess.PIPE\n"
        "child = subprocess.Popen([sys.executable, '-c', code], stdin=pipe, stdout=pipe)\n"
        "child.stdout.readline()\n"
    )
    with python(
        f"{reaped}{running}print('ready', flush=True); input()\nchild.communicate(b'\\n')"
    ) as process:
        own = read_stat(process.pid)
        assert own is not None
        assert len(Processes().tree([process.pid])) == 2
        assert own.cpu_s >= 0.3
        assert cpu_s([process.pid]) >= own.cpu_s + 0.3


def test_a_child_whose_parent_has_ended_stays_in_the_tree() -> None:
    parent = (
        "import subprocess\nsubprocess.Popen(['cat'], stdout=subprocess.DEVNULL)\n"
        "print('ready', flush=True); input()"
    )
    processes = Processes()
    with python(parent) as process:
        assert len(processes.tree([process.pid])) == 2
    assert processes.tree([process.pid]) == frozenset()


def test_the_peak_is_that_of_the_whole_tree_and_of_the_time_since_it_was_entered() -> None:
    child = f"block = b'x' * {60 * MIB}; print(1, flush=True); input()"
    code = (
        "import subprocess, sys\n"
        f"early = b'x' * {300 * MIB}\ndel early\nprint('ready', flush=True); input()\n"
        "pipe = subprocess.PIPE\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=pipe, stdout=pipe)\n"
        f"child.stdout.readline()\nblock = b'x' * {80 * MIB}\nprint('grown', flush=True); input()\n"
        "child.communicate(b'\\n')"
    )
    with python(code) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert peak(process.pid) > 300 * MIB
        with PeakMemory(lambda: [process.pid]) as found:
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "grown\n"
            eventually(lambda: found.bytes > 140 * MIB, "both are seen")
        assert found.bytes < 300 * MIB


def test_a_short_peak_is_seen_by_the_process_s_own() -> None:
    code = (
        f"print('ready', flush=True); input(); block = b'x' * {200 * MIB}; del block\n"
        "print('over', flush=True); input()"
    )
    with python(code) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert forget_peak(process.pid)
        with PeakMemory(lambda: [process.pid]) as found:
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "over\n"
        assert found.bytes > 200 * MIB


def test_pages_that_a_process_shares_with_its_child_are_counted_once() -> None:
    code = (
        f"import os\nblock = b'x' * {100 * MIB}\n"
        "if os.fork() == 0: input()\nelse: print('ready', flush=True); input()"
    )
    with python(code) as process, PeakMemory(lambda: [process.pid]) as found:
        assert len(Processes().tree([process.pid])) == 2
        assert 100 * MIB < found.bytes < 150 * MIB
        assert process.stdin is not None
        process.stdin.write("\n\n")


def test_who_is_gone_has_nothing() -> None:
    with python("print('ready', flush=True); input()") as process:
        pid = process.pid
        assert memory(pid) > MIB
    assert (memory(pid), peak(pid), read_stat(pid), forget_peak(pid), cpu_s([pid])) == (0, 0, None, False, 0)
