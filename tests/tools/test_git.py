"""The git CLI against a real server (threats A-19, A-72 to A-78, B-22)."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.source.reference import RemoteRef
from penstock.tools.git import Git, GitFailed, GitSession, Mode, Remote
from penstock.tools.giterrors import Problem
from penstock.tools.gitserver import GitServer, Login

from tests.fixtures_git import WorkingCopy, clone


@contextmanager
def session(
    url: str, *, seconds: float = 60, limits: Limits | None = None, login: str = ""
) -> Iterator[GitSession]:
    deadline = Deadline.after(SystemClock(), seconds)
    with Git(limits or Limits()).session(Remote(url, login), deadline) as opened:
        yield opened


def test_references_are_listed_whole_or_by_name(repository: WorkingCopy) -> None:
    commit = repository.publish({"a": "1"})
    repository.git("tag", "light")
    repository.git("tag", "--annotate", "--message", "x", "heavy")
    repository.push("light", "heavy", "HEAD:refs/heads/x")
    tag = repository.git("rev-parse", "refs/tags/heavy")
    with session(repository.url) as git:
        assert {ref.name for ref in git.ls_remote()} == {
            *("HEAD", "refs/heads/main", "refs/heads/x", "refs/tags/light", "refs/tags/heavy")
        }
        assert git.ls_remote(["refs/tags/heavy", "refs/tags/heavy^{}"]) == (
            RemoteRef("refs/tags/heavy", tag, commit),
        )
        assert git.ls_remote(["refs/heads/x"], heads=True) == (RemoteRef("refs/heads/x", commit),)
        assert {ref.name for ref in git.ls_remote(tags=True)} == {"refs/tags/light", "refs/tags/heavy"}
        assert git.ls_remote(["refs/heads/none"]) == ()


def test_an_empty_repository_has_no_references(repository: WorkingCopy) -> None:
    with session(repository.url) as git:
        assert git.ls_remote() == ()


def test_a_commit_is_fetched_by_its_hash_alone_without_its_history(repository: WorkingCopy) -> None:
    first = repository.publish({"a": "1"}, "One\n\nmore")
    second = repository.publish({"a": "2"})
    with session(repository.url) as git:
        git.fetch(first)
        assert (git.fetched(), git.has(first), git.has(second)) == (first, True, False)
        assert git.commit(first).subject == "One"
        assert git.commit(first).author
        assert [entry.path for entry in git.tree(first)] == ["a"]
        assert list(git.blobs(git.tree(first))) == [b"1"]


def test_a_reference_is_fetched_and_a_tag_leads_to_its_commit(repository: WorkingCopy) -> None:
    commit = repository.publish({"a": "1"})
    repository.git("tag", "--annotate", "--message", "x", "v1")
    repository.push("v1")
    with session(repository.url) as git:
        git.fetch("refs/tags/v1")
        assert git.fetched() == commit


def test_all_branches_are_fetched_with_their_history(repository: WorkingCopy) -> None:
    first = repository.publish({"a": "1"})
    second = repository.publish({"a": "2"})
    with session(repository.url) as git:
        git.fetch("refs/heads/*", "refs/tags/*", shallow=False)
        assert (git.has(first), git.has(second)) == (True, True)


def test_a_repository_with_sha256_objects_is_read_as_any_other(git_server: GitServer, tmp_path: Path) -> None:
    copy = clone(git_server, f"sha256/{tmp_path.name}", tmp_path / "copy", form="sha256")
    server_path = git_server.path(f"sha256/{tmp_path.name}")
    copy.git("init", "--quiet", "--bare", "--object-format=sha256", str(tmp_path / "bare"))
    os.rename(server_path, tmp_path / "sha1")  # noqa: PTH104 - plain move of a folder
    os.rename(tmp_path / "bare", server_path)  # noqa: PTH104
    commit = copy.publish({"a": "1"})
    assert len(commit) == 64
    with session(copy.url) as git:
        assert git.ls_remote(["refs/heads/main"]) == (RemoteRef("refs/heads/main", commit),)
        git.fetch(commit)
        assert list(git.blobs(git.tree(commit))) == [b"1"]


def test_files_are_read_as_they_were_committed_whatever_attributes_say(repository: WorkingCopy) -> None:
    content: dict[str, str | bytes | None] = {
        ".gitattributes": "* text eol=crlf ident\n*.x filter=evil\n",
        "a.txt": "one\ntwo\n$Id$\n",
        "b.x": b"\x00\xff",
    }
    commit = repository.publish(content)
    with session(repository.url) as git:
        git.fetch(commit)
        entries = git.tree(commit)
        assert [entry.path for entry in entries] == [".gitattributes", "a.txt", "b.x"]
        assert list(git.blobs(entries)) == [
            data.encode() if isinstance(data, str) else data for data in content.values()
        ]


def test_links_executables_and_names_of_all_kinds_are_told_apart(repository: WorkingCopy) -> None:
    repository.write({"run.sh": "x", "ü\n": "1", "A": "1", "a": "2"})
    (repository.path / "run.sh").chmod(0o755)
    (repository.path / "link").symlink_to("/etc/passwd")
    (repository.path / os.fsdecode(b"caf\xe9")).write_text("x")
    commit = repository.publish()
    with session(repository.url) as git:
        git.fetch(commit)
        assert {entry.path: entry.mode for entry in git.tree(commit)} == {
            "run.sh": Mode.EXECUTABLE,
            "link": Mode.LINK,
            "ü\n": Mode.FILE,
            "A": Mode.FILE,
            "a": Mode.FILE,
            "caf\udce9": Mode.FILE,
        }


def test_many_and_large_files_come_in_portions(repository: WorkingCopy) -> None:
    small = {f"d{n % 7}/f{n}": os.urandom(n) for n in range(400)}
    files: Mapping[str, bytes] = {**small, "big": os.urandom(3_000_000)}
    commit = repository.publish(files)
    with session(repository.url) as git:
        git.fetch(commit)
        entries = [entry for entry in git.tree(commit) if entry.mode is Mode.FILE]
        assert dict(zip((entry.path for entry in entries), git.blobs(entries), strict=True)) == files


@pytest.mark.parametrize("wants", ["f" * 40, "refs/heads/none"])
def test_what_the_server_does_not_have_is_no_object(repository: WorkingCopy, wants: str) -> None:
    repository.publish()
    with session(repository.url) as git, pytest.raises(GitFailed) as caught:
        git.fetch(wants)
    assert caught.value.problem is Problem.NO_OBJECT


def test_a_server_that_is_not_there_and_a_repository_that_is_not_there(git_server: GitServer) -> None:
    with session(f"{git_server.base_url}/none.git") as git, pytest.raises(GitFailed) as caught:
        git.ls_remote()
    assert caught.value.problem is Problem.NOT_FOUND
    with session("http://127.0.0.1:1/r.git") as git, pytest.raises(GitFailed) as caught:
        git.ls_remote()
    assert caught.value.problem is Problem.UNREACHABLE


def test_credentials_are_sent_and_their_absence_or_refusal_is_told(tmp_path: Path) -> None:
    login = Login("ada", "canary")
    with GitServer(tmp_path / "server", login=login) as server:
        url = server.create("fleet")
        with session(url, login=login.header()) as git:
            assert git.ls_remote() == ()
        for header, text in (("", "name a Secret"), (Login("ada", "wrong").header(), "does not accept")):
            with session(url, login=header) as git, pytest.raises(GitFailed, match=text):
                git.ls_remote()


@pytest.mark.parametrize(
    "url", ["file:///etc", "/etc", "ext::sh -c id", "git://127.0.0.1/x", "ssh://127.0.0.1/x", "fd::3"]
)
def test_only_http_and_https_are_ever_spoken(url: str) -> None:
    with session(url) as git, pytest.raises(GitFailed):
        git.ls_remote()


@pytest.mark.parametrize("word", ["--upload-pack=touch /tmp/x", "-x"])
def test_a_word_that_looks_like_an_option_is_none(repository: WorkingCopy, word: str) -> None:
    with session(word) as git, pytest.raises(GitFailed):
        git.ls_remote()
    with session(repository.url) as git:
        assert git.ls_remote([word]) == ()


def test_limits_of_references_size_and_time_hold(repository: WorkingCopy) -> None:
    commit = repository.publish({"big": os.urandom(300_000)})
    repository.push("HEAD:refs/heads/a", "HEAD:refs/heads/b")
    with (
        session(repository.url, limits=Limits(git_refs=2)) as git,
        pytest.raises(LimitExceeded, match=r"more than 2 .*PENSTOCK_LIMIT_GIT_REFS"),
    ):
        git.ls_remote()
    with session(repository.url, limits=Limits(git_pack_bytes=100_000)) as git:
        with pytest.raises(GitFailed) as caught:
            git.fetch(commit)
        assert caught.value.problem is Problem.TOO_LARGE
    with session(repository.url, seconds=0) as git, pytest.raises(GitFailed, match=r"within spec\.timeout"):
        git.ls_remote()


def test_a_session_that_has_no_place_to_be_in_is_told(tmp_path: Path) -> None:
    deadline = Deadline.after(SystemClock(), 60)
    sessions = Git(Limits(), temporary=tmp_path / "none")
    with (
        pytest.raises(GitFailed, match="no temporary folder could be made: No such file"),
        sessions.session(Remote("https://host/r"), deadline),
    ):
        pass


def test_nothing_of_a_session_is_left(repository: WorkingCopy, tmp_path: Path) -> None:
    commit = repository.publish({"a": "1"})
    place = tmp_path / "place"
    place.mkdir()
    deadline = Deadline.after(SystemClock(), 60)
    with Git(Limits(), temporary=place).session(Remote(repository.url, "Basic x"), deadline) as git:
        git.fetch(commit)
        (folder,) = place.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(place.iterdir()) == []
