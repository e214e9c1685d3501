"""Real processes: started, told apart, ended, and killed by the guardian."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from penstock.base.errors import Terminal, Transient
from penstock.tools.controlplane import state
from penstock.tools.controlplane.daemon import Daemon, alive, spawn, stop
from penstock.tools.controlplane.guard import Guard
from penstock.tools.controlplane.identity import look
from penstock.tools.controlplane.layout import Layout
from penstock.tools.controlplane.lifecycle import ComponentDied, Components, PortTaken, stop_order
from penstock.tools.controlplane.recorded import running, stop_recorded
from penstock.tools.progress import silent

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

SLEEP = ("/bin/sleep", "600")
DEAF = ("/bin/sh", "-c", "trap '' TERM; sleep 600 & echo $!; wait")
"""Ignores the signal, as does its child; prints the child's number."""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "logs").mkdir()
    return Layout(tmp_path)


@pytest.fixture
def daemon(layout: Layout) -> Iterator[Daemon]:
    started = spawn("sleep", SLEEP, layout.log("sleep"), layout.folder)
    yield started
    stop([started], 0.0)


def test_a_daemon_lives_until_it_is_stopped(daemon: Daemon) -> None:
    assert alive(daemon)
    stop([daemon], 5.0)
    assert not alive(daemon)
    assert look(daemon.pid) is None


def test_a_deaf_daemon_is_killed_with_its_children(layout: Layout) -> None:
    daemon = spawn("deaf", DEAF, layout.log("deaf"), layout.folder)
    eventually(lambda: layout.log("deaf").read_text().endswith("\n"))
    child = int(layout.log("deaf").read_text())
    stop([daemon], 0.1)
    assert not alive(daemon)
    eventually(lambda: (seen := look(child)) is None or seen.zombie)


def test_a_process_with_the_same_number_is_a_stranger(daemon: Daemon) -> None:
    stranger = Daemon("x", daemon.pid, "another boot/1")
    assert not alive(stranger)
    stop([stranger], 0.0)
    assert alive(daemon)


def test_a_daemon_gets_nothing_of_our_environment(layout: Layout) -> None:
    daemon = spawn("env", ("/usr/bin/env",), layout.log("env"), layout.folder)
    eventually(lambda: not alive(daemon))
    names = {line.partition("=")[0] for line in layout.log("env").read_text().splitlines()}
    assert names == {"PATH", "HOME"}


def test_a_program_that_cannot_be_executed_is_named(layout: Layout) -> None:
    with pytest.raises(Terminal, match="etcd cannot be started from /nowhere/etcd: No such file"):
        spawn("etcd", ("/nowhere/etcd",), layout.log("etcd"), layout.folder)


def test_the_name_of_a_process_cannot_confuse_its_identity(tmp_path: Path) -> None:
    odd = tmp_path / "a) Z 1 (b"
    odd.write_bytes(Path("/bin/sleep").read_bytes())
    odd.chmod(0o755)
    daemon = spawn("odd", (str(odd), "600"), tmp_path / "log", tmp_path)
    assert alive(daemon)
    stop([daemon], 5.0)


def test_the_guardian_lets_live_what_was_released(layout: Layout, daemon: Daemon) -> None:
    guard = Guard(layout.folder)
    guard.watch(daemon)
    guard.release()
    guard.release()
    assert alive(daemon)


PARENT = """
import pathlib, sys, time
from penstock.tools.controlplane.layout import Layout
from penstock.tools.controlplane.lifecycle import Components
from penstock.tools.progress import silent

from tests.support.waiting import eventually
components = Components(Layout(pathlib.Path(sys.argv[1])), silent)
components.start("one", ("/bin/sleep", "600"))
components.start("two", ("/bin/sh", "-c", "sleep 600 & wait"))
for daemon in components.daemons:
    print(daemon.name, daemon.pid, daemon.identity, flush=True)
time.sleep(600)
"""


