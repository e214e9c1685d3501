from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from penstock.api.work import Function, WorkItem, decode
from penstock.base.errors import Terminal, Transient
from penstock.base.options import Secret
from penstock.queue.http import HttpQueue

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEM = WorkItem(Function.FETCH, "GitRepository", "apps", "podinfo", "invoked")


class Successor(HTTPServer):
    """A function that keeps what it got and gives the answer it was told to."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.status, self.headers = status, headers
        self.got: list[tuple[str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/run"


class Answering(BaseHTTPRequestHandler):
    server: Successor

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers["Authorization"], body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def successor(status: int, **headers: str) -> Iterator[Successor]:
    with Successor(status, {name.replace("_", "-"): value for name, value in headers.items()}) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def queue(url: str) -> HttpQueue:
    return HttpQueue({Function.FETCH: url}, Secret("invoke-token"), timeout_s=10)


def test_the_item_is_posted_with_the_token() -> None:
    with successor(200) as server:
        queue(server.url).put(ITEM)
    ((authorization, body),) = server.got
    assert authorization == "Bearer invoke-token"
    assert decode(body) == ITEM


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500, 503])
def test_every_other_answer_is_transient_and_redirects_are_not_followed(status: int) -> None:
    with successor(status, Location="http://127.0.0.1:1/", Retry_After="7") as server:
        with pytest.raises(Transient, match=str(status)) as caught:
            queue(server.url).put(ITEM)
        assert len(server.got) == 1
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("value", ["", "soon", "-1", "Wed, 21 Oct 2030 07:28:00 GMT", "٣"])
def test_a_retry_after_that_is_no_number_is_left_out(value: str) -> None:
    with (
        successor(503, Retry_After=value.encode().decode("latin-1")) as server,
        pytest.raises(Transient) as caught,
    ):
        queue(server.url).put(ITEM)
    assert caught.value.retry_after is None


def test_nobody_there_is_transient_and_the_token_is_not_told() -> None:
    with successor(200) as server:
        url = server.url
    with pytest.raises(Transient, match="ConnectionError") as caught:
        queue(url).put(ITEM)
    assert "invoke-token" not in str(caught.value)


def test_work_without_a_url_is_an_error_of_ours() -> None:
    with pytest.raises(Terminal, match="no URL for tick"):
        queue("http://127.0.0.1:1/").put(WorkItem(Function.TICK))


def test_who_cannot_wait_takes_silence_for_a_yes_and_hears_a_no() -> None:
    brief = frozenset({Function.FETCH})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/run"
        HttpQueue({Function.FETCH: url}, Secret("token"), 0.2, brief).put(ITEM)
        with pytest.raises(Transient):
            HttpQueue({Function.FETCH: url}, Secret("token"), 0.2).put(ITEM)
    with pytest.raises(Transient):
        HttpQueue({Function.FETCH: url}, Secret("token"), 0.2, brief).put(ITEM)
    with successor(503) as busy, pytest.raises(Transient):
        HttpQueue({Function.FETCH: busy.url}, Secret("token"), 60, brief).put(ITEM)
