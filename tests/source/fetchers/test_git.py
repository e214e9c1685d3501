"""Fetching from real Git servers, well-behaved and not (threats A-74 to A-78, B-22)."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from penstock.api.gitrepository import GitRepositoryRef
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import LimitExceeded, PenstockError
from penstock.base.limits import Limits
from penstock.source.archive import unpack
from penstock.source.credentials import credentials
from penstock.source.fetchers.git import GitFetcher
from penstock.source.fetchers.port import Fetched, GitSource
from penstock.source.ignore import IgnoreRefused
from penstock.source.paths import PathRefused
from penstock.source.redirects import RedirectRefused
from penstock.source.reference import EmptyRepository, ReferenceNotFound, wanted
from penstock.source.url import parse_url
from penstock.tools.controlplane.certs import Authority, Subject
from penstock.tools.git import Git, GitFailed
from penstock.tools.gitserver import GitServer, Login

from tests.fixtures_git import WorkingCopy, clone
from tests.support.wsgi import serving

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LIMITS = Limits()


class ByName:
    """Chooses the versions with the highest text in front of a `+`, then the latest."""

    def semver(
        self, expression: str, versions: Collection[str], times: Mapping[str, int] | None = None
    ) -> str | None:
        return max(self.semver_equals(expression, versions), key=(times or {}).__getitem__, default=None)

    def semver_equals(self, expression: str, versions: Collection[str]) -> tuple[str, ...]:
        found = sorted(name for name in versions if name.startswith(expression))
        return tuple(name for name in found if name.split("+")[0] == found[-1].split("+")[0])


def source(
    url: str, ref: GitRepositoryRef | None = None, secret: dict[str, bytes] | None = None, seconds: float = 60
) -> GitSource:
    parsed = parse_url(url)
    found = credentials(parsed, secret or {}, "apps/secret")
    return GitSource(parsed, found, wanted(ref), Deadline.after(SystemClock(), seconds))


def fetcher(limits: Limits = LIMITS) -> GitFetcher:
    return GitFetcher(Git(limits), ByName(), limits)


def fetch(at: GitSource, ignore: str | None = None, limits: Limits = LIMITS) -> Fetched:
    with_limits = fetcher(limits)
    return with_limits.fetch(at, with_limits.head(at), ignore)


def files(fetched: Fetched) -> dict[str, bytes]:
    return dict(unpack(fetched.packed.data, LIMITS).files)


MAIN = GitRepositoryRef(branch="main")


def test_a_branch_is_fetched_with_its_revision_and_subject(repository: WorkingCopy) -> None:
    repository.publish({"a": "1"}, "One")
    commit = repository.publish({"a": "2", "b/c": "3"}, "Two\n\nand more")
    found = fetch(source(repository.url, MAIN))
    assert (str(found.revision), found.subject) == (f"main@sha1:{commit}", "Two")
    assert files(found) == {"a": b"2", "b/c": b"3"}


def test_the_same_commit_is_the_same_archive_and_another_commit_another(repository: WorkingCopy) -> None:
    repository.publish({"a": "1"})
    first = fetch(source(repository.url, MAIN)).packed
    assert fetch(source(repository.url, MAIN)).packed == first
    repository.publish({"a": "2"})
    assert fetch(source(repository.url, MAIN)).packed.digest != first.digest


def test_tags_names_and_commits_are_fetched_at_what_they_lead_to(repository: WorkingCopy) -> None:
    one = repository.publish({"a": "1"})
    repository.git("tag", "light")
    repository.git("tag", "--annotate", "--message", "x", "v1.0.0")
    two = repository.publish({"a": "2"})
    repository.push("light", "v1.0.0", "HEAD:refs/pull/7/head")
    cases = {
        GitRepositoryRef(tag="light"): f"light@sha1:{one}",
        GitRepositoryRef(tag="v1.0.0"): f"v1.0.0@sha1:{one}",
        GitRepositoryRef(name="refs/tags/v1.0.0"): f"refs/tags/v1.0.0@sha1:{one}",
        GitRepositoryRef(name="refs/pull/7/head"): f"refs/pull/7/head@sha1:{two}",
        GitRepositoryRef(commit=one): f"sha1:{one}",
        GitRepositoryRef(commit=one, branch="main"): f"main@sha1:{one}",
        GitRepositoryRef(semver="v1"): f"v1.0.0@sha1:{one}",
    }
    for ref, revision in cases.items():
        found = fetch(source(repository.url, ref))
        assert (str(found.revision), files(found)["a"]) == (revision, b"1" if one in revision else b"2")


def test_of_tags_that_stand_equally_high_the_latest_commit_wins(repository: WorkingCopy) -> None:
    for at, tag in ((1_700_000_000, "v1+a"), (1_700_000_900, "v1+b"), (1_700_000_500, "v1+c")):
        repository.commit({"a": tag}, at=at)
        repository.git("tag", tag)
        repository.push(tag)
    found = fetcher().head(source(repository.url, GitRepositoryRef(semver="v1")))
    assert found.revision.name == "v1+b"


def test_a_moved_branch_is_followed_wherever_it_goes(repository: WorkingCopy) -> None:
    one = repository.publish({"a": "1"})
    repository.publish({"a": "2"})
    repository.git("reset", "--hard", "--quiet", one)
    repository.push("main", force=True)
    assert fetcher().head(source(repository.url, MAIN)).revision.hash == one


def test_an_empty_repository_and_a_missing_reference_are_different_things(repository: WorkingCopy) -> None:
    with pytest.raises(EmptyRepository, match="git repository is empty"):
        fetcher().head(source(repository.url, MAIN))
    repository.publish()
    with pytest.raises(ReferenceNotFound, match="couldn't find remote ref 'refs/heads/gone'"):
        fetcher().head(source(repository.url, GitRepositoryRef(branch="gone")))
    with pytest.raises(ReferenceNotFound, match="no match found for semver: 9"):
        fetcher().head(source(repository.url, GitRepositoryRef(semver="9")))


@pytest.mark.parametrize("branch", ["", "main"])
def test_a_commit_that_is_nowhere_is_named(repository: WorkingCopy, branch: str) -> None:
    repository.publish()
    with pytest.raises(ReferenceNotFound, match=f"unable to resolve commit object for '{'1' * 40}'"):
        fetch(source(repository.url, GitRepositoryRef(commit="1" * 40, branch=branch)))


@contextmanager
def old_protocol(server: GitServer) -> Iterator[str]:
    """The server as one that only knows the old protocol, and so gives out advertised commits only."""

    def app(environ: "WSGIEnvironment", start: "StartResponse") -> "Iterable[bytes]":
        return server({**environ, "HTTP_GIT_PROTOCOL": ""}, start)

    with serving(app) as base:
        yield base


def through(base: str, server: GitServer, url: str) -> str:
    return base + url.removeprefix(server.base_url)


def test_a_server_that_refuses_bare_hashes_is_asked_for_the_reference(
    repository: WorkingCopy, git_server: GitServer
) -> None:
    one = repository.publish({"a": "1"})
    with old_protocol(git_server) as base:
        at = source(through(base, git_server, repository.url), MAIN)
        target = fetcher().head(at)
        two = repository.publish({"a": "2"})
        found = fetcher().fetch(at, target, None)
        assert (target.revision.hash, found.revision.hash, files(found)) == (one, two, {"a": b"2"})


@pytest.mark.parametrize("branch", ["", "main"])
def test_a_commit_behind_the_tip_is_found_there_too(
    repository: WorkingCopy, git_server: GitServer, branch: str
) -> None:
    one = repository.publish({"a": "1"})
    repository.publish({"a": "2"})
    with old_protocol(git_server) as base:
        url = through(base, git_server, repository.url)
        found = fetch(source(url, GitRepositoryRef(commit=one, branch=branch)))
        assert (found.revision.hash, files(found)) == (one, {"a": b"1"})


def test_a_commit_named_outright_costs_no_request_until_it_is_fetched() -> None:
    at = source("http://127.0.0.1:1/r", GitRepositoryRef(commit="1" * 40))
    assert fetcher().head(at).revision.hash == "1" * 40


def test_links_stay_out_and_modes_and_folders_stay(repository: WorkingCopy) -> None:
    repository.write({"run.sh": "x", "a/b": "1", "only/pic.png": "x"})
    (repository.path / "run.sh").chmod(0o755)
    (repository.path / "a" / "link").symlink_to("/etc/passwd")
    (repository.path / "folder").symlink_to("a")
    commit = repository.commit()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    repository.git("commit", "--quiet", "--message", "x")
    repository.push()
    found = unpack(fetch(source(repository.url, MAIN)).packed.data, LIMITS)
    assert set(found.files) == {"run.sh", "a/b"}
    assert found.folders == {"a", "only", "sub"}


def test_rules_of_the_repository_and_of_the_object_apply(repository: WorkingCopy) -> None:
    repository.publish(
        {
            ".sourceignore": "*.md\n",
            "README.md": "x",
            "a/.sourceignore": "!KEEP.md\nlocal",
            "a/KEEP.md": "x",
            "a/local": "x",
            "b/local": "x",
            "b/secret": "x",
            "c.png": "x",
            ".gitignore": "x",
        }
    )
    found = fetch(source(repository.url, MAIN), "/b/secret")
    assert set(files(found)) == {".sourceignore", "a/.sourceignore", "a/KEEP.md", "b/local", "c.png"}


def test_an_ignore_file_that_is_a_link_or_huge_is_refused(repository: WorkingCopy) -> None:
    repository.write({"rules": "*"})
    (repository.path / ".sourceignore").symlink_to("rules")
    repository.publish()
    with pytest.raises(IgnoreRefused, match=r"'\.sourceignore' is a symbolic link"):
        fetch(source(repository.url, MAIN))
    (repository.path / ".sourceignore").unlink()
    repository.publish({".sourceignore": "#" * 1_100_000})
    with pytest.raises(IgnoreRefused, match="larger than"):
        fetch(source(repository.url, MAIN))


def test_a_name_that_no_artifact_may_hold_is_refused_unless_it_is_excluded(repository: WorkingCopy) -> None:
    repository.publish({"a\nb": "x", "c": "1"})
    with pytest.raises(PathRefused, match="control characters"):
        fetch(source(repository.url, MAIN))
    assert files(fetch(source(repository.url, MAIN), "a?b")) == {"c": b"1"}


def test_limits_are_checked_before_any_file_is_read(repository: WorkingCopy) -> None:
    repository.publish({"big": "x" * 2000})
    with pytest.raises(LimitExceeded, match="'big' is larger than 1000"):
        fetch(source(repository.url, MAIN), limits=Limits(artifact_file_bytes=1000))
    assert files(fetch(source(repository.url, MAIN), "big", limits=Limits(artifact_file_bytes=1000))) == {}


def test_rules_that_take_too_long_end_with_the_timeout(repository: WorkingCopy) -> None:
    repository.publish({"a": "1"})
    at = source(repository.url, MAIN)
    target = fetcher().head(at)
    late = GitSource(at.url, at.credentials, at.want, Deadline.after(SystemClock(), 0))
    with pytest.raises(GitFailed, match=r"spec\.timeout"):
        fetcher().fetch(late, target, None)


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
        assert mine.fetch(at, mine.head(at), None).revision.hash == commit
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


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("500 Internal Server Error", "HTTP status 500"),
        ("503 Service Unavailable", "HTTP status 503"),
        ("429 Too Many Requests", "HTTP status 429"),
        ("403 Forbidden", "authentication required"),
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
        with pytest.raises(GitFailed, match="authentication failed"):
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
