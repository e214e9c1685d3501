"""Commits built on a branch without a checkout, and pushed to real servers."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.limits import Limits
from penstock.source.sshlogin import SSHLogin
from penstock.tools.git import Git, GitFailed, Remote
from penstock.tools.gitclone import Author, BranchMissing, Clone, PathTaken
from penstock.tools.giterrors import Problem

from tests.fixtures_git import clone
from tests.fixtures_ssh import SSHGitServer, exported, new_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.tools.gitserver import GitServer

    from tests.fixtures_git import WorkingCopy

ADA = Author("Ada Lovelace", "")


@contextmanager
def opened(url: str, branch: str = "main", ssh: SSHLogin | None = None) -> Iterator[Clone]:
    deadline = Deadline.after(SystemClock(), 60)
    with Git(Limits()).session(Remote(url, ssh=ssh), deadline) as session:
        yield Clone.open(session, branch)


def pulled(copy: WorkingCopy, branch: str = "main") -> str:
    copy.git("fetch", "--quiet", copy.url, branch)
    copy.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    return copy.git("log", "-1", "--format=%H|%an|%ae|%cn|%B")


def test_the_first_commit_of_an_empty_repository_makes_its_branch(repository: WorkingCopy) -> None:
    with opened(repository.url) as found:
        assert (found.head, found.files("")) == ("", {})
        assert found.commit({"a/b.yaml": b"1\n"}, "Add b\n\n[ci skip]", ADA)
        found.push()
        head = found.head
    assert pulled(repository) == f"{head}|Ada Lovelace||Ada Lovelace|Add b\n\n[ci skip]"
    assert (repository.path / "a/b.yaml").read_text() == "1\n"


def test_what_is_in_the_repository_stays_to_the_bit(repository: WorkingCopy) -> None:
    files = {".gitattributes": "* text eol=crlf filter=x\n", "c.txt": "1\r\n2\n", "x/run": "#!"}
    repository.write(files)
    (repository.path / "x/run").chmod(0o755)
    (repository.path / "link").symlink_to("/etc/passwd")
    first = repository.publish()
    with opened(repository.url) as found:
        assert found.head == first
        assert found.files("x") == {"run": b"#!"}
        assert found.commit({"a.txt": b"1\r\n", "x/run": b"#!!"}, "Add a", ADA)
        assert set(found.files("")) == {".gitattributes", "c.txt", "x/run", "a.txt"}
        found.push()
    pulled(repository)
    listed = repository.git("ls-tree", "-r", "HEAD")
    assert repository.git("diff", "--name-only", first, "HEAD").split() == ["a.txt", "x/run"]
    assert {line.split()[0] for line in listed.splitlines() if "x/run" in line} == {"100755"}
    assert "120000" in listed
    assert repository.git("cat-file", "-p", "HEAD:a.txt") == "1"


def test_files_of_the_whole_branch_are_read_when_they_are_asked_for(repository: WorkingCopy) -> None:
    repository.write({"a": "1", "b/c": b"\xff\x00"})
    (repository.path / "link").symlink_to("a")
    (repository.path / "b" / "\udcff").write_text("its name is no text")
    repository.publish()
    with opened(repository.url) as found:
        files = found.everything()
        assert (sorted(files), len(files)) == (["a", "b/c"], 2)
        assert files["b/c"] == b"\xff\x00"
        assert "link" not in files


def test_no_commit_is_made_for_files_that_are_there_as_they_are(repository: WorkingCopy) -> None:
    first = repository.publish({"a": "1", "b": "2"})
    with opened(repository.url) as found:
        assert not found.commit({"a": b"1"}, "Again", ADA)
        assert found.head == first
        assert found.commit({"a": b"1", "b": b"3"}, "Change", ADA)
        assert not found.commit({"b": b"3"}, "Again", ADA)


def test_who_was_slower_is_told_and_goes_on_from_what_is_there(repository: WorkingCopy) -> None:
    repository.publish({"a": "1"})
    with opened(repository.url) as found:
        found.commit({"b": b"mine"}, "Mine", ADA)
        theirs = repository.publish({"c": "theirs"})
        with pytest.raises(GitFailed) as caught:
            found.push()
        assert caught.value.problem is Problem.STALE
        found.refresh()
        assert found.head == theirs
        found.commit({"b": b"mine"}, "Mine", ADA)
        found.push()
    pulled(repository)
    assert {path.name for path in repository.path.iterdir()} == {".git", "a", "b", "c"}


def test_a_branch_that_the_server_protects_is_declined(
    repository: WorkingCopy, git_server: GitServer
) -> None:
    repository.publish({"a": "1"})
    path = git_server.path(repository.url.removeprefix(f"{git_server.base_url}/").removesuffix(".git"))
    protect = ["git", "-C", str(path), "config", "receive.hideRefs", "refs/heads/main"]
    subprocess.run(protect, check=True)
    with opened(repository.url) as found:
        found.commit({"b": b"2"}, "Mine", ADA)
        with pytest.raises(GitFailed) as caught:
            found.push()
        assert caught.value.problem is Problem.DECLINED
        assert "hidden" not in caught.value.message, "those are the server's words"


def test_a_missing_branch_is_told_with_those_that_are_there(repository: WorkingCopy) -> None:
    repository.publish({"a": "1"})
    repository.push("HEAD:refs/heads/release")
    with pytest.raises(BranchMissing) as caught, opened(repository.url, "prod"):
        pass
    assert caught.value.others == ("main", "release")


@pytest.mark.parametrize(
    ("file", "what"),
    [
        ("link/gotk-sync.yaml", "link in the repository is no folder: it is a symbolic link"),
        ("file/gotk-sync.yaml", "file in the repository is no folder: it is a file"),
        ("folder", "folder in the repository is no file: it is a folder"),
    ],
)
def test_what_stands_where_a_file_is_to_lie_is_named(repository: WorkingCopy, file: str, what: str) -> None:
    repository.write({"file": "1", "folder/a": "1"})
    (repository.path / "link").symlink_to("folder")
    repository.publish()
    with opened(repository.url) as found, pytest.raises(PathTaken, match=what):
        found.commit({file: b""}, "x", ADA)
    with opened(repository.url) as found, pytest.raises(PathTaken):
        found.files(file if file == "link" else file.rpartition("/")[0] or "file")


def test_a_repository_with_sha256_hashes_is_written_too(git_server: GitServer, tmp_path: Path) -> None:
    copy = clone(git_server, f"sha256-clone/{tmp_path.name}", tmp_path / "copy", form="sha256")
    bare = git_server.path(f"sha256-clone/{tmp_path.name}")
    shutil.rmtree(bare)
    copy.git("init", "--quiet", "--bare", "--initial-branch=main", "--object-format=sha256", str(bare))
    copy.publish({"a": "1"})
    with opened(copy.url) as found:
        assert found.commit({"b": b"2"}, "Add b", ADA)
        found.push()
        assert len(found.head) == 64
    assert pulled(copy).startswith(found.head)


def test_it_works_over_ssh_with_a_key(git_server: GitServer, repository: WorkingCopy) -> None:
    repository.publish({"a": "1"})
    name = repository.url.removeprefix(f"{git_server.base_url}/").removesuffix(".git")
    key = new_key()
    with SSHGitServer(git_server.path(name).parent, accepted=[key]) as server:
        login = SSHLogin("git", exported(key), server.known_hosts())
        with opened(server.url(name.rpartition("/")[2]), ssh=login) as found:
            found.commit({"b": b"2"}, "Add b", ADA)
            found.push()
    assert pulled(repository).startswith(found.head)
