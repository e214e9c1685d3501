"""A real SSH server in front of real repositories, with keys of its own; `pytest_plugins` loads it."""

from __future__ import annotations

import asyncio
import shlex
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import asyncssh
import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from penstock.tools.gitserver import GitServer

    Answer = Callable[["asyncssh.SSHServerProcess[bytes]"], Awaitable[None]]

TURNS = 5
"""How often asyncio's loop turns between a connection that is accepted or closed and the end of that."""


def new_key(kind: str = "ssh-ed25519", **options: Any) -> asyncssh.SSHKey:
    """A private key; RSA with 2048 bits."""
    if kind == "ssh-rsa":
        options.setdefault("key_size", 2048)
    return asyncssh.generate_private_key(kind, **options)


def exported(key: asyncssh.SSHKey, form: str = "openssh", passphrase: str | None = None) -> bytes:
    """The private key as a file: openssh, pkcs1-pem or pkcs8-pem."""
    rounds: dict[str, Any] = (
        {"rounds": 16, "ignore_few_rounds": True} if form == "openssh" and passphrase else {}
    )
    return key.export_private_key(form, passphrase, **rounds)


@dataclass
class SSHGitServer:
    """Serves the repositories below `root`, to read and to write, to whoever has one of the `accepted` keys.

    `answer` replaces what is done for a command; without `protocol`, the oldest one of Git is spoken; the
    answer of a command ends after `cut_bytes`. `seen` is every command, `users` every user that tried to log
    in, `offered` every key that was offered.
    """

    root: Path
    host_keys: list[asyncssh.SSHKey] = field(default_factory=lambda: [new_key()])
    accepted: list[asyncssh.SSHKey] = field(default_factory=list)
    certificates: list[asyncssh.SSHCertificate] = field(default_factory=list)
    answer: Answer | None = None
    banner: str = ""
    protocol: bool = True
    cut_bytes: int = 1 << 40
    seen: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    offered: list[asyncssh.SSHKey] = field(default_factory=list)
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> SSHGitServer:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._acceptor = self._run(self._listen())
        self.port = self._acceptor.get_port()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url(self, name: str, user: str = "git@") -> str:
        """The address of a repository."""
        return f"ssh://{user}127.0.0.1:{self.port}/{name}.git"

    def known_hosts(self) -> bytes:
        """The lines for this server, as ssh-keyscan gives them."""
        return b"".join(self.line(key) for key in self.host_keys)

    def line(self, key: asyncssh.SSHKey, marker: str = "", host: str = "") -> bytes:
        """A line that says that this server (or `host`) has that key."""
        return f"{marker}{host or f'[127.0.0.1]:{self.port}'} ".encode() + key.export_public_key()

    def secret(self, key: asyncssh.SSHKey | None = None, **data: bytes) -> dict[str, bytes]:
        """The data of a Secret for this server with one of the accepted keys, or that one."""
        mine = exported(key or self.accepted[0])
        return {"identity": mine, "known_hosts": self.known_hosts(), **data}

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_host_keys=self.host_keys,
            server_host_certs=self.certificates,
            server_factory=lambda: _Door(self),
            process_factory=self._serve,
            encoding=None,
            gss_host=None,
        )

    async def _close(self) -> None:
        """Ends the connections too: one that a client left open would warn in some later test."""
        # What was only just accepted has to begin before it can be ended: some turns of the loop.
        for _ in range(TURNS):
            await asyncio.sleep(0)
        self._acceptor.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for connection in self.connections:
            connection.abort()
        for connection in self.connections:
            await connection.wait_closed()
        # A transport gives its socket back in a later turn than the one that closed it.
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        command = process.command or ""
        self.seen.append(command)
        with suppress(asyncssh.Error, OSError):
            await (self.answer or self._pack)(process)
        process.close()

    async def _pack(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        program, path = shlex.split(process.command or "")
        commands = {"git-upload-pack": ("upload-pack", "--strict"), "git-receive-pack": ("receive-pack",)}
        protocol = process.env.get("GIT_PROTOCOL", "") if self.protocol else ""
        backend: Any = await asyncio.create_subprocess_exec(
            *("git", "-c", "safe.directory=*", *commands[program], str(self.root / path.strip("/"))),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"GIT_PROTOCOL": protocol, "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.root)},
        )
        feeding = asyncio.create_task(_feed(process.stdin, backend.stdin))
        errors = asyncio.create_task(_pump(backend.stderr, process.stderr))
        if await _pump(backend.stdout, process.stdout, self.cut_bytes) == 0:
            with suppress(ProcessLookupError):
                backend.kill()
            # A process has not ended for asyncio while there is something in its pipes.
            await backend.stdout.read()
        await errors
        feeding.cancel()
        process.exit(await backend.wait())


async def _feed(reader: Any, writer: Any) -> None:
    await _pump(reader, writer)
    writer.close()


async def _pump(reader: Any, writer: Any, most: int = 1 << 40) -> int:
    """How many of the `most` bytes were not there."""
    with suppress(asyncssh.Error, OSError):
        while most > 0 and (data := await reader.read(min(most, 64 * 1024))):
            writer.write(data)
            most -= len(data)
            await writer.drain()
    return most


class _Door(asyncssh.SSHServer):
    """Lets in whoever has an accepted key, and remembers who came."""

    def __init__(self, server: SSHGitServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._server.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        self._server.users.append(username)
        if self._server.banner:
            self._connection.send_auth_banner(self._server.banner)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        del username
        self._server.offered.append(key)
        public = key.export_public_key()
        return any(
            public.split()[:2] == mine.export_public_key().split()[:2] for mine in self._server.accepted
        )


@pytest.fixture
def ssh_server(git_server: GitServer) -> Iterator[SSHGitServer]:
    """A server for the repositories of `git_server`, with one accepted ed25519 key."""
    root = git_server.path("x").parent
    with SSHGitServer(root, accepted=[new_key()]) as server:
        yield server
