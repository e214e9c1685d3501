"""Fetching over ssh, seen from a test, and what it leaves: files in a place of its own, and processes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.source.fetchers.git import GitFetcher
from penstock.source.fetchers.port import Shape
from penstock.tools.git import Git

from tests.source.fetchers.sources import LIMITS, MAIN, ByName, source
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.base.limits import Limits
    from penstock.source.fetchers.port import Fetched

    from tests.fixtures_git import WorkingCopy
    from tests.fixtures_ssh import SSHGitServer


def name_of(repository: WorkingCopy) -> str:
    """A repository's name on its server."""
    return repository.url.split("/", 3)[3].removesuffix(".git")


@dataclass(frozen=True)
class OverSSH:
    """Fetches one repository of a server; its temporary folders are below `place`."""

    server: SSHGitServer
    name: str
    place: Path

    def fetch(
        self,
        secret: dict[str, bytes] | None = None,
        *,
        user: str = "git@",
        seconds: float = 60,
        limits: Limits = LIMITS,
    ) -> Fetched:
        """Branch main, with the Secret of the server's first accepted key unless another is given."""
        fetcher = GitFetcher(Git(limits, temporary=self.place), ByName(), limits)
        at = source(self.server.url(self.name, user), MAIN, secret or self.server.secret(), seconds)
        return fetcher.fetch(at, fetcher.head(at), Shape())


@contextmanager
def leaving_nothing(place: Path) -> Iterator[Path]:
    """The place, made; fails if a file is left in it, or a process whose command names it."""
    place.mkdir()
    yield place
    assert list(place.iterdir()) == []
    eventually(lambda: not any(str(place) in words for words in _commands()), "the end of its processes")


def _commands() -> Iterator[str]:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
