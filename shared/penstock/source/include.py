"""spec.include: files of other sources' artifacts, under other names, among those of a commit. Pure.

Source: source-controller and its storage's CopyToPath: the folder or file at `fromPath` is moved to `toPath`,
where no folder may be yet; one include after the other. The ignore rules of the including source decide which
of the files stay, and their .sourceignore files count for what is below them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal
from penstock.base.text import printable
from penstock.source.archive import members
from penstock.source.ignore import IGNORE_FILE, check_ignore_size
from penstock.source.paths import clean_path, parents

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from penstock.api.gitrepository import GitRepositoryInclude
    from penstock.base.limits import Limits

_SHOWN = 200


class IncludeRefused(Terminal):
    """An include cannot be copied; everything stays as it is."""

    reason = "CopyFailure"


@dataclass(frozen=True)
class Inclusion:
    """An artifact to copy from; `archive` loads its bytes, verified, and may be asked more than once."""

    name: str
    from_path: str
    to_path: str
    archive: Callable[[], bytes]


@dataclass(frozen=True)
class Included:
    """A file or folder of an artifact, under the path that it is copied to."""

    path: str
    size: int
    is_file: bool
    executable: bool = False


@dataclass(frozen=True)
class Copied:
    """What an inclusion brings, in the order of its archive, and the .sourceignore files among it."""

    inclusion: Inclusion
    entries: tuple[Included, ...]
    rules: tuple[tuple[str, bytes], ...]

    def contents(self, wanted: Collection[str], limits: Limits) -> Iterator[bytes]:
        """The contents of these paths, in the order of the archive; one file is in memory."""
        source = clean_path(self.inclusion.from_path) or ""
        target = clean_path(self.inclusion.to_path) or ""
        for member in members(self.inclusion.archive(), limits):
            path = _moved(member.path, source, target)
            if member.content is not None and path in wanted:
                yield member.content


def inclusion(include: GitRepositoryInclude, archive: Callable[[], bytes]) -> Inclusion:
    """An entry of spec.include with what it is copied from."""
    name = include.repository.name
    return Inclusion(name, include.from_path, include.to_path or name, archive)


def check_include(one: Inclusion) -> None:
    """Raise IncludeRefused for paths that lead elsewhere (threats A-30)."""
    for field, path in (("toPath", one.to_path), ("fromPath", one.from_path)):
        if clean_path(path) is None:
            why = f"{field} {_shown(path)} leads elsewhere: give a path without .. and without a / in front"
            raise IncludeRefused(
                f"path calculation for include '{one.name}' failed: {why}", reason="IllegalPath"
            )


def copied(one: Inclusion, limits: Limits) -> Copied:
    """What an inclusion brings. IncludeRefused if its artifact has nothing at `fromPath`.

    Reads the whole archive, so that nothing of a damaged one is used.
    """
    check_include(one)
    source, target = clean_path(one.from_path) or "", clean_path(one.to_path) or ""
    entries: list[Included] = []
    rules: list[tuple[str, bytes]] = []
    for member in members(one.archive(), limits):
        path = _moved(member.path, source, target)
        if path is None:
            continue
        content = member.content
        entries.append(Included(path, len(content or b""), content is not None, member.executable))
        if content is not None and path.rpartition("/")[2] == IGNORE_FILE:
            check_ignore_size(path, len(content), limits)
            rules.append((path, content))
    if source and not entries:
        raise _failed(one, f"the artifact has no {_shown(one.from_path)}")
    return Copied(one, tuple(entries), tuple(rules))


class Taken:
    """Which paths there are already, while one include after the other is put among them."""

    def __init__(self, files: Collection[str], folders: Collection[str], links: Collection[str]) -> None:
        self._files = set(files)
        self._folders = {
            *folders,
            *(folder for path in (*files, *folders, *links) for folder in parents(path)),
        }
        self._links = set(links)

    def put(self, one: Copied) -> frozenset[str]:
        """Put it there; which file it takes the place of. IncludeRefused if its place is taken otherwise."""
        target = clean_path(one.inclusion.to_path) or ""
        moves_file = any(entry.path == target and entry.is_file for entry in one.entries)
        if target == "" or target in self._folders:
            raise _failed(one.inclusion, f"the folder {_shown(target or '.')} is there already")
        if target in self._links or (target in self._files and not moves_file):
            raise _failed(one.inclusion, f"{_shown(target)} is there already, and is no folder")
        if above := next((path for path in parents(target) if path in self._files | self._links), ""):
            raise _failed(one.inclusion, f"{_shown(above)} is no folder")
        replaced = frozenset({target} & self._files)
        self._folders.update(parents(target), () if moves_file else (target,))
        for entry in one.entries:
            self._folders.update(parents(entry.path))
            (self._files if entry.is_file else self._folders).add(entry.path)
        return replaced

    def new_folders(self, known: Collection[str]) -> tuple[str, ...]:
        """The folders that came in, beside those that were known."""
        return tuple(sorted(self._folders.difference(known)))


def _moved(path: str, source: str, target: str) -> str | None:
    """Where a path of the artifact is copied to; None if it is not."""
    if path == source:
        return target
    if source and not path.startswith(f"{source}/"):
        return None
    rest = path[len(source) + 1 :] if source else path
    return f"{target}/{rest}" if target else rest


def _failed(one: Inclusion, why: str) -> IncludeRefused:
    return IncludeRefused(
        f"failed to copy '{one.name}' include from {printable(one.from_path, _SHOWN)} to"
        f" {printable(one.to_path, _SHOWN)}: {why}"
    )


def _shown(path: str) -> str:
    return f"'{printable(path, _SHOWN)}'"
