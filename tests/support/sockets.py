"""Small servers of plain bytes, for peers that say anything or nothing."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Listener:
    """Accepts connections until it is closed, and gives each to `talk` in a thread of its own."""

    def __init__(self, server: socket.socket, talk: Callable[[socket.socket, threading.Event], None]) -> None:
        self._server = server
        self._talk = talk
        self._stop = threading.Event()
        self.connections = 0
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.getsockname()[1])

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._one, args=(connection,)))
            self._threads[-1].start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._talk(connection, self._stop)

    def close(self) -> None:
        """End every connection and wait for it."""
        self._stop.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join()


@contextmanager
def listening(
    path: Path | None = None, talk: Callable[[socket.socket, threading.Event], None] = lambda _, __: None
) -> Iterator[Listener]:
    """A listener at a Unix socket, or at a free port of loopback; without a `talk` it closes at once."""
    if path is None:
        server = socket.create_server(("127.0.0.1", 0))
    else:
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        server.listen()
    listener = Listener(server, talk)
    try:
        yield listener
    finally:
        listener.close()
