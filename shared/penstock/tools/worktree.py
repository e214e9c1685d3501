"""A Git work tree of our own making: what `penstock up` commits and pushes as a person would."""

from __future__ import annotations

from shutil import which
from typing import TYPE_CHECKING

from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import Terminal
from penstock.tools.process import Bounds, ProgramMissing, environment, run

if TYPE_CHECKING:
    from pathlib import Path

_SETTINGS = {
    "user.name": "penstock",
    "user.email": "penstock@localhost",
    "remote.origin.fetch": "+refs/heads/*:refs/remotes/origin/*",
    "http.proxy": "",
}
"""The server is on this machine, so that a proxy has no part in it."""
_SECONDS = 60
_OUTPUT_BYTES = 1024 * 1024
"""Ours: git works on a fleet of our own making here."""


def require_git() -> None:
    """ProgramMissing if there is no git in PATH."""
    if which("git") is None:
        raise ProgramMissing("git is not in PATH: install it, then try again")


class Worktree:
    """The clone at `path`; its only remote is `origin`. Terminal, with git's own words, if git refuses."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, url: str, branch: str) -> None:
        """Make the clone if it is not there, or not whole, and point it at `url`.

        Nobody else may be at work in it: locks that are found were left by a git that was killed.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        for lock in (self.path / ".git").rglob("*.lock"):
            lock.unlink(missing_ok=True)
        self._git("init", "--quiet", f"--initial-branch={branch}", ".")
        for key, value in {**_SETTINGS, "remote.origin.url": url}.items():
            self._git("config", key, value)

    def empty(self) -> bool:
        """Whether nothing was committed yet."""
        return not self._git("for-each-ref", "--count=1", "refs/heads").strip()

    def commit(self, message: str) -> str:
        """Commit everything as it lies there, changed or not, and give the hash."""
        self._git("add", "--all", ".")
        self._git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self._git("rev-parse", "HEAD").strip()

    def push(self, branch: str) -> None:
        """Push the branch to origin, and follow it from now on."""
        self._git("push", "--quiet", "--set-upstream", "origin", branch)

    def _git(self, *arguments: str) -> str:
        bounds = Bounds(Deadline.after(SystemClock(), _SECONDS), _OUTPUT_BYTES)
        env = environment({"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"})
        done = run(["git", *arguments], bounds, env=env, cwd=self.path)
        if done.code:
            raise Terminal(f"git {arguments[0]} failed: {done.stderr.strip() or f'exit code {done.code}'}")
        return done.stdout.decode("utf-8", "replace")
