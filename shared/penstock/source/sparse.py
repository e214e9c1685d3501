"""Which entries of a commit spec.sparseCheckout takes. Pure.

Source: source-controller and go-git, whose matching this follows: a path is taken if it begins with one of
the texts, `./` in front of them left out, and each of them must be there, or the checkout fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from penstock.base.errors import Transient
from penstock.base.text import printable
from penstock.source.paths import clean_path, parents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SHOWN = 200


class Named(Protocol):
    """An entry of a tree; penstock.tools.gitobjects.TreeEntry is one."""

    @property
    def path(self) -> str:
        """Its whole path."""
        ...


N = TypeVar("N", bound=Named)


class SparseFailed(Transient):
    """A directory to check out is not in the commit."""

    reason = "GitOperationFailed"


def sparse(entries: Iterable[N], directories: Sequence[str]) -> tuple[N, ...]:
    """The entries to check out; all of them without any directories. SparseFailed names a missing one."""
    if not directories:
        return tuple(entries)
    prefixes = tuple(directory.removeprefix("./") for directory in directories)
    found = tuple(entries)
    there = {entry.path for entry in found if entry.path.startswith(prefixes)}
    there |= {folder for path in there for folder in parents(path)}
    for directory in directories:
        path = clean_path(directory)
        if path is None or not _is_there(path, there):
            raise SparseFailed(_missing(directory, path))
    return tuple(entry for entry in found if entry.path in there)


def _is_there(path: str, there: set[str]) -> bool:
    return not path or path in there


def _missing(directory: str, path: str | None) -> str:
    shown = printable(directory, _SHOWN)
    # Flux's words, blank and all; it has the commit by then.
    failed = f"failed to sparse checkout directories : sparse checkout dir '{shown}'"
    if path is None:
        return f"{failed} leads elsewhere: give a path without .. and without a / in front"
    where = printable(path, _SHOWN)
    return f"{failed} does not exist in repository: lstat {where}: no such file or directory"
