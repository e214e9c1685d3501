"""A proxy between penstock and a real API server that has bad days on demand.

It speaks HTTP or, with a certificate of an authority of its own, HTTPS to us, and goes on as the control
plane's administrator. What is asked passes through, watches included, until a test names a fault.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import yaml
from penstock.base.masking import Masker
from penstock.cluster.connect import open_cluster
from penstock.tools.controlplane.certs import Authority, Subject
from penstock.tools.controlplane.layout import ADMIN, Layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane

    Fault: TypeAlias = Callable[["_Handler", "Seen"], None]

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


def status(code: int, reason: str = "", *, retry_after: int | None = None, message: str = "") -> Fault:
    """A Status of the API, such as 503 or 429, in place of an answer; nothing reaches the API server."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
    data = json.dumps({**body, "message": message or f"injected {code}"}).encode()
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}

    def fault(handler: _Handler, seen: Seen) -> None:
        del seen
        handler.answer(code, {"Content-Type": "application/json", **headers}, data)

    return fault


def reset(handler: _Handler, seen: Seen) -> None:
    """The connection breaks before the request reaches the API server."""
    del seen
    handler.break_off()


def reset_after(handler: _Handler, seen: Seen) -> None:
    """The request has its effect, and the connection breaks before its answer comes back."""
    handler.forward(seen)
    handler.break_off()


def drop(handler: _Handler, seen: Seen) -> None:
    """The request is swallowed: no answer before the end of the test, or before `heal`."""
    del seen
    handler.server.proxy.healed.wait(_LONGEST_WAIT_S)
    handler.break_off()


def slow(handler: _Handler, seen: Seen) -> None:
    """The request reaches the API server only once the test says `heal` (or ends)."""
    handler.server.proxy.healed.wait(_LONGEST_WAIT_S)
    handler.pass_on(seen)


def rewritten(change: Callable[[Any], Any]) -> Fault:
    """The JSON answer of the API server, changed."""

    def fault(handler: _Handler, seen: Seen) -> None:
        code, headers, body = handler.forward(seen)
        handler.answer(code, headers, json.dumps(change(json.loads(body))).encode())

    return fault


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 120

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, body)
        fault = self.server.proxy.take(seen)
        (fault or _Handler.pass_on)(self, seen)

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

    def _asked(self, seen: Seen) -> tuple[http.client.HTTPSConnection, http.client.HTTPResponse]:
        upstream = self.server.proxy.connect()
        kept = {name: value for name, value in seen.headers.items() if name not in {"host", "authorization"}}
        upstream.request(seen.method, seen.path, seen.body or None, {**kept, "connection": "close"})
        return upstream, upstream.getresponse()

    def _head(self, code: int, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in headers.items():
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
    proxy: FaultyProxy
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


class FaultyProxy:
    """`seen` has every request in order; `fail` names a fault, `heal` ends all of them.

    `kubeconfig` is a file whose one context leads through the proxy, with the bearer token in `token_file`
    (which the proxy takes for granted: say `fail(status(401), when=...)` to refuse it).
    """

    def __init__(self, plane: ControlPlane, folder: Path, *, tls: bool = False) -> None:
        layout = Layout(plane.kubeconfig.parent)
        self._address = urlsplit(plane.server)
        self._upstream = ssl.create_default_context(cafile=str(layout.certificate("ca")))
        self._upstream.load_cert_chain(layout.certificate(ADMIN), layout.key(ADMIN))
        self._folder = folder
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self.seen: list[Seen] = []
        self.healed = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._authority = b""
        if tls:
            self._serve_tls()
        self.token_file = folder / "proxy-token"
        self.token_file.write_text("first")
        self.kubeconfig = folder / "proxy-kubeconfig"
        self.kubeconfig.write_text(self._kubeconfig())

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

    def cluster(self) -> ApiCluster:
        """A new client that goes through the proxy."""
        return open_cluster(self.kubeconfig, "", {}, Masker())

    def take(self, seen: Seen) -> Fault | None:
        """The fault for a request, None if it passes."""
        with self._lock:
            self.seen.append(seen)
            return next((rule.fault for rule in self._rules if rule.takes(seen)), None)

    def connect(self) -> http.client.HTTPSConnection:
        """A connection to the API server as its administrator."""
        return http.client.HTTPSConnection(
            str(self._address.hostname), self._address.port, timeout=120, context=self._upstream
        )

    def _serve_tls(self) -> None:
        authority = Authority("faulty-proxy", datetime.now(UTC))
        pair = authority.issue(Subject("faulty-proxy"), ["127.0.0.1"])
        pem = self._folder / "proxy.pem"
        pem.write_bytes(pair.certificate + pair.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._authority = authority.certificate
        self.url = self.url.replace("http:", "https:")

    def _kubeconfig(self) -> str:
        cluster: dict[str, Any] = {"server": self.url}
        if self._authority:
            ca = self._folder / "proxy-ca.pem"
            ca.write_bytes(self._authority)
            cluster["certificate-authority"] = str(ca)
        document = {
            "current-context": "proxy",
            "clusters": [{"name": "proxy", "cluster": cluster}],
            "users": [{"name": "proxy", "user": {"tokenFile": str(self.token_file)}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}],
        }
        return yaml.safe_dump(document)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
