"""Asking a penstock that runs to look at an object, over real HTTP."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import kustomization
from penstock.base.errors import Terminal, Transient
from penstock.base.options import Secret
from penstock.queue.invoking import HttpInvoke

from tests.runtime.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = kustomization("flux-system", "apps")


class Door(HTTPServer):
    """Keeps what it is asked, and gives one answer."""

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.status = status
        self.got: list[tuple[str, str, object]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Asked(BaseHTTPRequestHandler):
    server: Door

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, self.headers["Authorization"], body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def door(status: int) -> Iterator[Door]:
    with Door(status) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("ending", ["", "/"])
def test_the_object_is_named_to_who_has_the_token(ending: str) -> None:
    with door(202) as server:
        HttpInvoke(server.url + ending, Secret("invoke-token"))(APPS)
    named = {"kind": "Kustomization", "namespace": "flux-system", "name": "apps"}
    assert server.got == [("/invoke", "Bearer invoke-token", named)]


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (401, "PENSTOCK_INVOKE_TOKEN is not the token that it expects"),
        (403, "it does not serve that namespace"),
        (404, "there is no /invoke below PENSTOCK_RECEIVER_URL"),
        (302, "its log says why"),
        (503, "its log says why"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(status: int, why: str) -> None:
    with door(status) as server, pytest.raises(Terminal, match=f"/invoke answered {status}: {why}"):
        HttpInvoke(server.url, Secret("invoke-token"))(APPS)
    assert len(server.got) == 1


def test_nobody_at_home_is_told_without_the_token() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Transient, match=f"could not be asked at {url}/invoke: ConnectionError") as caught:
        HttpInvoke(url, Secret("hunter2"))(APPS)
    assert "hunter2" not in str(caught.value) + repr(HttpInvoke(url, Secret("hunter2")))
