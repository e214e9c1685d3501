"""A Git server or a repository in trouble: the last good artifact stays, and a later look heals it.

Everything is real but the trouble (threats A-75, A-78, B-22).
"""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from penstock.schedule.due import observe, wait_s

from tests.support.wsgi import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from penstock.tools.gitserver import GitServer

    from tests.fixtures_git import WorkingCopy
    from tests.source.live import Live

    App = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


class Moody:
    """A server that does as the real one does, or as `trouble` does while there is one."""

    def __init__(self, server: GitServer) -> None:
        self._server = server
        self.trouble: App | None = None
        self.asked: list[str] = []

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        return (self.trouble or self._server)(environ, start)

    def real(self, environ: WSGIEnvironment, start: StartResponse) -> bytes:
        """The real server's answer, whole."""
        return b"".join(self._server(environ, start))


@contextmanager
def moody(server: GitServer, url: str) -> Iterator[tuple[Moody, str]]:
    """The server, and the repository's URL on it."""
    app = Moody(server)
    with serving(app) as base:
        yield app, base + url.removeprefix(server.base_url)


def answering(status: str, **headers: str) -> App:
    def app(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        del environ
        start(status, [(name.replace("_", "-"), value) for name, value in headers.items()])
        return [b"canary: the server's own words\n"]

    return app


def endless(environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
    del environ
    start("200 OK", [("Content-Type", "application/x-git-upload-pack-advertisement")])
    yield b"001e# service=git-upload-pack\n0000"
    pause = threading.Event()
    while not pause.wait(0.02):
        yield b"003d" + b"1" * 40 + b" refs/heads/aaaaa\n"


TROUBLES: dict[str, tuple[App, str]] = {
    "500": (answering("500 Internal Server Error"), "HTTP status 500"),
    "503": (answering("503 Service Unavailable"), "HTTP status 503"),
    "429": (answering("429 Too Many Requests", Retry_After="120"), "HTTP status 429"),
    "403": (answering("403 Forbidden"), "authorization failed"),
    "404 for private": (answering("404 Not Found"), "repository not found"),
    "401": (answering("401 Unauthorized", WWW_Authenticate="Basic"), "authentication required"),
    "endless": (endless, "within spec.timeout"),
    "empty answer": (answering("200 OK", Content_Type="application/x-git-upload-pack-advertisement"), ""),
    "elsewhere": (
        answering("302 Found", Location="http://127.0.0.1:1/r/info/refs?service=git-upload-pack"),
        "redirects to another one",
    ),
    "for ever": (
        answering("302 Found", Location="again/info/refs?service=git-upload-pack"),
        "more than 5 times",
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_server_in_trouble_leaves_the_last_artifact_until_it_is_well(
    live: Live, repository: WorkingCopy, git_server: GitServer, name: str
) -> None:
    first = repository.publish({"a": "1"})
    with moody(git_server, repository.url) as (server, url):
        live.create(url, timeout="2s")
        assert live.fetch().revision == f"main@sha1:{first}"
        artifact = live.status()["artifact"]
        second = repository.publish({"a": "2"})
        server.trouble, text = TROUBLES[name]
        outcome = live.fetch()
        assert (outcome.ok, outcome.reason) == (False, "GitOperationFailed")
        assert text in outcome.message
        assert live.status()["artifact"] == artifact
        assert live.condition("ArtifactInStorage").startswith("True")
        assert live.condition("Ready").startswith("False GitOperationFailed")
        assert live.condition("Stalled") == ""
        assert live.files() == {"a": b"1"}
        assert "canary" not in f"{live.object()}{live.events()}{live.output.getvalue()}"
        server.trouble = None
        assert live.fetch().revision == f"main@sha1:{second}"
        assert live.files() == {"a": b"2"}


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("429 Too Many Requests", {"Retry_After": "1200"}),
        ("503 Service Unavailable", {"Retry_After": "1200"}),
        ("403 Forbidden", {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "99999999999"}),
    ],
)
def test_a_server_that_limits_is_left_alone_as_long_as_it_asks(
    live: Live, repository: WorkingCopy, git_server: GitServer, status: str, headers: dict[str, str]
) -> None:
    repository.publish({"a": "1"})
    with moody(git_server, repository.url) as (server, url):
        live.create(url)
        live.fetch()
        server.trouble = answering(status, **headers)
        asked = len(server.asked)
        assert f"HTTP status {status[:3]} and asks to be left alone" in live.fetch().message
        assert len(server.asked) == asked + 1, "one look is one request"
        record = live.ports.records.read(live.ref)
        rest = wait_s(observe(live.object(), record))
        assert rest == (1200 if "Retry_After" in headers else 3600)
        server.trouble = None
        assert live.fetch().ok
        assert wait_s(observe(live.object(), live.ports.records.read(live.ref))) <= 60


def test_an_answer_cut_in_the_middle_leaves_the_last_artifact(
    live: Live, repository: WorkingCopy, git_server: GitServer
) -> None:
    repository.publish({"a": "1"})
    with moody(git_server, repository.url) as (server, url):
        live.create(url)
        live.fetch()
        artifact = live.status()["artifact"]
        repository.publish({"a": "2" * 4000})

        def cut(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
            whole = server.real(environ, start)
            return [whole[:-20] if environ["REQUEST_METHOD"] == "POST" else whole]

        server.trouble = cut
        assert not live.fetch().ok
        assert (live.status()["artifact"], live.files()) == (artifact, {"a": b"1"})


def test_a_replica_that_is_behind_is_followed_and_the_next_look_heals_it(
    live: Live, repository: WorkingCopy, git_server: GitServer
) -> None:
    first = repository.publish({"a": "1"})
    second = repository.publish({"a": "2"})
    with moody(git_server, repository.url) as (server, url):
        live.create(url)
        assert live.fetch().revision == f"main@sha1:{second}"

        def behind(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
            return [server.real(environ, start).replace(second.encode(), first.encode())]

        server.trouble = behind
        assert live.fetch().revision == f"main@sha1:{first}"
        server.trouble = None
        assert live.fetch().revision == f"main@sha1:{second}"
        assert live.files() == {"a": b"2"}


@pytest.mark.parametrize("what", ["the repository is deleted", "the repository is emptied"])
def test_what_is_gone_leaves_the_last_artifact_until_it_is_back(
    live: Live, repository: WorkingCopy, git_server: GitServer, tmp_path: Path, what: str
) -> None:
    live.create(repository.url)
    first = repository.publish({"a": "1"})
    live.fetch()
    artifact = live.status()["artifact"]
    folder = git_server.path(repository.url.split("/", 3)[3].removesuffix(".git"))
    if what == "the repository is deleted":
        shutil.move(folder, tmp_path / "away")
    else:
        repository.git("--git-dir", str(folder), "update-ref", "-d", "refs/heads/main")
    outcome = live.fetch()
    assert (outcome.ok, outcome.reason) == (False, "GitOperationFailed")
    assert (live.status()["artifact"], live.files()) == (artifact, {"a": b"1"})
    assert live.condition("Stalled") == ""
    if what == "the repository is deleted":
        shutil.move(tmp_path / "away", folder)
    else:
        repository.push()
    assert live.fetch().revision == f"main@sha1:{first}"
    assert live.condition("Ready").startswith("True")


def test_a_branch_without_a_common_past_is_followed(live: Live, repository: WorkingCopy) -> None:
    live.create(repository.url)
    repository.publish({"a": "1"})
    live.fetch()
    repository.git("checkout", "--quiet", "--orphan", "other")
    commit = repository.commit({"a": None, "b": "1"})
    repository.push("HEAD:refs/heads/main", force=True)
    assert live.fetch().revision == f"main@sha1:{commit}"
    assert live.files() == {"b": b"1"}


def test_a_huge_file_that_packs_small_leaves_the_last_artifact(live: Live, repository: WorkingCopy) -> None:
    live.create(repository.url)
    repository.publish({"a": "1"})
    live.fetch()
    artifact = live.status()["artifact"]
    repository.publish({"huge": bytes(51 * 1024 * 1024)})
    outcome = live.fetch()
    assert (outcome.ok, outcome.reason) == (False, "ArchiveOperationFailed")
    assert "'huge' is larger than" in outcome.message
    assert (live.status()["artifact"], live.files()) == (artifact, {"a": b"1"})
