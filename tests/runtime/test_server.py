from __future__ import annotations

import io
import socket
import ssl
import threading
from contextlib import suppress
from http.client import HTTPSConnection
from typing import TYPE_CHECKING

import pytest
from penstock.base.clock import SystemClock
from penstock.base.errors import SettingsError
from penstock.base.limits import Limits
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.runtime.answers import Answer
from penstock.runtime.app import create_app
from penstock.runtime.hooked import make_context
from penstock.runtime.routes import Route, Routes
from penstock.runtime.server import Server

from tests.fakes.clock import FakeClock
from tests.runtime.processes import ask
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Request


def answers(server: Server) -> bool:
    try:
        return ask(server.url, "/")[0] == 200
    except OSError:
        return False


def routes(said: str) -> Routes:
    def handle(request: Request) -> Answer:
        return Answer(200, {"said": said, "bytes": len(request.get_data())})

    log = Log(Masker(), stream=io.StringIO())
    return Routes({"/": Route("POST", handle)}, FakeClock(), log, Masker())


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server("127.0.0.1", 0, create_app(routes("one")), Limits(connections=2))
    started.start()
    yield started
    started.close()


def test_it_answers_through_functions_framework(server: Server) -> None:
    status, body, headers = ask(server.url, "/", b"abc")
    assert (status, body) == (200, {"said": "one", "bytes": 3})
    assert headers["Server"] == "penstock"
    assert ask(server.url, "/other", b"abc")[0] == 404


def test_two_apps_in_one_process_do_not_mix(server: Server) -> None:
    other = Server("127.0.0.1", 0, create_app(routes("two")))
    other.start()
    assert ask(other.url, "/")[1]["said"] == "two"
    assert ask(server.url, "/")[1]["said"] == "one"
    other.close()


def test_there_is_an_end_to_how_many_are_served_at_once(server: Server) -> None:
    address = ("127.0.0.1", server.port)
    connect = socket.create_connection
    with connect(address), connect(address), connect(address, timeout=60) as third:
        assert third.recv(1) == b""
    eventually(lambda: answers(server), "a place is free again")


@pytest.mark.parametrize(
    "sent", [b"", b"POST / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"]
)
def test_who_is_slow_to_send_a_request_is_not_waited_for(sent: bytes) -> None:
    server = Server("127.0.0.1", 0, create_app(routes("one")), Limits(request_seconds=1))
    server.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(sent)
        ended = threading.Event()
        drip = threading.Thread(target=drip_until, args=(connection, ended))
        drip.start()
        answered = b"".join(iter(lambda: connection.recv(65536), b""))
        ended.set()
        drip.join()
    assert b" 200 " not in answered
    server.close()


def drip_until(connection: socket.socket, ended: threading.Event) -> None:
    """One byte now and then, so that the connection is never silent for long."""
    with suppress(OSError):
        while not ended.wait(0.2):
            connection.send(b"x")


def test_a_closed_server_refuses_connections() -> None:
    server = Server("127.0.0.1", 0, create_app(routes("one")))
    server.start()
    assert answers(server)
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


def test_an_address_that_cannot_be_had_is_an_error_of_the_settings(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    for host in ("127.0.0.1", "192.0.2.1", "no-such-host.invalid", "x" * 70, "a..b", "unix://x", "::2"):
        with pytest.raises(SettingsError, match=r"cannot be listened on \(.+\): .*PENSTOCK_LISTEN_PORT"):
            Server(host, server.port, create_app(routes("two")))
    assert capsys.readouterr().err == ""


def test_the_address_of_an_ipv6_server_is_written_with_brackets() -> None:
    try:
        server = Server("::1", 0, create_app(routes("one")))
    except SettingsError:
        return  # this machine has no IPv6
    server.start()
    assert server.url.startswith("http://[::1]:")
    server.close()


@pytest.fixture
def secured() -> Iterator[tuple[Server, ssl.SSLContext]]:
    """A server with TLS, and what a client needs to trust it."""
    context, ca = make_context("127.0.0.1", SystemClock().now())
    limits = Limits(request_seconds=1, connections=4)
    started = Server("127.0.0.1", 0, create_app(routes("one")), limits, tls=context)
    started.start()
    yield started, ssl.create_default_context(cadata=ca)
    started.close()


def over_tls(server: Server, trust: ssl.SSLContext) -> int:
    connection = HTTPSConnection("127.0.0.1", server.port, timeout=60, context=trust)
    try:
        connection.request("POST", "/", b"abc")
        return connection.getresponse().status
    finally:
        connection.close()


def test_with_a_certificate_it_speaks_tls_and_nothing_else(secured: tuple[Server, ssl.SSLContext]) -> None:
    server, trust = secured
    assert server.url.startswith("https://127.0.0.1:")
    assert over_tls(server, trust) == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        over_tls(server, ssl.create_default_context())
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain:
        plain.sendall(b"POST / HTTP/1.1\r\n\r\n")
        assert b" 200 " not in b"".join(iter(lambda: plain.recv(65536), b""))
    assert over_tls(server, trust) == 200


def test_who_does_not_finish_the_handshake_keeps_nobody_from_being_heard(
    secured: tuple[Server, ssl.SSLContext],
) -> None:
    server, trust = secured
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as silent:
        assert over_tls(server, trust) == 200
        assert silent.recv(1) == b"", "it is hung up on"
