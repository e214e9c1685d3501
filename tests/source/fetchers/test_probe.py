"""Repositories that moved (threats A-75)."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.errors import PenstockError
from penstock.source.fetchers.port import Shape
from penstock.source.redirects import RedirectRefused
from penstock.tools.gitserver import GitServer

from tests.fixtures_git import WorkingCopy
from tests.source.fetchers.sources import MAIN, fetcher, source, tls_files
from tests.support.wsgi import serving

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def redirecting(
    location: Callable[[str], str], status: str = "301 Moved Permanently"
) -> "Callable[..., list[bytes]]":
    """A server that redirects every request to what `location` makes of its path."""

    def app(environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
        start(status, [("Location", location(environ["PATH_INFO"]) + query), ("Set-Cookie", "a=b")])
        return []

    return app


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_repository_that_moved_on_its_server_is_followed_and_remembered(
    repository: WorkingCopy, git_server: GitServer, status: str
) -> None:
    commit = repository.publish({"a": "1"})
    asked: list[str] = []
    path = repository.url.removeprefix(git_server.base_url)

    def app(environ: "WSGIEnvironment", start: "StartResponse") -> "Iterable[bytes]":
        asked.append(environ["PATH_INFO"])
        if environ["PATH_INFO"].startswith("/old/"):
            return redirecting(lambda _path: f"{path}/info/refs", status)(environ, start)
        return git_server(environ, start)

    with serving(app) as base:
        at = source(f"{base}/old/r", MAIN)
        mine = fetcher()
        assert mine.head(at).revision.hash == commit
        first = len(asked)
        assert mine.fetch(at, mine.head(at), Shape()).revision.hash == commit
        assert not any(name.startswith("/old/") for name in asked[first:])


def test_credentials_never_follow_a_redirect_to_another_server() -> None:
    seen: list[str] = []

    def evil(environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        seen.append(environ["PATH_INFO"])
        start("200 OK", [])
        return []

    secret = {"username": b"ada", "password": b"canary"}
    with (
        serving(evil) as other,
        serving(redirecting(lambda path: other + path)) as base,
        pytest.raises(RedirectRefused, match="another one: if http://127"),
    ):
        fetcher().head(source(f"{base}/r", MAIN, secret))
    assert seen == []


@pytest.mark.parametrize("location", [lambda path: path, lambda path: f"/x{path}"])
def test_endless_redirects_end(location: Callable[[str], str]) -> None:
    with serving(redirecting(location)) as base, pytest.raises(RedirectRefused, match="more than 5 times"):
        fetcher().head(source(f"{base}/r", MAIN))


def test_a_login_page_in_place_of_a_repository_is_told() -> None:
    with (
        serving(redirecting(lambda _path: "/login")) as base,
        pytest.raises(RedirectRefused, match="no Git repo"),
    ):
        fetcher().head(source(f"{base}/r", MAIN))


def test_a_redirect_that_is_over_when_it_is_asked_about_is_forgotten(
    repository: WorkingCopy, git_server: GitServer
) -> None:
    commit = repository.publish()
    path = repository.url.removeprefix(git_server.base_url)
    asked: list[str] = []

    def app(environ: "WSGIEnvironment", start: "StartResponse") -> "Iterable[bytes]":
        asked.append(environ["PATH_INFO"])
        if len(asked) == 1:
            return redirecting(lambda _path: "/elsewhere/info/refs")(environ, start)
        return git_server(environ, start)

    with serving(app) as base:
        assert fetcher().head(source(f"{base}{path}", MAIN)).revision.hash == commit


def test_a_server_that_is_gone_when_it_is_asked_is_told() -> None:
    asked: list[str] = []

    def app(environ: "WSGIEnvironment", start: "StartResponse") -> "Iterable[bytes]":
        asked.append(environ["PATH_INFO"])
        if len(asked) > 1:
            raise ConnectionAbortedError
        return redirecting(lambda path: f"/x{path}")(environ, start)

    with serving(app) as base, pytest.raises(PenstockError):
        fetcher().head(source(f"{base}/r", MAIN, seconds=2))


def test_a_cookie_is_never_sent_back(repository: WorkingCopy, git_server: GitServer) -> None:
    commit = repository.publish({"a": "1"})
    path = repository.url.removeprefix(git_server.base_url)
    cookies: list[str] = []

    def app(environ: "WSGIEnvironment", start: "StartResponse") -> "Iterable[bytes]":
        cookies.append(environ.get("HTTP_COOKIE", ""))
        if environ["PATH_INFO"].startswith("/old/"):
            return redirecting(lambda _path: f"{path}/info/refs")(environ, start)

        def with_cookie(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start(status, [*headers, ("Set-Cookie", "session=canary; Path=/")], *rest)

        return git_server(environ, with_cookie)

    with serving(app) as base:
        at = source(f"{base}/old/r", MAIN)
        mine = fetcher()
        assert mine.fetch(at, mine.head(at), Shape()).revision.hash == commit
    assert len(cookies) > 3
    assert set(cookies) == {""}


def test_a_server_that_redirects_from_tls_to_plain_http_gets_nothing(tmp_path: Path) -> None:
    authority, tls = tls_files(tmp_path)
    plain: list[str] = []

    def evil(environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        plain.append(environ["PATH_INFO"])
        start("200 OK", [])
        return []

    secret = {"ca.crt": authority, "username": b"ada", "password": b"canary"}
    with serving(evil) as other:
        app = redirecting(lambda path: other + path)
        with (
            serving(app, tls=tls) as base,
            pytest.raises(RedirectRefused, match="another one: if http://127"),
        ):
            fetcher().head(source(f"{base}/r", MAIN, secret))
    assert plain == []
