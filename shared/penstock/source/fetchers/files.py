"""The files of a fetched commit as an artifact's archive: filtered, checked before they are read, packed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.source.archive import Member, Packed, check_members, pack
from penstock.source.ignore import IGNORE_FILE, Ignore, IgnoreRefused, IgnoreTooLarge, ignore_rules
from penstock.source.paths import PathRefused, shown, walk_order
from penstock.tools.git import GitFailed, Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from penstock.base.deadline import Deadline
    from penstock.base.limits import Limits
    from penstock.tools.git import GitSession
    from penstock.tools.gitobjects import TreeEntry

_FILES = frozenset({Mode.FILE, Mode.GROUP_FILE, Mode.EXECUTABLE})
_LONGEST_PATH = 4096
"""Linux has no longer one; patterns need not be tried on more, which could take them for ever."""


def pack_commit(
    git: GitSession, commit: str, ignore: str | None, limits: Limits, deadline: Deadline
) -> Packed:
    """The archive of a commit. Links stay out, a submodule is an empty folder, as when Flux checks it out."""
    tree = git.tree(commit)
    rules = _rules(git, tree, ignore, limits)
    kept = sorted(_kept(tree, rules, deadline), key=lambda entry: walk_order(entry.path))
    check_members(((entry.path, entry.size, entry.mode in _FILES) for entry in kept), limits)
    return pack(_members(git, kept), limits)


def _rules(git: GitSession, tree: Iterable[TreeEntry], ignore: str | None, limits: Limits) -> Ignore:
    found = [entry for entry in tree if entry.path.rpartition("/")[2] == IGNORE_FILE]
    for entry in found:
        if entry.mode is Mode.LINK:
            raise IgnoreRefused(f"{shown(entry.path)} is a symbolic link: make it a file")
        if entry.size > limits.ignore_bytes:
            too_large = f"{shown(entry.path)} is larger than {limits.ignore_bytes} bytes"
            raise IgnoreTooLarge(too_large, limit="ignore_bytes")
    files = [entry for entry in found if entry.mode in _FILES]
    if sum(entry.size for entry in files) > limits.ignore_bytes:
        most = f"{limits.ignore_bytes} bytes together"
        too_large = f"the {IGNORE_FILE} files are larger than {most}: use fewer patterns"
        raise IgnoreTooLarge(too_large, limit="ignore_bytes")
    contents = dict(zip((entry.path for entry in files), git.blobs(files), strict=True))
    return ignore_rules(contents, ignore, limits)


def _kept(tree: Iterable[TreeEntry], rules: Ignore, deadline: Deadline) -> Iterator[TreeEntry]:
    """What goes into the artifact; patterns that take too long end with the deadline (threats A-29)."""
    for entry in tree:
        if deadline.expired:
            raise GitFailed("the files could not be filtered within spec.timeout")
        if len(entry.path) > _LONGEST_PATH:
            raise PathRefused(f"the path {shown(entry.path)} is longer than {_LONGEST_PATH} characters")
        is_folder = entry.mode not in _FILES
        if entry.mode is not Mode.LINK and not rules.excludes(entry.path, is_folder=is_folder):
            yield entry


def _members(git: GitSession, entries: Sequence[TreeEntry]) -> Iterator[Member]:
    contents = git.blobs(entry for entry in entries if entry.mode in _FILES)
    for entry in entries:
        content = next(contents) if entry.mode in _FILES else None
        yield Member(entry.path, content, executable=entry.mode is Mode.EXECUTABLE)
