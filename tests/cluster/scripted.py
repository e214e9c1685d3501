"""An HTTP server that does what a test says: the answers a real API server gives only on bad days."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the next step of the script."""

    protocol_version = "HTTP/1.1"
    server: Server
    timeout = 10

    def handle_any(self) -> None:
        """Any method."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.script.take(Seen(self.command, self.path, headers, body))(self)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """With its script at hand; a client that goes away is part of the play."""

    script: ScriptedApi
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


Step = Callable[[Handler], None]


def answer(code: int, body: Any = None, **headers: str) -> Step:
    """An answer; a body that is no bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()

    def step(handler: Handler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return step


def status(code: int, reason: str = "", message: str = "", **more: Any) -> Step:
    """A Kubernetes Status; `retry_after` becomes the header, other names go into its details."""
    retry_after = more.pop("retry_after", None)
    headers = {} if retry_after is None else {"Retry_After": str(retry_after)}
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message}
    return answer(code, {**body, "reason": reason, "details": more}, **headers)


def reset(handler: Handler) -> None:
    """The connection breaks before an answer."""
    connection: socket.socket = handler.connection
    if not isinstance(connection, ssl.SSLSocket):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    connection.close()


def cut(handler: Handler) -> None:
    """The connection breaks in the middle of an answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"kind": ')
    handler.wfile.flush()
    reset(handler)


def stream(*pieces: bytes) -> Step:
    """A chunked answer in these pieces."""

    def step(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (*pieces, b""):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    return step


@dataclass
class ScriptedApi:
    """Answers with the steps in order, then with `otherwise`; `by_path` goes first where it has the path.

    `seen` has every request. With `tls` it serves https.
    """

    steps: list[Step] = field(default_factory=list)
    by_path: dict[str, Step] = field(default_factory=dict)
    otherwise: Step = field(default_factory=lambda: answer(200))
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def hang(self, handler: Handler) -> None:
        """No answer before the end of the test."""
        self.over.wait(30)
        handler.close_connection = True

    def take(self, seen: Seen) -> Step:
        """The step for a request."""
        with self._lock:
            self.seen.append(seen)
            known = self.by_path.get(seen.path.partition("?")[0])
            if known is not None:
                return known
            return self.steps.pop(0) if self.steps else self.otherwise

    def methods(self) -> list[str]:
        """The methods of all requests, in order."""
        return [one.method for one in self.seen]

    @property
    def url(self) -> str:
        """Where it listens."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> ScriptedApi:
        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.script = self
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
