"""Servers in trouble, and hostile ones, over ssh: one sentence, in time, and nothing left (threats B-22)."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import PenstockError
from penstock.source.reference import EmptyRepository, ReferenceNotFound
from penstock.tools.git import GitFailed
from penstock.tools.giterrors import Problem

from tests.fixtures_git import WorkingCopy, clone
from tests.fixtures_ssh import SSHGitServer
from tests.source.fetchers.over_ssh import OverSSH, leaving_nothing, name_of
from tests.source.fetchers.sources import LIMITS, files
from tests.support.sockets import listening

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    import asyncssh
    from penstock.tools.gitserver import GitServer

    Process = asyncssh.SSHServerProcess[bytes]

pytestmark = pytest.mark.timeout(60)
SECONDS = 2
"""The timeout of a repository whose server has to be given up on."""


@pytest.fixture
def over_ssh(repository: WorkingCopy, ssh_server: SSHGitServer, tmp_path: Path) -> Iterator[OverSSH]:
    """A repository with one commit; nothing may be left of its fetches."""
    repository.publish({"a": "1"}, "One")
    with leaving_nothing(tmp_path / "place") as place:
        yield OverSSH(ssh_server, name_of(repository), place)


def closes(connection: socket.socket, stop: threading.Event) -> None:
    del stop
    connection.recv(64)


def hangs(connection: socket.socket, stop: threading.Event) -> None:
    del connection
    stop.wait()


def greets_for_ever(connection: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        connection.sendall(b"canary, and welcome\r\n" * 100)


def begins_a_line(connection: socket.socket, stop: threading.Event) -> None:
    while not stop.wait(0.01):
        connection.sendall(b"canary")


def speaks_http(connection: socket.socket, stop: threading.Event) -> None:
    del stop
    connection.sendall(b"HTTP/1.1 400 canary\r\nConnection: close\r\n\r\n<html>canary</html>\n")
    connection.recv(64)


def speaks_ssh_1(connection: socket.socket, stop: threading.Event) -> None:
    del stop
    connection.sendall(b"SSH-1.5-canary\r\n")
    connection.recv(64)


def sends_noise(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-x\r\n")
    while not stop.is_set():
        connection.sendall(os.urandom(4096))


@pytest.mark.parametrize(
    "talk", [closes, hangs, greets_for_ever, begins_a_line, speaks_http, speaks_ssh_1, sends_noise]
)
def test_a_peer_that_is_no_ssh_server_gives_one_sentence_in_time(
    over_ssh: OverSSH, talk: Callable[[socket.socket, threading.Event], None]
) -> None:
    with listening(talk=talk) as peer:
        server = SSHGitServer(over_ssh.server.root, accepted=over_ssh.server.accepted, port=peer.port)
        with pytest.raises(GitFailed) as caught:
            OverSSH(server, over_ssh.name, over_ssh.place).fetch(seconds=SECONDS)
    assert "canary" not in caught.value.message
    assert "penstock-ssh" not in caught.value.message


async def ends(process: Process) -> None:
    process.exit(1)


async def waits(process: Process) -> None:
    del process
    await asyncio.sleep(600)


async def talks(process: Process) -> None:
    process.stdout.write(b"canary, this is no Git server\n")
    process.exit(0)


async def talks_for_ever(process: Process) -> None:
    while True:
        process.stdout.write(b"canary" * 10_000)
        await process.stdout.drain()


async def complains_for_ever(process: Process) -> None:
    while True:
        process.stderr.write(b"canary\n" * 10_000)
        await process.stderr.drain()


async def lists_for_ever(process: Process) -> None:
    while True:
        process.stdout.write((b"003d" + b"1" * 40 + b" refs/heads/canary\n") * 1000)
        await process.stdout.drain()


async def denies(process: Process) -> None:
    process.stderr.write(b"ERROR: Repository not found, canary.\nfatal: canary\n")
    process.exit(1)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (ends, "^the server closed the connection$"),
        (waits, r"within spec\.timeout"),
        (talks, "does not answer as a Git server does"),
        (talks_for_ever, r"within spec\.timeout|does not answer"),
        (complains_for_ever, r"within spec\.timeout"),
        (lists_for_ever, r"within spec\.timeout|does not answer"),
        (denies, "^repository not found: check spec.url, and whether the identity may read it$"),
    ],
)
def test_a_server_that_is_no_git_server_gives_one_sentence_without_its_own_words(
    over_ssh: OverSSH, answer: Callable[[Process], Awaitable[None]], text: str
) -> None:
    over_ssh.server.answer = answer
    with pytest.raises(GitFailed, match=text) as caught:
        over_ssh.fetch(seconds=SECONDS)
    assert "canary" not in caught.value.message


def test_a_long_banner_is_no_obstacle(over_ssh: OverSSH) -> None:
    over_ssh.server.banner = "Permission was denied, timeout, not found: canary\n" * 500
    assert files(over_ssh.fetch()) == {"a": b"1"}


def test_nobody_at_the_address_is_told(over_ssh: OverSSH) -> None:
    with listening() as peer:
        port = peer.port
    gone = SSHGitServer(over_ssh.server.root, accepted=over_ssh.server.accepted, port=port)
    with pytest.raises(GitFailed, match=r"^connection refused$") as caught:
        OverSSH(gone, over_ssh.name, over_ssh.place).fetch()
    assert caught.value.problem is Problem.UNREACHABLE


def test_an_empty_a_missing_and_a_closed_repository_are_different_things(
    over_ssh: OverSSH, git_server: GitServer, tmp_path: Path
) -> None:
    empty = clone(git_server, f"empty/{tmp_path.name}", tmp_path / "empty")
    with pytest.raises(EmptyRepository, match="git repository is empty"):
        OverSSH(over_ssh.server, name_of(empty), over_ssh.place).fetch()
    empty.commit({"a": "1"})
    empty.push("HEAD:refs/heads/other")
    with pytest.raises(ReferenceNotFound, match='couldn\'t find remote ref "refs/heads/main"'):
        OverSSH(over_ssh.server, name_of(empty), over_ssh.place).fetch()
    with pytest.raises(GitFailed, match=r"^repository not found: ") as caught:
        OverSSH(over_ssh.server, "none", over_ssh.place).fetch()
    assert caught.value.problem is Problem.NOT_FOUND


def test_a_server_that_gives_out_no_commit_by_its_hash_is_asked_for_the_branch(
    over_ssh: OverSSH, repository: WorkingCopy
) -> None:
    over_ssh.server.protocol = False
    commit = repository.publish({"a": "2"})
    assert over_ssh.fetch().revision.hash == commit


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_a_connection_cut_in_the_middle_gives_no_artifact(
    over_ssh: OverSSH, repository: WorkingCopy, cut: float
) -> None:
    repository.publish({"a": os.urandom(200_000)})
    over_ssh.server.cut_bytes = int(200_000 * cut)
    with pytest.raises(GitFailed):
        over_ssh.fetch()


def test_limits_of_size_hold_over_ssh(over_ssh: OverSSH, repository: WorkingCopy) -> None:
    repository.publish({"big": os.urandom(300_000)})
    small = type(LIMITS)(git_pack_bytes=100_000)
    with pytest.raises(GitFailed, match="larger than 100000 bytes packed") as caught:
        over_ssh.fetch(limits=small)
    assert caught.value.problem is Problem.TOO_LARGE
    repository.push("HEAD:refs/heads/a", "HEAD:refs/heads/b")
    with pytest.raises(PenstockError, match="printed more than 10 bytes"):
        over_ssh.fetch(limits=type(LIMITS)(git_output_bytes=10))
