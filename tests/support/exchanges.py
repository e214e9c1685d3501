"""A server that answers as an API's description says, for forges that cannot be had here.

What it answers is written by hand from published schemas, never recorded, and the tests say so. Anything that
is not written is answered 599, so that no request goes unnoticed.
"""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNWRITTEN = 599


@dataclass(frozen=True)
class Reply:
    """What is answered: a body is JSON unless it is bytes already."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """One request: method, path without its query, query, headers by lower-case name, JSON body."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any = None


class Exchanges:
    """`write` says what a request is answered with, the latest word counts; `asked` is every request.

    Several replies are given in turn, and the last one from then on. What is not below `prefix` is handed on
    to the Git server at `git` (`http://host:port`), if there is one: forges have both at one address.
    """

    def __init__(self, prefix: str, git: str = "") -> None:
        self.prefix = prefix
        self.git = git
        self.asked: list[Asked] = []
        self._written: dict[tuple[str, str], list[Reply | Callable[[Asked], Reply]]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.exchanges = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def write(self, method: str, path: str, *replies: Reply | Callable[[Asked], Reply]) -> None:
        """The replies to a request, its path (still encoded) below the prefix."""
        with self._lock:
            self._written[method, self.prefix + path] = list(replies)

    def reply(self, asked: Asked) -> Reply:
        """The next reply to a request."""
        with self._lock:
            self.asked.append(asked)
            replies = self._written.get((asked.method, asked.path), [])
            if not replies:
                return Reply(UNWRITTEN, {"message": f"nothing is written for {asked.method} {asked.path}"})
            found = replies.pop(0) if len(replies) > 1 else replies[0]
        return found if isinstance(found, Reply) else found(asked)

    def bodies(self, method: str, path: str) -> list[Any]:
        """What was sent to a path below the prefix, in order."""
        return [one.body for one in self.asked if (one.method, one.path) == (method, self.prefix + path)]

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60
    disable_nagle_algorithm = True

    def _any(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        exchanges, address = self.server.exchanges, urlsplit(self.path)
        if exchanges.git and not address.path.startswith(exchanges.prefix):
            self._hand_on(exchanges.git, raw)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(raw) if raw else None
        reply = exchanges.reply(Asked(self.command, address.path, address.query, headers, body))
        self._send(reply.status, {"Content-Type": "application/json", **reply.headers}, reply.content)

    def _hand_on(self, git: str, raw: bytes) -> None:
        """The Git server's answer; what the client proves to the forge is none of its business."""
        connection = http.client.HTTPConnection(urlsplit(git).netloc)
        dropped = {"host", "authorization", "connection"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        try:
            connection.request(self.command, self.path, raw or None, headers)
            answer = connection.getresponse()
            kept = {"Content-Type": answer.headers.get("Content-Type", "text/plain")}
            self._send(answer.status, kept, answer.read())
        finally:
            connection.close()

    def _send(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    exchanges: Exchanges
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is part of the play."""
