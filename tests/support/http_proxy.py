"""A proxy between penstock and a real server that has bad days on demand.

What is asked passes through, until a test names a fault. A proxy of its own kind of server says where it
goes on to (`connect`).
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import http.client
    from collections.abc import Callable
    from typing import TypeAlias

    Fault: TypeAlias = Callable[["Handler", "Seen"], None]

_LONGEST_WAIT_S = 60.0
_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def write(self) -> bool:
        """Whether it would change something."""
        return self.method not in {"GET", "HEAD"} and "dryRun=All" not in self.path

    @property
    def dry_run(self) -> bool:
        """Whether it only asks what it would change."""
        return "dryRun=All" in self.path


def reset(handler: Handler, seen: Seen) -> None:
    """The connection breaks before the request reaches the server."""
    del seen
    handler.break_off()


def reset_after(handler: Handler, seen: Seen) -> None:
    """The request has its effect, and the connection breaks before its answer comes back."""
    handler.forward(seen)
    handler.break_off()


def drop(handler: Handler, seen: Seen) -> None:
    """The request is swallowed: no answer before the end of the test, or before `heal`."""
    del seen
    handler.server.proxy.healed.wait(_LONGEST_WAIT_S)
    handler.break_off()


def slow(handler: Handler, seen: Seen) -> None:
    """The request reaches the server only once the test says `heal` (or ends)."""
    handler.server.proxy.healed.wait(_LONGEST_WAIT_S)
    handler.pass_on(seen)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 120
    disable_nagle_algorithm = True  # head and body are two packets: the second would wait for the first

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, body)
        fault = self.server.proxy.take(seen)
        (fault or Handler.pass_on)(self, seen)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""

    def pass_on(self, seen: Seen) -> None:
        """The real answer; a watch piece by piece."""
        upstream, answer = self._asked(seen)
        try:
            if answer.headers.get("Transfer-Encoding") == "chunked":
                self._streamed(answer)
            else:
                self.answer(answer.status, dict(answer.headers), answer.read())
        finally:
            upstream.close()

    def forward(self, seen: Seen) -> tuple[int, dict[str, str], bytes]:
        """The real answer, for whoever does something else with it."""
        upstream, answer = self._asked(seen)
        try:
            return answer.status, dict(answer.headers), answer.read()
        finally:
            upstream.close()

    def answer(self, code: int, headers: dict[str, str], body: bytes) -> None:
        """Sent back whole."""
        self._head(code, headers)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def break_off(self) -> None:
        """The client gets a connection reset."""
        connection: socket.socket = self.connection
        self.close_connection = True
        with suppress(OSError):
            if not isinstance(connection, ssl.SSLSocket):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

    def _asked(self, seen: Seen) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        upstream = self.server.proxy.connect()
        kept = {name: value for name, value in seen.headers.items() if name not in {"host", "authorization"}}
        upstream.request(seen.method, seen.path, seen.body or None, {**kept, "connection": "close"})
        return upstream, upstream.getresponse()

    def _head(self, code: int, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in self.server.proxy.passed(headers).items():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)

    def _streamed(self, answer: http.client.HTTPResponse) -> None:
        self._head(answer.status, dict(answer.headers))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while piece := answer.read1(65_536):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


class _Server(ThreadingHTTPServer):
    proxy: HttpProxy
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is part of the play."""


@dataclass
class _Rule:
    """A fault for the requests that match, but for the first `after` of them, and for `times` at most."""

    fault: Fault
    when: Callable[[Seen], bool]
    after: int
    times: int | None

    def takes(self, seen: Seen) -> bool:
        if self.times == 0 or not self.when(seen):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class HttpProxy:
    """`seen` has every request in order; `fail` names a fault, `heal` ends all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self.seen: list[Seen] = []
        self.healed = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.proxy = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def connect(self) -> http.client.HTTPConnection:
        """A connection to the real server."""
        raise NotImplementedError

    def passed(self, headers: dict[str, str]) -> dict[str, str]:
        """The headers of an answer as they go on."""
        return headers

    def fail(
        self,
        fault: Fault,
        when: Callable[[Seen], bool] = lambda _seen: True,
        *,
        after: int = 0,
        times: int | None = None,
    ) -> None:
        """From now on `fault` for what `when` accepts, once `after` such requests have passed."""
        self.healed.clear()
        with self._lock:
            self._rules.append(_Rule(fault, when, after, times))

    def heal(self) -> None:
        """Everything passes again, and what is held goes on."""
        with self._lock:
            self._rules.clear()
        self.healed.set()

    def take(self, seen: Seen) -> Fault | None:
        """The fault for a request, None if it passes."""
        with self._lock:
            self.seen.append(seen)
            return next((rule.fault for rule in self._rules if rule.takes(seen)), None)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
