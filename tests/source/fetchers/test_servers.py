"""Fetching from servers in trouble, private ones, and over TLS (threats A-78, B-22)."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from penstock.base.clock import SystemClock
from penstock.base.errors import PenstockError
from penstock.tools.controlplane.certs import Authority, Subject
from penstock.tools.git import GitFailed
from penstock.tools.gitserver import GitServer, Login

from tests.fixtures_git import WorkingCopy, clone
from tests.source.fetchers.sources import MAIN, fetch, fetcher, source, through
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
            fetcher().fetch(at, target, None)


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


def tls_files(folder: Path) -> tuple[bytes, tuple[Path, Path]]:
    authority = Authority("ours", SystemClock().now())
    pair = authority.issue(Subject("git"), ("127.0.0.1",))
    paths = (folder / "tls.crt", folder / "tls.key")
    for path, data in zip(paths, (pair.certificate, pair.key), strict=True):
        path.write_bytes(data)
    return authority.certificate, paths


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
