"""The functions asked from outside."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Transient
from penstock.runtime.reach import ping, unwell

from tests.runtime.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def answering(status: int, body: bytes, location: str = "") -> Iterator[str]:
    """A server that answers everything like this; its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/base/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_functions_that_say_that_they_are_well_are() -> None:
    with answering(200, b'{"status": "ok"}\n') as url:
        assert unwell(url, {}) == ""


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>welcome</html>"), (503, b'{"status":"ok"}'), (404, b""), (200, b"x" * 9999)],
)
def test_anything_else_that_answers_is_not_taken_for_them(status: int, body: bytes) -> None:
    with answering(status, body) as url:
        assert unwell(url, {}) == f"something else does, with status {status}"


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with answering(200, b'{"status":"ok"}') as good, answering(302, b"", location=good) as url:
        assert unwell(url, {}) == "something else does, with status 302"


def test_nobody_at_the_address_is_told() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert unwell(url, {}) == f"{url}/healthz cannot be reached: ConnectionError"
    with pytest.raises(Transient, match="/github cannot be reached"):
        ping(url, "secret", {})


def test_the_answer_to_a_ping_is_given_as_it_is() -> None:
    with answering(401, b"") as url:
        assert ping(url, "", {}) == 401
