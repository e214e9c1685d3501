"""Fetching references of all kinds from a real Git server (threats A-74, A-78)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from penstock.api.gitrepository import GitRepositoryRef
from penstock.source.fetchers.port import Shape
from penstock.source.reference import EmptyRepository, ReferenceNotFound, Unresolved
from penstock.tools.gitserver import GitServer

from tests.fixtures_git import WorkingCopy
from tests.source.fetchers.sources import MAIN, fetch, fetcher, files, source, through
from tests.support.wsgi import serving

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


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


def test_a_branch_and_a_tag_of_one_name_are_told_apart(repository: WorkingCopy) -> None:
    one = repository.publish({"a": "1"})
    repository.git("tag", "v1")
    two = repository.publish({"a": "2"})
    repository.push("refs/tags/v1", "HEAD:refs/heads/v1", "HEAD:refs/heads/HEAD")
    for ref, commit in ((GitRepositoryRef(tag="v1"), one), (GitRepositoryRef(branch="v1"), two)):
        assert str(fetch(source(repository.url, ref)).revision) == f"v1@sha1:{commit}"


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
    with pytest.raises(
        Unresolved, match="unable to clone: remote repository is empty: git repository: 'http"
    ):
        fetcher().head(source(repository.url, GitRepositoryRef(semver="v1")))
    repository.publish()
    with pytest.raises(ReferenceNotFound, match='couldn\'t find remote ref "refs/heads/gone"'):
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


def test_a_server_that_refuses_bare_hashes_is_asked_for_the_reference(
    repository: WorkingCopy, git_server: GitServer
) -> None:
    one = repository.publish({"a": "1"})
    with old_protocol(git_server) as base:
        at = source(through(base, git_server, repository.url), MAIN)
        target = fetcher().head(at)
        two = repository.publish({"a": "2"})
        found = fetcher().fetch(at, target, Shape())
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
