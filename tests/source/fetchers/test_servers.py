"""Fetching from servers in trouble, private ones, and over TLS (threats A-78, B-22)."""

import os
import select
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import PenstockError
from penstock.source.fetchers.port import Shape
from penstock.tools.git import GitFailed
from penstock.tools.gitserver import GitServer, Login

from tests.fixtures_git import WorkingCopy, clone
from tests.source.fetchers.sources import MAIN, fetch, fetcher, source, through, tls_files
from tests.support.sockets import listening
from tests.support.wsgi import serving

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("500 Internal Server Error", "HTTP status 500"),
        ("503 Service Unavailable", "HTTP status 503"),
        ("429 Too Many Requests", "HTTP status 429"),
        ("403 Forbidden", "authorization failed"),
        ("401 Unauthorized", "authentication required"),
        ("404 Not Found", "repository not found"),
        ("200 OK", "git"),
    ],
)
def test_a_server_in_trouble_gives_one_sentence_without_its_own_words(status: str, text: str) -> None:
    def app(_environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        start(status, [("Content-Type", "text/plain"), ("WWW-Authenticate", "Basic")])
        return [b"<html>canary</html>\n"]

    with serving(app) as base, pytest.raises(PenstockError, match=text) as caught:
        fetcher().head(source(f"{base}/r", MAIN))
    assert "canary" not in caught.value.message


def test_an_answer_that_never_ends_ends_with_the_timeout() -> None:
    def app(_environ: "WSGIEnvironment", start: "StartResponse") -> Iterator[bytes]:
        start("200 OK", [("Content-Type", "application/x-git-upload-pack-advertisement")])
        yield b"001e# service=git-upload-pack\n0000"
        while True:
            yield b"003d" + b"1" * 40 + b" refs/heads/aaaaa\n"

    with serving(app) as base, pytest.raises(GitFailed):
        fetcher().head(source(f"{base}/r", MAIN, seconds=1))


def test_a_connection_cut_in_the_middle_gives_no_artifact(
    repository: WorkingCopy, git_server: GitServer
) -> None:
    repository.publish({"a": os.urandom(100_000)})

    def app(environ: "WSGIEnvironment", start: "StartResponse") -> "Iterable[bytes]":
        whole = b"".join(git_server(environ, start))
        return [
            whole[: len(whole) // 2] if environ["REQUEST_METHOD"] == "POST" and len(whole) > 500 else whole
        ]

    with serving(app) as base:
        at = source(through(base, git_server, repository.url), MAIN)
        target = fetcher().head(at)
        with pytest.raises(GitFailed):
            fetcher().fetch(at, target, Shape())


@pytest.mark.parametrize("login", [Login("ada", "canary: ü"), Login(token="canary")])
def test_a_private_repository_is_read_with_the_secrets_login(tmp_path: Path, login: Login) -> None:
    data = {
        key: value.encode()
        for key, value in (
            ("username", login.username),
            ("password", login.password),
            ("bearerToken", login.token),
        )
        if value
    }
    with GitServer(tmp_path / "server", login=login) as server:
        copy = clone(server, "fleet", tmp_path / "copy")
        copy.git("config", "http.extraHeader", f"Authorization: {login.header()}")
        commit = copy.publish({"a": "1"})
        assert fetch(source(copy.url, MAIN, data)).revision.hash == commit
        with pytest.raises(GitFailed, match="authentication required"):
            fetcher().head(source(copy.url, MAIN))
        wrong = {"username": b"ada", "password": b"wrong"}
        with pytest.raises(GitFailed, match="authentication required: the server does not accept"):
            fetcher().head(source(copy.url, MAIN, wrong))


def test_a_server_is_trusted_by_the_secrets_authority_and_by_no_other(tmp_path: Path) -> None:
    other, _ = tls_files(tmp_path)
    authority, tls = tls_files(tmp_path)
    with GitServer(tmp_path / "server", tls=tls) as server:
        copy = clone(server, "fleet", tmp_path / "copy")
        copy.git("config", "http.sslVerify", "false")
        commit = copy.publish({"a": "1"})
        assert fetch(source(copy.url, MAIN, {"ca.crt": authority})).revision.hash == commit
        for secret in ({}, {"ca.crt": other}, {"ca.crt": b"garbage"}):
            with pytest.raises(GitFailed, match="certificate is not trusted"):
                fetcher().head(source(copy.url, MAIN, secret))


@pytest.mark.parametrize("cut", [0, 300, 3000, 60_000])
def test_a_tls_connection_cut_in_the_middle_gives_no_artifact(tmp_path: Path, cut: int) -> None:
    authority, tls = tls_files(tmp_path)
    with GitServer(tmp_path / "server", tls=tls) as server:
        copy = clone(server, "fleet", tmp_path / "copy")
        copy.git("config", "http.sslVerify", "false")
        copy.publish({"a": os.urandom(100_000)})
        port = int(server.base_url.rpartition(":")[2])
        with listening(talk=lambda connection, _: relay(connection, port, cut)) as relayed:
            url = copy.url.replace(f":{port}/", f":{relayed.port}/")
            with pytest.raises(GitFailed):
                fetch(source(url, MAIN, {"ca.crt": authority}))


def relay(client: socket.socket, port: int, most: int) -> None:
    """Between a client and a server, until that many bytes of the server's have passed."""
    with socket.create_connection(("127.0.0.1", port)) as server:
        while most > 0:
            readable, _, _ = select.select([client, server], [], [])
            for one, other in ((client, server), (server, client)):
                if one in readable:
                    data = one.recv(4096)
                    most -= len(data) if one is server else 0
                    if not data:
                        return
                    other.sendall(data)
