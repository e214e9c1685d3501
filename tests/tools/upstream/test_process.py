"""The helper as a process: shared by threads, replaced when it crashes or hangs, sent a tree once."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from penstock.base.clock import SystemClock
from penstock.base.deadline import OutOfTime, Stop
from penstock.base.limits import Limits
from penstock.kustomize.overlay import Overlay
from penstock.tools.upstream import BuildError, Code, ToolMissing, Upstream, program

from tests.tools.upstream.features import FLEETS
from tests.tools.upstream.fleets import BASE, CONFIG, Files, files
from tests.tools.upstream.test_bad_input import chain

if TYPE_CHECKING:
    from collections.abc import Iterator


class Counting(dict[str, bytes]):
    """A tree that counts how often its contents are asked for."""

    asked = 0

    def __getitem__(self, path: str) -> bytes:
        self.asked += 1
        return super().__getitem__(path)


def pid_of(upstream: Upstream) -> int:
    [helper] = upstream._pool._idle
    return helper.pid


def build(upstream: Upstream, tree: Files = BASE, path: str = "base") -> int:
    return len(upstream.build(tree, path, overlay=Overlay()).objects)


def test_only_the_files_of_a_build_are_sent(upstream: Upstream) -> None:
    tree = Counting({**FLEETS["patches"], **{f"other/{n}.yaml": b"" for n in range(1000)}})
    build(upstream, tree, "app")
    assert tree.asked == 7


def test_builds_of_one_artifact_send_a_file_once(upstream: Upstream) -> None:
    tree = Counting(FLEETS["overlay"])
    for path in ("app", "base", "app"):
        upstream.build(tree, path, overlay=Overlay(), tree_id="artifact-1")
    assert tree.asked == 5


def test_a_tree_that_the_helper_has_dropped_is_sent_again(upstream: Upstream) -> None:
    for number in (*range(8), *range(8)):
        tree = files(a_yaml=CONFIG.replace("settings", f"n{number}"))
        built = upstream.build(tree, "", overlay=Overlay(), tree_id=f"many-{number}")
        assert built.objects[0]["metadata"]["name"] == f"n{number}"


def test_what_is_remembered_of_a_helper_is_bounded(upstream: Upstream) -> None:
    tree = files(a_yaml=CONFIG)
    for number in range(80):
        upstream.build(tree, "", overlay=Overlay(), tree_id=f"tree-{number}")
    [helper] = upstream._pool._idle
    assert len(helper.trees) <= 64


def test_trees_without_an_id_are_never_mixed_up(upstream: Upstream) -> None:
    for name in ("one", "two"):
        built = upstream.build(files(a_yaml=CONFIG.replace("settings", name)), "", overlay=Overlay())
        assert built.objects[0]["metadata"]["name"] == name


def test_an_unread_broken_path_in_a_listing_is_an_error_of_the_artifact(upstream: Upstream) -> None:
    for path in ("../x", "/x", "a//b", "a/./b", ""):
        with pytest.raises(BuildError, match="not a clean relative path"):
            build(upstream, {path: b""}, "")
    with pytest.raises(BuildError, match="both a file and a folder"):
        build(upstream, {"a": b"", "a/b": b""}, "")
    assert build(upstream) == 5


@pytest.fixture
def hasty(helper_program: Path) -> Iterator[Upstream]:
    limits = Limits(build_seconds=1, build_kustomizations=0, build_reads=0, build_input_bytes=0)
    with Upstream(helper_program, limits) as started:
        yield started


@pytest.fixture
def small(helper_program: Path) -> Iterator[Upstream]:
    with Upstream(helper_program, Limits(build_memory_bytes=96 << 20)) as started:
        yield started


def test_a_build_that_hangs_is_ended_and_the_helper_replaced(hasty: Upstream) -> None:
    build(hasty)
    before = pid_of(hasty)
    with pytest.raises(BuildError, match=r"longer than 1 s \(PENSTOCK_LIMIT_BUILD_SECONDS\)") as caught:
        build(hasty, chain(40, copies=2), "39")
    assert caught.value.code is Code.LIMIT
    assert build(hasty) == 5
    assert pid_of(hasty) != before


def test_a_build_that_needs_too_much_memory_is_the_error_of_one_build(small: Upstream) -> None:
    line = "- {a: [[[[]]], [[[]]], [[[]]]]}\n"
    bloated = "apiVersion: v1\nkind: Big\nmetadata: {name: big}\nspec:\n" + line * 200_000
    with pytest.raises(BuildError, match=r"crashed.*memory.*PENSTOCK_LIMIT_BUILD_MEMORY_BYTES"):
        build(small, {"app/a.yaml": bloated.encode()}, "app")
    assert build(small) == 5


def test_a_helper_that_was_killed_is_replaced(upstream: Upstream) -> None:
    build(upstream)
    before = pid_of(upstream)
    os.kill(before, signal.SIGKILL)
    os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)
    assert build(upstream) == 5
    assert pid_of(upstream) != before


def test_a_program_that_ends_at_once_is_an_error() -> None:
    with Upstream(Path("/usr/bin/true")) as upstream, pytest.raises(BuildError, match="crashed"):
        build(upstream)


def test_a_program_that_says_nothing_is_overdue(tmp_path: Path) -> None:
    silent = script(tmp_path, "exec sleep 1000")
    with Upstream(silent, Limits(build_seconds=0)) as upstream, pytest.raises(BuildError, match="longer"):
        build(upstream)


def script(folder: Path, command: str) -> Path:
    """A program that ignores its arguments."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o700)
    return path


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("exec cat", "announced an answer of"),
        ("exec yes", "announced an answer of"),
        ("printf '\\000\\000\\000\\002[]'; exec cat >/dev/null", "no JSON object"),
        ("printf '\\000\\000\\000\\377{'", "ended with 0"),
        ("kill -SEGV $$", "ended with -11"),
        ("echo 'fatal error: out of memory' >&2; exit 2", "needs more memory than it may have: split"),
        ("echo 'SIGSEGV: segmentation violation' >&2; exit 2", "needs more memory than it may have: split"),
        ("echo 'fatal error: deadlock' >&2; exit 2", r"ended with 2 \(fatal error: deadlock\)$"),
        ("kill -KILL $$", "was killed, as the system does when memory runs out: split .*BUILD_MEMORY_BYTES"),
    ],
)
def test_a_program_that_talks_nonsense_is_an_error(command: str, why: str, tmp_path: Path) -> None:
    with Upstream(script(tmp_path, command)) as upstream:
        with pytest.raises(BuildError, match=f"crashed: .*{why}"):
            build(upstream)
        assert upstream._pool._idle == []


