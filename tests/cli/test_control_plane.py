"""The verb as people call it: each call is a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from penstock.cli import main
from penstock.tools.controlplane.identity import look

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.tools.controlplane.plane import ControlPlane


def penstock(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", "from penstock.cli.main import main; main()", "control-plane", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path, control_plane: ControlPlane) -> Iterator[Path]:
    assert control_plane.kubeconfig.parent != tmp_path
    yield tmp_path
    penstock("down", "--dir", tmp_path)


def status(folder: Path) -> tuple[int, dict[str, Any]]:
    done = penstock("status", "--dir", folder, "-o", "json")
    return done.returncode, json.loads(done.stdout)


def test_it_runs_from_up_to_down(folder: Path) -> None:
    up = penstock("up", "--dir", folder)
    assert (up.returncode, up.stdout) == (0, f"{folder}/kubeconfig\n")
    assert "✔ control plane ready at https://127.0.0.1:" in up.stderr
    code, first = status(folder)
    assert (code, first["running"]) == (0, True)
    assert [one["name"] for one in first["components"]] == ["etcd", "kube-apiserver"]

    assert penstock("up", "--dir", folder).returncode == 0
    assert status(folder) == (0, first)

    os.kill(first["components"][1]["pid"], signal.SIGKILL)
    eventually(lambda: status(folder)[0] == 1)
    assert penstock("up", "--dir", folder, "--workloads").returncode == 0
    table = penstock("status", "--dir", folder)
    assert table.returncode == 0
    assert [line.split()[0] for line in table.stdout.splitlines() if line.endswith("running")] == [
        "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok",
    ]  # fmt: skip
    pids = [one["pid"] for one in status(folder)[1]["components"]]

    assert penstock("down", "--dir", folder).stderr == "✔ control plane ended\n"
    assert not any((seen := look(pid)) and not seen.zombie for pid in pids)
    assert status(folder)[0] == 1


def test_where_nothing_runs_status_fails_and_down_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["control-plane", "status", "--dir", str(tmp_path)]) == main.EXIT_FAILED
    assert main.run(["control-plane", "down", "--dir", str(tmp_path)]) == main.EXIT_OK
    told = capsys.readouterr()
    assert told.out == told.err == f"no control plane runs in {tmp_path}\n"
