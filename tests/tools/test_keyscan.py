"""Scanning the host keys of a real SSH server with the real ssh-keyscan."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.tools.keyscan import ScanFailed, scan
from penstock.tools.process import ProgramMissing

from tests.fixtures_ssh import SSHGitServer, new_key
from tests.runtime.processes import free_port

if TYPE_CHECKING:
    from pathlib import Path


def _deadline() -> Deadline:
    return Deadline.after(SystemClock(), 60)


def test_every_key_of_the_server_is_a_line_of_known_hosts(tmp_path: Path) -> None:
    kinds = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
    with SSHGitServer(tmp_path, host_keys=[new_key(kind) for kind in kinds]) as server:
        found = scan("127.0.0.1", server.port, _deadline())
    wanted = {b" ".join(line.split()[:3]) for line in server.known_hosts().splitlines()}
    assert found.splitlines() == sorted(wanted)
    assert found.endswith(b"\n")


def test_where_nothing_answers_the_place_is_named() -> None:
    port = free_port()
    with pytest.raises(ScanFailed, match=f"SSH key scan for host 127.0.0.1:{port} failed"):
        scan("127.0.0.1", port, _deadline())


def test_what_is_no_ssh_server_gives_no_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        with pytest.raises(ScanFailed, match="no SSH server answers there"):
            scan("127.0.0.1", port, Deadline.after(SystemClock(), 1.5))


def test_without_openssh_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissing, match="install OpenSSH's client"):
        scan("127.0.0.1", 22, _deadline())
