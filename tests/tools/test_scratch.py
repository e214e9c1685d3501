"""Folders that must not outlive their use."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from penstock.tools.scratch import scratch, sweep

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from penstock.tools.scratch import scratch
with scratch("mine-", Path(sys.argv[1])) as folder:
    (folder / "secret").write_text("canary")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_ours_alone_and_goes_with_its_use(tmp_path: Path) -> None:
    with scratch("mine-", tmp_path) as folder:
        (folder / "deep").mkdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.name.startswith("mine-")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = process.stdout.readline().strip()
        sweep("mine-", tmp_path, young_s=-1)
        assert [str(path) for path in tmp_path.iterdir()] == [folder]
        process.send_signal(signal.SIGKILL)
    sweep("mine-", tmp_path)
    assert [str(path) for path in tmp_path.iterdir()] == [folder], "it is young"
    os.utime(folder, (0, 0))
    with scratch("mine-", tmp_path) as other:
        assert list(tmp_path.iterdir()) == [other]


def test_links_files_and_other_folders_are_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / "mine-link").symlink_to(kept)
    (tmp_path / "mine-file").write_text("x")
    sweep("mine-", tmp_path, young_s=-1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "mine-file", "mine-link"]


def test_where_no_folder_can_be_made_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), scratch("mine-", tmp_path / "nowhere"):
        pass
