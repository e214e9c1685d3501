"""One request to a forge and its whole answer; what breaks on the way becomes an error of ours.

It decides nothing: it sends once, follows no redirect, and reads no more than it may. The authorities of the
machine and those of `ca` are trusted; proxies are those of the environment.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as lower

from penstock import __version__
from penstock.base.errors import LimitExceeded
from penstock.base.proxy import proxy_to
from penstock.base.text import printable
from penstock.forge.answers import Answer
from penstock.forge.errors import Refused, TokenRefused, Unavailable, Untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.base.clock import Clock
    from penstock.base.limits import Limits

CONNECT_SECONDS = 10.0
_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Request:
    """One request: `url` is whole, `headers` has the token, `body` is JSON or nothing."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


class Transport:
    """Connections to the server of `api`, kept open between requests."""

    def __init__(
        self, api: str, *, ca: bytes, environ: Mapping[str, str], limits: Limits, clock: Clock
    ) -> None:
        self._address = urlsplit(api)
        self._limit = limits.forge_answer_bytes
        self._clock = clock
        self._manager = self._make_manager(ca, environ)

    def send(self, request: Request, timeout_s: float) -> Answer:
        """The answer, whatever its status, within `timeout_s` from head to end.

        LimitExceeded if it is too large, Untrusted or Unavailable if there is none.
        """
        until = self._clock.monotonic() + timeout_s
        try:
            response = self._open(request, timeout_s)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, headers, self._whole(response, until))
        except lower.HTTPError as error:
            raise self._translate(error) from None

    def close(self) -> None:
        """Close the idle connections."""
        self._manager.clear()

    def _open(self, request: Request, timeout_s: float) -> urllib3.BaseHTTPResponse:
        if not all(value.isascii() and value.isprintable() for value in request.headers.values()):
            # http.client would refuse it too, and quote it.
            raise TokenRefused("the token holds characters that no HTTP header takes: check what was pasted")
        return self._manager.request(
            request.method,
            request.url,
            body=request.body,
            headers={"User-Agent": f"penstock/{__version__}", **request.headers},
            redirect=False,
            retries=False,
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, timeout_s), read=timeout_s),
            preload_content=False,
        )

    def _whole(self, response: urllib3.BaseHTTPResponse, until: float) -> bytes:
        """All of the body, as it is unpacked; a connection with more of it is closed."""
        pieces, size = list[bytes](), 0
        while piece := response.read1(_PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > self._limit:
                response.close()
                where = self._address.netloc
                raise LimitExceeded(
                    f"the answer of {where} is larger than {self._limit} bytes", limit="forge_answer_bytes"
                )
            if self._clock.monotonic() > until:
                response.close()
                raise Unavailable(f"{self._address.netloc} is too slow with its answer: try again")
        response.release_conn()
        return b"".join(pieces)

    def _make_manager(self, ca: bytes, environ: Mapping[str, str]) -> urllib3.PoolManager:
        address = self._address
        context = _context(ca) if address.scheme == "https" else None
        proxy = proxy_to(address.scheme, address.hostname or "", address.port, environ)
        if not proxy:
            return urllib3.PoolManager(ssl_context=context)
        parts = urlsplit(proxy)
        login = f"{parts.username or ''}:{parts.password or ''}" if parts.username else None
        headers = urllib3.make_headers(proxy_basic_auth=login)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        return urllib3.ProxyManager(bare, proxy_headers=headers, ssl_context=context)

    def _translate(self, error: lower.HTTPError) -> Unavailable | Untrusted:
        """The reason is named by its kind alone: lower texts quote URLs and more."""
        where = self._address.netloc
        if isinstance(error, lower.SSLError):
            return Untrusted(
                f"no trusted TLS connection to {where} ({_tls_reason(error)}): for a certificate of your own"
                " authority, name that with --ca-file"
            )
        if isinstance(error, lower.ReadTimeoutError):
            return Unavailable(f"{where} does not answer in time: try again")
        unsent = isinstance(error, lower.ConnectTimeoutError | lower.NewConnectionError | lower.ProxyError)
        told = "cannot be reached" if unsent else "broke off"
        return Unavailable(
            f"{where} {told} ({_cause(error)}): check the network, and --hostname", unsent=unsent
        )


def _context(ca: bytes) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca:
        try:
            context.load_verify_locations(cadata=ca.decode("ascii"))
        except (ssl.SSLError, ValueError):
            raise Refused("--ca-file: it holds no certificates in PEM") from None
    return context


def _tls_reason(error: BaseException) -> str:
    """OpenSSL's words for a verification failure, such as `certificate has expired`."""
    inner = error.args[0] if error.args else error
    found = getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or "handshake failed"
    return printable(str(found), 120)


def _cause(error: BaseException) -> str:
    """`connection refused`, `its name does not resolve`: the errno's words, or the kind of error."""
    if isinstance(error, lower.NameResolutionError):
        return "its name does not resolve"
    for within in (error.__cause__, error.__context__, *error.args):
        if isinstance(within, OSError) and within.strerror:
            return printable(within.strerror.lower(), 120)
    return type(error).__name__
