"""Brings the submodules of a commit, and those of theirs, into the repository that the commit is in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from penstock.base.errors import PenstockError, Transient
from penstock.source.paths import shown
from penstock.source.reference import Kind, Wanted
from penstock.source.submodules import (
    GITMODULES,
    SubmoduleFailed,
    SubmoduleRefused,
    TooManySubmodules,
    parse_modules,
    submodule_credentials,
    submodule_url,
)
from penstock.tools.git import GitFailed, Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from penstock.base.limits import Limits
    from penstock.source.fetchers.port import GitSource
    from penstock.source.submodules import Submodule
    from penstock.tools.git import GitSession
    from penstock.tools.gitobjects import TreeEntry

_BLOBS = frozenset({Mode.FILE, Mode.GROUP_FILE, Mode.EXECUTABLE})


@dataclass(frozen=True)
class _Place:
    """Where submodules are met: their parent as it was fetched, its path in the commit, and how deep."""

    source: GitSource
    prefix: str = ""
    depth: int = 0


class Modules:
    """The submodules of one commit; `bring` fetches one's commit into the repository of a session."""

    def __init__(
        self, git: GitSession, bring: Callable[[GitSession, GitSource], None], limits: Limits
    ) -> None:
        self._git = git
        self._bring = bring
        self._limits = limits
        self._count = 0

    def expand(self, tree: Sequence[TreeEntry], source: GitSource) -> tuple[TreeEntry, ...]:
        """The entries with those of all submodules in their folders.

        SubmoduleRefused, or SubmoduleFailed, which is Transient, naming the submodule.
        """
        return tuple(self._expanded(tree, _Place(source)))

    def _expanded(self, tree: Sequence[TreeEntry], place: _Place) -> Iterator[TreeEntry]:
        modules = self._modules(tree)
        commits = {entry.path: entry for entry in tree if entry.mode is Mode.SUBMODULE}
        for path, module in modules.items():
            if path not in commits:
                raise SubmoduleRefused(
                    f"{GITMODULES} has a submodule at {shown(path)}, where the commit has none"
                )
            self._check(module, place)
        for entry in tree:
            yield replace(entry, path=place.prefix + entry.path)
            if entry.path in modules and entry.mode is Mode.SUBMODULE:
                yield from self._module(entry, modules[entry.path], place)

    def _module(self, entry: TreeEntry, module: Submodule, place: _Place) -> Iterator[TreeEntry]:
        url = submodule_url(place.source.url, module)
        login = submodule_credentials(place.source.url, place.source.credentials, url, module)
        source = replace(place.source, url=url, credentials=login, want=Wanted(Kind.COMMIT, entry.hash))
        try:
            self._bring(self._git, source)
        except PenstockError as error:
            pause_s = error.retry_after if isinstance(error, Transient) else None
            raise SubmoduleFailed(
                f"submodule {shown(place.prefix + module.path)} from '{url.address}': {error.message}",
                retry_after=pause_s,
            ) from error
        self._check_size(module)
        inner = _Place(source, f"{place.prefix}{entry.path}/", place.depth + 1)
        yield from self._expanded(self._git.tree(entry.hash), inner)

    def _modules(self, tree: Sequence[TreeEntry]) -> Mapping[str, Submodule]:
        """What .gitmodules says, by path."""
        found = next((entry for entry in tree if entry.path == GITMODULES), None)
        if found is None:
            return {}
        if found.mode not in _BLOBS:
            raise SubmoduleRefused(f"{GITMODULES} is no regular file: make it one")
        if found.size > self._limits.gitmodules_bytes:
            too_large = f"{GITMODULES} is larger than {self._limits.gitmodules_bytes} bytes"
            raise TooManySubmodules(too_large, limit="gitmodules_bytes")
        try:
            listed = self._git.modules(found)
        except GitFailed:
            raise SubmoduleRefused(f"{GITMODULES} cannot be read: it is no configuration of git's") from None
        return {module.path: module for module in parse_modules(listed)}

    def _check(self, module: Submodule, place: _Place) -> None:
        self._count += 1
        limits = self._limits
        if self._count > limits.submodules:
            raise TooManySubmodules(f"there are more than {limits.submodules} submodules", limit="submodules")
        if place.depth >= limits.submodule_depth:
            deep = f"the submodule {shown(place.prefix + module.path)} is within {place.depth} others"
            raise TooManySubmodules(deep, limit="submodule_depth")

    def _check_size(self, module: Submodule) -> None:
        most = self._limits.git_pack_bytes
        if self._git.packed_bytes() > most:
            too_large = f"with the submodule {shown(module.path)} all is larger than {most} bytes packed"
            raise TooManySubmodules(too_large, limit="git_pack_bytes")
