"""A real Git server and working copies to push from; `pytest_plugins` in conftest.py loads it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest
from penstock.tools.gitserver import GitServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_TERMINAL_PROMPT": "0",
}


class Creates(Protocol):
    """A Git server, here or in a process of its own."""

    def create(self, name: str) -> str:
        """Makes an empty repository; its clone URL."""
        ...


@dataclass(frozen=True)
class WorkingCopy:
    """A person's clone: files are written and pushed in one step."""

    path: Path
    url: str

    def git(self, *arguments: str, at: int = 0) -> str:
        """Run git here; `at` is the commit date in seconds since 1970."""
        moment = {"GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"} if at else {}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env={**_ENVIRONMENT, "HOME": str(self.path.parent), **moment},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files, or remove those that are None."""
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(
        self, files: Mapping[str, str | bytes | None] | None = None, message: str = "Change", at: int = 0
    ) -> str:
        """Commit the files (or nothing) and give the hash."""
        self.write(files or {})
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", message, at=at)
        return self.git("rev-parse", "HEAD")

    def push(self, *refs: str, force: bool = False) -> None:
        """Push the current branch, or these refs."""
        self.git("push", "--quiet", *(["--force"] if force else []), self.url, *(refs or ("HEAD",)))

    def publish(self, files: Mapping[str, str | bytes | None] | None = None, message: str = "Change") -> str:
        """Commit, push, and give the hash."""
        commit = self.commit(files, message)
        self.push()
        return commit


def clone(server: Creates, name: str, path: Path, *, form: str = "sha1") -> WorkingCopy:
    """An empty repository on the server and a working copy of it on branch main."""
    copy = WorkingCopy(path, server.create(name))
    path.mkdir(parents=True)
    copy.git("init", "--quiet", "--initial-branch=main", f"--object-format={form}")
    return copy


@pytest.fixture(scope="session")
def git_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    """An open Git server, once per run; tests use repositories of their own."""
    with GitServer(tmp_path_factory.mktemp("git-server")) as server:
        yield server


@pytest.fixture
def repository(git_server: GitServer, tmp_path: Path) -> WorkingCopy:
    """A working copy of a fresh empty repository on the server."""
    return clone(git_server, f"{tmp_path.parent.name}/{tmp_path.name}", tmp_path / "copy")
