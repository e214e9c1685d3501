"""Control planes of their own: what they leave behind, however they end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from penstock.base.errors import PenstockError, Terminal
from penstock.tools.controlplane import state
from penstock.tools.controlplane.layout import Layout, Ports
from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.controlplane.probe import free_ports
from penstock.tools.controlplane.programs import find_programs
from penstock.tools.progress import silent

from tests.support.kube import Kube
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("control_plane")  # its programs are built before the tests

PARENT = """
import pathlib, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
from penstock.tools.controlplane.plane import ControlPlane
with ControlPlane.start(pathlib.Path(sys.argv[1])) as plane:
    print("ready", flush=True)
    time.sleep(600)
"""


def processes_of(folder: Path) -> list[str]:
    """The command lines of all processes that name the folder, as every component does."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if any(str(folder).encode() in word for word in words[1:]) and b"-c" not in words:
            found.append(words[0].decode())
    return found


def test_data_and_identities_outlive_a_stop_and_nothing_else_does(tmp_path: Path) -> None:
    with ControlPlane.start(tmp_path, audit=True, progress=silent) as plane, Kube(plane) as kube:
        kube.post("/api/v1/namespaces", {"metadata": {"name": "kept"}})
        with pytest.raises(Terminal, match=r"runs in .* already, at https://127\.0\.0\.1:"):
            ControlPlane.start(tmp_path, progress=silent)
        events = [json.loads(line) for line in plane.audit_log.read_text().splitlines()]
    assert not processes_of(tmp_path)
    mine = [one for one in events if one["user"]["username"] == "penstock-admin" and one["verb"] == "create"]
    assert [one["requestURI"] for one in mine] == ["/api/v1/namespaces"]
    plane.stop()
    with ControlPlane.start(tmp_path, progress=silent) as again, Kube(again) as kube:
        assert kube.get("/api/v1/namespaces/kept")
    assert not processes_of(tmp_path)
    assert not Layout(tmp_path).state.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_an_interrupted_or_killed_process(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "ready\n"
        assert len(processes_of(tmp_path)) == 2
        parent.send_signal(number)
    eventually(lambda: not processes_of(tmp_path))


def test_nothing_outlives_a_start_that_is_interrupted(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        eventually(lambda: len(processes_of(tmp_path)) == 2)
        parent.send_signal(signal.SIGINT)
    assert parent.returncode
    eventually(lambda: not processes_of(tmp_path))


@pytest.mark.parametrize("taken", ["apiserver", "etcd_client"])
def test_an_occupied_port_fails_the_start_and_leaves_nothing(tmp_path: Path, taken: str) -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        names = ("apiserver", "etcd_client", "etcd_peer")
        free = dict(zip(names, free_ports(3), strict=True))
        ports = Ports(**{**free, taken: occupied.getsockname()[1]})
        with pytest.raises(PenstockError, match="address already in use"):
            ControlPlane.start(tmp_path, ports=ports, progress=silent)
    assert not processes_of(tmp_path)
    assert state.read(Layout(tmp_path).state) is None


def test_a_broken_program_fails_the_start_with_its_own_words(tmp_path: Path) -> None:
    real = find_programs(("kube-apiserver",), silent, os.environ)
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "etcd").write_text("#!/bin/sh\necho this etcd is broken\nexit 1\n")
    (assets / "etcd").chmod(0o755)
    (assets / "kube-apiserver").symlink_to(real["kube-apiserver"])
    env = {"KUBEBUILDER_ASSETS": str(assets)}
    with pytest.raises(Terminal, match=r"etcd ended .*etcd\.log\): this etcd is broken"):
        ControlPlane.start(tmp_path / "d", progress=silent, env=env)
    assert not processes_of(tmp_path)
