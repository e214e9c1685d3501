"""Servers that never finish an answer, and proxies that must not see a secret (threats A-75, B-22)."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import PenstockError
from penstock.tools.giterrors import GitFailed

from tests.source.fetchers.sources import MAIN, fetcher, source

if TYPE_CHECKING:
    from collections.abc import Iterator

MOVED = b"HTTP/1.1 301 Moved\r\nLocation: /moved/info/refs\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Dripping:
    """Redirects git; then begins an answer, and goes on with it byte by byte for ever."""

    def __init__(self, start: bytes) -> None:
        self._start = start
        self._stop = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/r"
        self.requests: list[bytes] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            self.requests.append(connection.recv(65536))
            if len(self.requests) == 1:
                connection.sendall(MOVED)
                return
            try:
                connection.sendall(self._start)
                while not self._stop.wait(0.02):
                    connection.sendall(b"x")
            except OSError:
                return

    def close(self) -> None:
        self._stop.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join()


@contextmanager
def dripping(start: bytes) -> Iterator[Dripping]:
    server = Dripping(start)
    try:
        yield server
    finally:
        server.close()


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 301 Mov", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 301 Moved\r\nLocation: /"]
)
def test_an_answer_about_a_move_that_never_ends_ends_with_the_timeout(start: bytes) -> None:
    with dripping(start) as server, pytest.raises(GitFailed, match=r"within spec\.timeout"):
        fetcher().head(source(server.url, MAIN, seconds=2))


@pytest.mark.parametrize("secret", [{"username": b"ada", "password": b"canary"}, {}])
def test_no_proxy_is_asked_for_what_is_on_this_machine(
    secret: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with dripping(b"") as server, dripping(b"") as proxy:
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/r"))
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(PenstockError):
            fetcher().head(source(server.url, MAIN, secret, seconds=2))
        assert proxy.requests == []
        assert (b"Authorization: Basic" in server.requests[0]) is bool(secret)
