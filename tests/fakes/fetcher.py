"""A Git server that is a value: one commit, its files, and errors where a test wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.limits import Limits
from penstock.source.archive import Member, members, pack
from penstock.source.fetchers.port import Fetched, GitSource, Shape
from penstock.source.reference import Target
from penstock.source.revision import Revision

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeFetcher:
    """Implements penstock.source.fetchers.port.Fetcher. `asked` is every source that was looked at,
    `fetched` every revision that was brought; `meanwhile` runs while a fetch is under way."""

    def __init__(self) -> None:
        self.commit = "1" * 40
        self.files: dict[str, bytes] = {"a.yaml": b"1"}
        self.subject = "Change"
        self.author = "Ada"
        self.head_error: Exception | None = None
        self.fetch_error: Exception | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        self.asked: list[GitSource] = []
        self.fetched: list[str] = []

    def head(self, source: GitSource) -> Target:
        """See the port; the revision's name is the one that is wanted."""
        self.asked.append(source)
        if self.head_error is not None:
            raise self.head_error
        return Target(Revision(source.want.revision_name, self.commit), source.want.ref)

    def fetch(self, source: GitSource, target: Target, shape: Shape) -> Fetched:
        """See the port; `shape.ignore` names one file that stays out, includes are copied as they are."""
        del source
        self.meanwhile()
        if self.fetch_error is not None:
            raise self.fetch_error
        self.fetched.append(str(target.revision))
        found = dict(self.files)
        for one in shape.includes:
            for member in members(one.archive(), Limits()):
                found[f"{one.to_path}/{member.path}"] = member.content or b""
        kept = [Member(path, data) for path, data in sorted(found.items()) if path != shape.ignore]
        return Fetched(target.revision, self.subject, pack(kept, Limits()), self.author)
