"""The clone that `up` commits and pushes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Terminal
from penstock.tools.worktree import Worktree

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.tools.gitserver import GitServer


@pytest.fixture
def url(git_server: GitServer, tmp_path: Path) -> str:
    return git_server.create(f"worktree/{tmp_path.name}")


def test_what_lies_there_is_committed_and_pushed(git_server: GitServer, url: str, tmp_path: Path) -> None:
    clone = Worktree(tmp_path / "clone")
    clone.create(url, "main")
    assert clone.empty()
    (clone.path / "a").write_text("1")
    commit = clone.commit("One")
    clone.push("main")
    assert not clone.empty()
    assert git_server.refs(f"worktree/{tmp_path.name}") == {"refs/heads/main": commit}


def test_a_clone_whose_making_was_cut_off_is_completed(
    git_server: GitServer, url: str, tmp_path: Path
) -> None:
    clone = Worktree(tmp_path / "clone")
    clone.path.mkdir()
    clone._git("init", "--quiet", ".")
    clone._git("symbolic-ref", "HEAD", "refs/heads/main")
    for lock in ("config.lock", "index.lock", "refs/heads/main.lock"):
        (clone.path / ".git" / lock).touch()
    clone.create(url, "main")
    commit = clone.commit("One")
    clone.push("main")
    clone.create(url, "main")
    assert git_server.refs(f"worktree/{tmp_path.name}") == {"refs/heads/main": commit}


def test_what_git_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    clone = Worktree(tmp_path / "clone")
    clone.create("http://127.0.0.1:1/none.git", "main")
    clone.commit("One")
    with pytest.raises(Terminal, match=r"git push failed: .*127\.0\.0\.1"):
        clone.push("main")