def test_a_program_that_floods_stderr_is_ended_and_fills_no_disk(tmp_path: Path) -> None:
    loud = script(tmp_path, "exec 3>&1; exec yes 'fatal error: something' >&2")
    with Upstream(loud, Limits(build_seconds=2)) as upstream, pytest.raises(BuildError, match="crashed"):
        build(upstream)


def test_a_program_that_is_not_there_is_named_with_the_remedy() -> None:
    with Upstream(Path("/usr/bin/nothing-here")) as upstream:
        with pytest.raises(ToolMissing, match=r"nothing-here.*PENSTOCK_UPSTREAM_BINARY"):
            build(upstream)
        with pytest.raises(ToolMissing):
            upstream.version()


@pytest.mark.parametrize("processes", [1, 2])
def test_threads_share_a_few_helpers(processes: int, helper_program: Path) -> None:
    def one(number: int) -> list[str]:
        tree = files(a_yaml=CONFIG.replace("settings", f"n{number}"), b_yaml=CONFIG)
        built = upstream.build(tree, "", overlay=Overlay(), tree_id=f"t{number % 5}-{number}")
        return [one["metadata"]["name"] for one in built.objects]

    with Upstream(helper_program, processes=processes) as upstream, ThreadPoolExecutor(8) as threads:
        assert list(threads.map(one, range(60))) == [[f"n{n}", "settings"] for n in range(60)]
        assert 1 <= len(upstream._pool._idle) <= processes


def test_closing_leaves_no_process(helper_program: Path) -> None:
    with Upstream(helper_program) as upstream:
        build(upstream)
        pid = pid_of(upstream)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_build_is_cut_short_when_the_process_is_told_to_end() -> None:
    stop = Stop()
    with Upstream(program(), stop=stop) as upstream:
        assert build(upstream) > 0
        stop.tell(SystemClock(), 0.0)
        with pytest.raises(OutOfTime, match="told to end"):
            build(upstream)
