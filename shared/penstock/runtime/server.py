"""The HTTP server of `penstock serve`: werkzeug's threads, with bounds that it does not have by itself."""

from __future__ import annotations

import io
import socket
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler, select_address_family

from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import SettingsError
from penstock.base.limits import Limits

if TYPE_CHECKING:
    import ssl

    from flask import Flask

_POLL_S = 0.1


class _Timely(io.RawIOBase):
    """What arrives over a connection until the time for its request is up; then TimeoutError."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """What has arrived, or arrives next."""
        whole = self._connection.gettimeout()
        if self._deadline.expired:
            raise TimeoutError("the request took too long to arrive")
        self._connection.settimeout(self._deadline.remaining())
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(whole)


class _Handler(WSGIRequestHandler):
    """Logs nothing by itself, and waits for nobody for ever.

    Python's http.server bounds the head of a request: lines of 64 KiB, a hundred headers.
    """

    server: Server

    def setup(self) -> None:
        """Bounds what is waited for: the request as a whole, and each piece of the answer that is taken."""
        seconds = self.server.limits.request_seconds
        super().setup()
        self.connection.settimeout(seconds)
        deadline = Deadline.after(SystemClock(), seconds)
        self.rfile = io.BufferedReader(_Timely(self.connection, deadline))

    def version_string(self) -> str:
        """The Server header."""
        return "penstock"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Nothing: the routes log each request, without its headers."""


class Server(ThreadedWSGIServer):
    """Serves an app in threads of its own, within the limits, until it is closed."""

    request_queue_size = 128

    def __init__(
        self,
        host: str,
        port: int,
        app: Flask,
        limits: Limits | None = None,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._tls = tls
        with _listening(host, port, self.request_queue_size) as listener:
            super().__init__(host, port, app, _Handler, fd=listener.fileno())
        self._places = threading.BoundedSemaphore(self.limits.connections)
        self._loop = threading.Thread(target=self.serve_forever, args=(_POLL_S,), name="http", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Takes a connection if there is a place for it, and closes it otherwise."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Handles a connection and gives its place back."""
        try:
            request = self._shaken(request)
            if request is not None:
                super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def _shaken(self, connection: socket.socket) -> socket.socket | None:
        """The connection once its TLS handshake is done; None, and closed, if that fails or takes too long.

        In the thread of the connection: who says nothing keeps nobody else from being heard.
        """
        if self._tls is None:
            return connection
        connection.settimeout(self.limits.request_seconds)
        secured = None
        try:
            secured = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            secured.do_handshake()
        except OSError:
            self.shutdown_request(secured or connection)
            return None
        return secured

    def start(self) -> None:
        """Begins to take connections."""
        self._loop.start()

    def close(self) -> None:
        """Takes no more connections; those that are open are not waited for."""
        self.shutdown()
        self._loop.join()


def _listening(host: str, port: int, backlog: int) -> socket.socket:
    """A socket that listens there: werkzeug would print why it cannot, and end the process."""
    try:
        family = select_address_family(host, port)
        address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4]
        return socket.create_server(address, family=family, backlog=backlog)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "that is no name of a host"
        raise SettingsError(
            f"{host}:{port} cannot be listened on ({why}): choose another PENSTOCK_LISTEN_HOST (--host)"
            " or PENSTOCK_LISTEN_PORT (--port; 0 takes a free one)"
        ) from None
