"""The port: what the fetch flow asks of a Git server; penstock.source.fetchers.git has the real one.

Every method raises a PenstockError whose message says what is wrong with the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from penstock.base.deadline import Deadline
    from penstock.source.archive import Packed
    from penstock.source.credentials import Credentials
    from penstock.source.include import Inclusion
    from penstock.source.reference import Target, Wanted
    from penstock.source.revision import Revision
    from penstock.source.url import RepositoryURL


@dataclass(frozen=True)
class GitSource:
    """A repository, what is wanted of it, and until when."""

    url: RepositoryURL
    credentials: Credentials
    want: Wanted
    deadline: Deadline


@dataclass(frozen=True)
class Shape:
    """What shapes an artifact beside its commit.

    `ignore` is spec.ignore, `sparse` spec.sparseCheckout, `submodules` spec.recurseSubmodules, `includes`
    what spec.include copies from.
    """

    ignore: str | None = None
    sparse: tuple[str, ...] = ()
    submodules: bool = False
    includes: tuple[Inclusion, ...] = ()


@dataclass(frozen=True)
class Fetched:
    """The files of a revision as an archive, the first line of the commit's message, and its author."""

    revision: Revision
    subject: str
    packed: Packed
    author: str = ""


class Fetcher(Protocol):
    """Looks at and fetches from Git servers."""

    def head(self, source: GitSource) -> Target:
        """Where the remote stands now, at the cost of one request."""
        ...

    def fetch(self, source: GitSource, target: Target, shape: Shape) -> Fetched:
        """The files of the target and what the shape adds, without what ignore rules exclude.

        The revision is another one only if the server does not give out the target's commit any more.
        """
        ...
