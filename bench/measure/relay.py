"""A TCP relay that counts what is fetched through it, as a process of its own so that it slows nobody else.

As a program (`python -m bench.measure.relay PORT`) it says on which port it listens and goes on to PORT of
loopback; for each line that comes in it answers with the bytes that went to clients so far.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from bench.beside.process import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

LOCAL = "127.0.0.1"
_CHUNK = 256 * 1024


class Relay:
    """Takes connections at a free port, and goes on to the port that `target` names for each of them."""

    def __init__(self, target: Callable[[], int]) -> None:
        self._target = target
        self._server = socket.create_server((LOCAL, 0), backlog=512)
        self._lock = threading.Lock()
        self._fetched = 0
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.getsockname()[1])

    @property
    def fetched(self) -> int:
        """Bytes that went to clients so far."""
        return self._fetched

    def close(self) -> None:
        """Takes no more connections, and ends those that are open."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="relayed", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection((LOCAL, self._target())) as server:
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {client, server}
            there = threading.Thread(target=_pump, args=(client, server, lambda _: None), daemon=True)
            there.start()
            _pump(server, client, self._count)
            there.join()
            with self._lock:
                self._open -= {client, server}

    def _count(self, size: int) -> None:
        with self._lock:
            self._fetched += size


def _pump(source: socket.socket, sink: socket.socket, count: Callable[[int], None]) -> None:
    """Everything, and then the end, from one to the other."""
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            count(len(chunk))
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class RelayProcess:
    """A Relay to a port of loopback, in a process of its own, until the end."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, a list of ours
            [sys.executable, "-m", "bench.measure.relay", str(port)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.port = self._answer()

    @property
    def fetched(self) -> int:
        """Bytes that went to clients so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def _answer(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the relay has ended"
        return int(line)


def main(port: int) -> None:
    """Relays until the input ends."""
    relay = Relay(lambda: port)
    print(relay.port, flush=True)  # noqa: T201 - the answer to whoever started us
    for _ in sys.stdin:
        print(relay.fetched, flush=True)  # noqa: T201 - likewise
    relay.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