def test_nothing_survives_a_parent_that_is_killed(layout: Layout) -> None:
    argv = [sys.executable, "-c", PARENT, str(layout.folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        lines = [parent.stdout.readline().split() for _ in range(2)]
        started = [Daemon(name, int(pid), identity) for name, pid, identity in lines]
        assert all(map(alive, started))
        parent.kill()
    eventually(lambda: not any(map(alive, started)))


def test_a_component_that_ends_is_told_with_its_last_lines(layout: Layout) -> None:
    components = Components(layout, silent)
    components.start("etcd", ("/bin/sh", "-c", "echo first; echo the reason; exit 1"))
    with pytest.raises(ComponentDied, match=r"etcd ended .*logs/etcd\.log\): first\nthe reason"):
        components.await_ready(lambda: False, "etcd", 60)
    components.detach()


def test_an_occupied_port_is_told_apart(layout: Layout) -> None:
    components = Components(layout, silent)
    components.start("etcd", ("/bin/sh", "-c", "echo bind: address already in use; exit 1"))
    with pytest.raises(PortTaken):
        components.await_ready(lambda: False, "etcd", 60)
    components.detach()


def test_what_never_gets_ready_is_given_up(layout: Layout) -> None:
    components = Components(layout, silent)
    components.start("etcd", SLEEP)
    with pytest.raises(Transient, match="the API server: not ready after 0 s; the logs are in"):
        components.await_ready(lambda: False, "the API server", 0)
    components.stop()
    components.detach()
    assert components.daemons == ()


def test_the_api_server_is_ended_before_its_etcd_and_after_its_clients() -> None:
    names = ("etcd", "kube-apiserver", "kwok", "kube-scheduler")
    order = stop_order(Daemon(name, 1, "") for name in names)
    assert [[one.name for one in rank] for rank in order] == [
        ["kwok", "kube-scheduler"],
        ["kube-apiserver"],
        ["etcd"],
    ]


def test_an_api_server_that_lost_its_etcd_is_not_waited_for(layout: Layout) -> None:
    components = Components(layout, silent)
    components.start("etcd", ("/bin/true",))
    components.start("kube-apiserver", DEAF)
    eventually(lambda: not alive(components.daemons[0]))
    components.stop()
    components.detach()
    assert components.daemons == ()


def test_a_recorded_start_is_found_and_ended_by_another_process(layout: Layout, daemon: Daemon) -> None:
    assert not stop_recorded(layout.folder)
    state.write(layout.state, state.State("https://127.0.0.1:1", "now", (daemon,)))
    found = running(layout.folder)
    assert found
    assert found.server == "https://127.0.0.1:1"
    assert stop_recorded(layout.folder)
    assert not alive(daemon)
    assert running(layout.folder) is None
    assert not layout.state.exists()


def test_a_start_of_which_a_part_died_does_not_run(layout: Layout, daemon: Daemon) -> None:
    gone = Daemon("etcd", daemon.pid, "another boot/1")
    state.write(layout.state, state.State("https://127.0.0.1:1", "now", (gone, daemon)))
    assert running(layout.folder) is None
    assert stop_recorded(layout.folder)
    assert not alive(daemon)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read"),
        (b'{"server": 1}', "cannot be read"),
        (msgspec.json.encode(state.State("s", "now", (), version=2)), "another penstock"),
    ],
)
def test_a_strange_record_is_refused_with_its_path(layout: Layout, content: bytes, message: str) -> None:
    layout.state.write_bytes(content)
    with pytest.raises(Terminal, match=message) as caught:
        running(layout.folder)
    assert str(layout.state) in caught.value.message


def test_an_ended_child_is_reaped(daemon: Daemon) -> None:
    os.kill(daemon.pid, signal.SIGKILL)
    eventually(lambda: not alive(daemon))
    with pytest.raises(ChildProcessError):
        os.waitpid(daemon.pid, os.WNOHANG)
