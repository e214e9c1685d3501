"""Requests over a pool of kept-alive connections; what breaks on the way becomes an error of ours.

It sends each request once, follows no redirect, and decides nothing. Threads share it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import urllib3
from urllib3 import exceptions as lower

from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.base.text import printable
from penstock.cluster.errors import Timeout, Unauthorized, Unreachable, Untrusted
from penstock.cluster.request import Answer
from penstock.cluster.target import check_proxy, parse_server
from penstock.cluster.tls import make_context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.cluster.errors import Failed
    from penstock.cluster.request import Request
    from penstock.cluster.target import Target

CONNECT_SECONDS = 5.0
_CHUNK_BYTES = 64 * 1024
_PIECE_BYTES = 1024 * 1024
_PACKED = "content-encoding"
_ONCE = urllib3.Retry(total=False, redirect=False)
"""What breaks is raised at once, and no redirect is followed."""


class Transport:
    """The connections to one API server; at most `connections` are kept open."""

    def __init__(
        self, target: Target, *, user_agent: str, connections: int = 64, limits: Limits | None = None
    ) -> None:
        address = parse_server(target.server)
        self._server = f"{address.scheme}://{address.netloc.rpartition('@')[2]}"
        self._prefix = address.path.rstrip("/")
        self._user_agent = user_agent
        self._answer_bytes = (limits or Limits()).api_answer_bytes
        self._manager = _make_manager(target, connections)
        self._pool = self._manager.connection_from_url(self._server)

    def send(self, request: Request, authorization: str, timeout_s: float) -> Answer:
        """The whole answer, whatever its status; LimitExceeded if it is too large."""
        try:
            response = self._open(request, authorization, timeout_s)
            return Answer(response.status, response.headers, self._whole(response, request))
        except lower.HTTPError as error:
            raise self._translate(error, request, timeout_s) from None

    @contextlib.contextmanager
    def stream(
        self, request: Request, authorization: str, timeout_s: float
    ) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """The answer's head, and its body in pieces as they arrive; where it failed the head has the body."""
        try:
            response = self._open(request, authorization, timeout_s)
            try:
                body = b"" if response.status == 200 else response.read(_CHUNK_BYTES)
                yield Answer(response.status, response.headers, body), response.stream(_CHUNK_BYTES)
            finally:
                # A half-read connection cannot be used again.
                response.close()
        except lower.HTTPError as error:
            raise self._translate(error, request, timeout_s) from None

    def close(self) -> None:
        """Close the idle connections."""
        self._manager.clear()

    def _whole(self, response: urllib3.BaseHTTPResponse, request: Request) -> bytes:
        """All of the body, as it is unpacked; a connection with more of it is closed."""
        announced = response.length_remaining
        if announced is not None and announced <= self._answer_bytes and not response.headers.get(_PACKED):
            return response.read()
        pieces, size = list[bytes](), 0
        for piece in response.stream(_PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > self._answer_bytes:
                response.close()
                what = f"{request.method} {request.subject}: the answer"
                raise LimitExceeded(
                    f"{what} is larger than {self._answer_bytes} bytes", limit="api_answer_bytes"
                )
        response.release_conn()
        return b"".join(pieces)

    def _open(self, request: Request, authorization: str, timeout_s: float) -> urllib3.BaseHTTPResponse:
        if not (authorization.isascii() and authorization.isprintable()):
            # http.client would refuse it too, and quote it.
            raise Unauthorized("the credentials hold characters that no HTTP header takes")
        headers = {"Accept": request.accept, "User-Agent": self._user_agent}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        if authorization:
            headers["Authorization"] = authorization
        return self._pool.urlopen(
            request.method,
            self._prefix + request.path,
            body=request.body,
            headers=headers,
            redirect=False,
            retries=_ONCE,
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, timeout_s), read=timeout_s),
            preload_content=False,
        )

    def _translate(self, error: lower.HTTPError, request: Request, timeout_s: float) -> Failed:
        """The reason is named by its kind alone: lower texts quote URLs and objects."""
        what = f"{request.method} {request.subject}"
        if isinstance(error, lower.ReadTimeoutError):
            return Timeout(f"{what}: no answer from {self._server} within {timeout_s:.0f} s")
        if isinstance(error, lower.SSLError):
            return Untrusted(
                f"{what}: no trusted TLS connection to {self._server} ({_tls_reason(error)}): "
                "check the certificate authority, the dates of the certificates and the address",
                sent=False,
            )
        before = lower.ConnectTimeoutError | lower.NewConnectionError | lower.ProxyError
        if isinstance(error, before):
            return Unreachable(f"{what}: {self._server} cannot be reached ({_cause(error)})", sent=False)
        return Unreachable(f"{what}: the connection to {self._server} broke ({_cause(error)})")


def _make_manager(target: Target, connections: int) -> urllib3.PoolManager:
    context = make_context(target) if parse_server(target.server).scheme == "https" else None
    name = target.server_name or None
    if not target.verify:
        # It was asked for, and would be said again with every request.
        urllib3.disable_warnings(lower.InsecureRequestWarning)
    if target.proxy:
        check_proxy(target.proxy)
        return urllib3.ProxyManager(
            target.proxy, maxsize=connections, ssl_context=context, server_hostname=name
        )
    return urllib3.PoolManager(maxsize=connections, ssl_context=context, server_hostname=name)


def _tls_reason(error: BaseException) -> str:
    """OpenSSL's words for a verification failure, such as `certificate has expired`."""
    inner = error.args[0] if error.args else error
    return printable(
        str(getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or "handshake failed"), 120
    )


def _cause(error: BaseException) -> str:
    """`connection refused`, `name not resolved` ...: the errno's words, or the kind of error."""
    if isinstance(error, lower.NameResolutionError):
        return "its name does not resolve"
    for inner in (error.__cause__, error.__context__, *error.args):
        if isinstance(inner, OSError) and inner.strerror:
            return printable(inner.strerror.lower(), 120)
    return type(error).__name__
