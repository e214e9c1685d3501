"""The files of a fetched commit as an artifact's archive: filtered, checked before they are read, packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.source.archive import Member, Packed, check_members, pack
from penstock.source.ignore import (
    IGNORE_FILE,
    Ignore,
    IgnoreRefused,
    IgnoreTooLarge,
    check_ignore_size,
    ignore_rules,
)
from penstock.source.include import Taken, copied
from penstock.source.paths import PathRefused, shown, walk_order
from penstock.tools.git import GitFailed, Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from penstock.base.deadline import Deadline
    from penstock.base.limits import Limits
    from penstock.source.fetchers.port import Shape
    from penstock.source.include import Copied
    from penstock.tools.git import GitSession
    from penstock.tools.gitobjects import TreeEntry

_FILES = frozenset({Mode.FILE, Mode.GROUP_FILE, Mode.EXECUTABLE})
_LONGEST_PATH = 4096
"""Linux has no longer one; patterns need not be tried on more, which could take them for ever."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What may go into the archive: of the commit if it has a `blob`, else of the include of that number."""

    path: str
    size: int
    is_file: bool
    is_link: bool = False
    executable: bool = False
    blob: TreeEntry | None = None
    include: int = -1


def pack_tree(
    git: GitSession, tree: Sequence[TreeEntry], shape: Shape, limits: Limits, deadline: Deadline
) -> Packed:
    """The archive of a commit's entries, and of what is included. Links stay out.

    A submodule that was not fetched is an empty folder, as when Flux checks it out.
    """
    brought = tuple(copied(one, limits) for one in shape.includes)
    entries = _composed(tuple(map(_of_commit, tree)), brought)
    rules = _rules(git, entries, brought, shape.ignore, limits)
    kept = sorted(_kept(entries, rules, deadline), key=lambda entry: walk_order(entry.path))
    check_members(((entry.path, entry.size, entry.is_file) for entry in kept), limits)
    return pack(_members(git, kept, brought, limits), limits)


def _of_commit(entry: TreeEntry) -> _Entry:
    is_file = entry.mode in _FILES
    return _Entry(
        entry.path,
        entry.size,
        is_file,
        is_link=entry.mode is Mode.LINK,
        executable=entry.mode is Mode.EXECUTABLE,
        blob=entry if is_file else None,
    )


def _composed(entries: Sequence[_Entry], brought: Sequence[Copied]) -> Sequence[_Entry]:
    """The entries of the commit with those of the includes among them, and the folders that those need."""
    if not brought:
        return entries
    folders = {entry.path for entry in entries if not entry.is_file and not entry.is_link}
    taken = Taken(
        files=[entry.path for entry in entries if entry.is_file],
        folders=folders,
        links=[entry.path for entry in entries if entry.is_link],
    )
    found = list(entries)
    for number, one in enumerate(brought):
        replaced = taken.put(one)
        found = [entry for entry in found if entry.path not in replaced]
        found += [
            _Entry(entry.path, entry.size, is_file=True, executable=entry.executable, include=number)
            for entry in one.entries
            if entry.is_file
        ]
    return [*found, *(_Entry(path, 0, is_file=False) for path in taken.new_folders(folders))]


def _rules(
    git: GitSession,
    entries: Iterable[_Entry],
    brought: Sequence[Copied],
    ignore: str | None,
    limits: Limits,
) -> Ignore:
    found = [entry for entry in entries if entry.path.rpartition("/")[2] == IGNORE_FILE]
    for entry in found:
        if entry.is_link:
            raise IgnoreRefused(f"{shown(entry.path)} is a symbolic link: make it a file")
        check_ignore_size(entry.path, entry.size, limits)
    files = [entry for entry in found if entry.is_file]
    if sum(entry.size for entry in files) > limits.ignore_bytes:
        most = f"{limits.ignore_bytes} bytes together"
        too_large = f"the {IGNORE_FILE} files are larger than {most}: use fewer patterns"
        raise IgnoreTooLarge(too_large, limit="ignore_bytes")
    blobs = [entry.blob for entry in files if entry.blob is not None]
    contents = dict(zip((blob.path for blob in blobs), git.blobs(blobs), strict=True))
    for entry in files:
        if entry.blob is None:
            contents[entry.path] = dict(brought[entry.include].rules)[entry.path]
    return ignore_rules(contents, ignore, limits)


def _kept(entries: Iterable[_Entry], rules: Ignore, deadline: Deadline) -> Iterator[_Entry]:
    """What goes into the artifact; patterns that take too long end with the deadline (threats A-29)."""
    for entry in entries:
        if deadline.expired:
            raise GitFailed("the files could not be filtered within spec.timeout")
        if len(entry.path) > _LONGEST_PATH:
            raise PathRefused(f"the path {shown(entry.path)} is longer than {_LONGEST_PATH} characters")
        if not entry.is_link and not rules.excludes(entry.path, is_folder=not entry.is_file):
            yield entry


def _members(
    git: GitSession, entries: Sequence[_Entry], brought: Sequence[Copied], limits: Limits
) -> Iterator[Member]:
    """The entries with their contents; what is not of the commit comes from archives in the same order."""
    blobs = git.blobs(entry.blob for entry in entries if entry.blob is not None)
    wanted: list[set[str]] = [set() for _ in brought]
    for entry in entries:
        if entry.is_file and entry.blob is None:
            wanted[entry.include].add(entry.path)
    archives = [one.contents(paths, limits) for one, paths in zip(brought, wanted, strict=True)]
    for entry in entries:
        content = None
        if entry.is_file:
            content = next(blobs if entry.blob is not None else archives[entry.include])
        yield Member(entry.path, content, executable=entry.executable)
