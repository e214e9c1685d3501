"""The doors as the internet sees them: bytes on a socket, to both servers of ours (threats A-01, A-14)."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from penstock.base.limits import Limits
from penstock.runtime.app import create_app
from penstock.runtime.server import Server
from penstock.runtime.webhook import Webhook

from tests.fakes.queue import FakeQueue
from tests.runtime.processes import ask, environment, function
from tests.runtime.requesting import PUSH, SECRET, TOKEN, Site, signed
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1024 * 1024
HEAD = b"POST /github HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n"
BODY = json.dumps(PUSH).encode()


class Doors:
    """A server: its address, what it has logged, how much it has taken, its largest size in memory."""

    def __init__(
        self, url: str, logged: Callable[[], str], taken: Callable[[], int], peak: Callable[[], int]
    ) -> None:
        self.url = url
        self.logged = logged
        self.taken = taken
        self.peak = peak

    def connect(self) -> socket.socket:
        address = urlsplit(self.url)
        return socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=60)

    def send(self, data: bytes) -> int:
        """The status that is answered; 0 if it is merely a closed connection, or no HTTP/1."""
        with self.connect() as connection:
            with suppress(OSError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            return status_of(connection)


def status_of(connection: socket.socket) -> int:
    answer = b""
    with suppress(OSError):
        while piece := connection.recv(65536):
            answer += piece
    return int(answer[9:12]) if answer.startswith(b"HTTP/1") else 0


def peak_of(pid: int) -> int:
    """The largest size in memory of the process and of its children, in bytes."""
    folder = Path(f"/proc/{pid}")
    children = (folder / f"task/{pid}/children").read_text().split()
    status = [Path(f"/proc/{one}/status").read_text() for one in (str(pid), *children)]
    return max(int(text.split("VmHWM:")[1].split()[0]) * 1024 for text in status)


@pytest.fixture(scope="module", params=["functions-framework", "penstock serve"])
def doors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    if request.param == "functions-framework":
        queue = tmp_path_factory.mktemp("queue")
        env = environment(webhook_secret=SECRET, invoke_token=TOKEN, queue=queue)
        with function("webhook", env) as (started, url):
            yield Doors(
                url,
                lambda: started.output,
                lambda: len(list(queue.glob("pending/*"))),
                lambda: peak_of(started.process.pid),
            )
        return
    kept = FakeQueue()
    site = Site("/github", Webhook((SECRET,), Limits(), lambda: kept))
    server = Server("127.0.0.1", 0, create_app(site.routes))
    server.start()
    yield Doors(server.url, site.stream.getvalue, lambda: len(kept.items), peak_of_this_process)
    server.close()


def peak_of_this_process() -> int:
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024


REQUESTS = {
    "a path with an encoded line end": b"POST /github%0d%0aX:y HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path with a line end": b"POST /github\r\nX: y HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path with a NUL": b"POST /git\0hub HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path that climbs": b"POST /x/../github HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path that climbs, encoded": b"POST /%2e%2e/github HTTP/1.1\r\nHost: x\r\n\r\n",
    "a very long path": b"POST /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method nobody knows": b"BREW /github HTTP/1.1\r\nHost: x\r\n\r\n",
    "a very long method": b"X" * 5000 + b" /github HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method of control characters": b"\x1b[31m /github HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"POST /github\r\n\r\n",
    "HTTP/9.9": b"POST /github HTTP/9.9\r\nHost: x\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "nothing": b"",
    "a negative length": HEAD + b"Content-Length: -5\r\n\r\n",
    "a length in words": HEAD + b"Content-Length: five\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    "a length and chunks": CHUNKED + b"Content-Length: 5\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "a chunk without a size": CHUNKED + b"\r\nZZ\r\nabc\r\n0\r\n\r\n",
    "a chunk of negative size": CHUNKED + b"\r\n-5\r\nabc\r\n0\r\n\r\n",
    "a chunk that is cut off": CHUNKED + b"\r\nFFFF\r\nabc",
    "a chunk of a terabyte": CHUNKED + b"\r\nFFFFFFFFFF\r\nabc",
    "chunks of gzip": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "5000 headers": HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",
    "a header of a megabyte": HEAD + b"X: " + b"y" * MIB + b"\r\n\r\n",
    "a signature that is no text": HEAD
    + b"X-Hub-Signature-256: sha256=\xe9\xff\r\nContent-Length: 0\r\n\r\n",
    "a body shorter than its length": HEAD + b"Content-Length: 50\r\n\r\nabc",
    "another host's address": b"POST http://other/github HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", REQUESTS)
def test_whatever_is_sent_is_refused_and_never_an_error_of_ours(name: str, doors: Doors) -> None:
    status = doors.send(REQUESTS[name])
    assert status == 0 or 400 <= status < 500
    assert "this is a bug" not in doors.logged()
    assert "\x1b" not in doors.logged()
    assert doors.taken() == 0


def test_a_body_of_two_gigabytes_is_refused_and_never_held_in_memory(doors: Doors) -> None:
    before = doors.peak()
    chunk = b"100000\r\n" + b"x" * MIB + b"\r\n"
    with doors.connect() as connection, suppress(OSError):
        connection.sendall(CHUNKED + b"\r\n")
        for _ in range(2048):
            connection.sendall(chunk)
    eventually(lambda: '"status": 413' in doors.logged(), "the answer")
    assert doors.peak() - before < 64 * MIB
    assert doors.taken() == 0


def test_a_length_of_two_gigabytes_is_refused_without_waiting_for_them(doors: Doors) -> None:
    with doors.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 2147483648\r\n\r\nabc")
        assert status_of(connection) == 413


@pytest.mark.parametrize(("wrong_by", "status"), [(-1, 401), (1, 400)])
def test_a_signed_body_whose_length_lies_is_not_taken(wrong_by: int, status: int, doors: Doors) -> None:
    headers = "".join(f"{key}: {value}\r\n" for key, value in signed(BODY).items()).encode()
    head = HEAD + headers + b"Content-Length: %d\r\n\r\n" % (len(BODY) + wrong_by)
    assert doors.send(head + BODY) == status
    assert doors.taken() == 0


def test_a_compressed_body_is_refused_as_it_is(doors: Doors) -> None:
    assert ask(doors.url, "/github", b"\x1f\x8b" * 9, {**signed(b""), "Content-Encoding": "gzip"})[0] == 415


def test_nothing_of_a_header_is_logged(doors: Doors) -> None:
    headers = {**signed(BODY, secret="wrong"), "X-Github-Encoded-Secret": "aGVhZGVyLWNhbmFyeQ=="}
    assert ask(doors.url, "/github", BODY, headers)[0] == 401
    assert ask(doors.url, "/x/%2e%2e", BODY, headers)[0] == 404
    assert "POST /github" in doors.logged()
    assert "aGVhZGVyLWNhbmFyeQ" not in doors.logged()
    assert headers["X-Hub-Signature-256"] not in doors.logged()


def test_after_all_that_a_genuine_push_is_taken(doors: Doors) -> None:
    assert ask(doors.url, "/github", BODY, signed(BODY))[0] == 202
    assert ask(doors.url, "/github", iter([BODY[:9], BODY[9:]]), signed(BODY))[0] == 202
    assert doors.taken() > 0
