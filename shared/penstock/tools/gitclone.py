"""One branch of a remote to build commits on: read, committed to and pushed without a checkout.

Files go from memory into Git's objects and back, so that no attribute, filter, link or hook of a repository
does anything here, as with everything else that git does for penstock.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal
from penstock.source.reference import HEADS
from penstock.tools.giterrors import GitFailed, Problem
from penstock.tools.gitobjects import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.tools.git import GitSession
    from penstock.tools.gitobjects import TreeEntry

_FILES = frozenset({Mode.FILE, Mode.GROUP_FILE, Mode.EXECUTABLE})
_INDEX = "penstock-index"


class BranchMissing(Terminal):
    """The repository has commits, but not this branch; `others` are some that it has."""

    reason = "BranchMissing"

    def __init__(self, branch: str, others: tuple[str, ...]) -> None:
        super().__init__(f"the repository has no branch {branch}")
        self.others = others


class PathTaken(Terminal):
    """Where a folder is wanted, the repository has something else."""

    reason = "PathTaken"


@dataclass(frozen=True)
class Author:
    """Who commits; the e-mail may be empty."""

    name: str
    email: str


class Files(Mapping[str, bytes]):
    """The files of a commit, of which only those are read that are asked for, with others in their place."""

    def __init__(
        self, session: GitSession, entries: Mapping[str, TreeEntry], new: Mapping[str, bytes]
    ) -> None:
        self._session = session
        self._entries = entries
        self._new = new

    def __getitem__(self, path: str) -> bytes:
        if path in self._new:
            return self._new[path]
        return next(iter(self._session.blobs([self._entries[path]])))

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self._entries), **self._new})

    def __len__(self) -> int:
        return len(self._entries.keys() | self._new.keys())


class Clone:
    """A branch as it was when it was opened, and what was committed on top; `head` is empty before the first
    commit of a repository.
    """

    def __init__(self, session: GitSession, branch: str) -> None:
        self._session = session
        self._branch = branch
        self.head = ""
        self._entries: tuple[TreeEntry, ...] = ()

    @classmethod
    def open(cls, session: GitSession, branch: str) -> Clone:
        """The branch of the remote. BranchMissing if the repository is not empty but has no such branch."""
        clone = cls(session, branch)
        clone.refresh()
        return clone

    def refresh(self) -> None:
        """What the remote has now, in place of what was committed here and not pushed."""
        ref = f"{HEADS}{self._branch}"
        heads = {found.name: found.hash for found in self._session.ls_remote(heads=True)}
        if ref in heads:
            self._fetch(heads[ref], ref)
        elif heads:
            raise BranchMissing(self._branch, tuple(name.removeprefix(HEADS) for name in sorted(heads)))
        else:
            self._session.make()
            self._at("")

    def files(self, folder: str) -> dict[str, bytes]:
        """The files below a folder by their path within it. PathTaken if a file or link stands in its way."""
        self._check_way(folder)
        inside = f"{folder}/" if folder else ""
        found = [entry for entry in self._entries if entry.path.startswith(inside) and entry.mode in _FILES]
        contents = self._session.blobs(found)
        return {entry.path[len(inside) :]: content for entry, content in zip(found, contents, strict=True)}

    def everything(self, new: Mapping[str, bytes] = MappingProxyType({})) -> Files:
        """All files of the branch by path, with those of `new`; each is read when it is asked for."""
        entries = {entry.path: entry for entry in self._entries if _readable(entry)}
        return Files(self._session, entries, new)

    def commit(self, files: Mapping[str, bytes], message: str, author: Author) -> bool:
        """Commit these files on top; False, without a commit, if they are in it as they are. PathTaken if
        something else than a file has the name of one.
        """
        for path in files:
            self.check_file(path)
        tree = self._tree(files)
        if self.head and tree == self._ask("rev-parse", f"{self.head}^{{tree}}"):
            return False
        parents = ("-p", self.head) if self.head else ()
        self._at(self._ask("commit-tree", tree, *parents, stdin=message.encode(), env=_signed(author)))
        return True

    def push(self) -> None:
        """Push the branch. GitFailed: Problem.STALE if somebody else has pushed since."""
        self._session.push(self.head, f"{HEADS}{self._branch}")

    def _fetch(self, commit: str, ref: str) -> None:
        """By its hash if the server allows that, so that it is the commit that was seen."""
        try:
            self._session.fetch(commit)
        except GitFailed as error:
            if error.problem is not Problem.NO_OBJECT:
                raise
            self._session.fetch(ref)
        self._at(self._session.fetched())

    def _at(self, head: str) -> None:
        self.head = head
        self._entries = self._session.tree(head) if head else ()

    def _check_way(self, path: str) -> None:
        """PathTaken unless each part of the path is a folder, or free."""
        ways = set(_ways(path))
        for entry in self._entries:
            if entry.path in ways and entry.mode is not Mode.FOLDER:
                what = f"{entry.path} in the repository is no folder: it is a {_what(entry.mode)}"
                raise PathTaken(f"{what}; remove it, or give another --path")

    def check_file(self, path: str) -> None:
        """PathTaken if something else than a file has this name."""
        self._check_way(path.rpartition("/")[0])
        for entry in self._entries:
            if entry.path == path and entry.mode not in _FILES:
                what = f"{path} in the repository is no file: it is a {_what(entry.mode)}"
                raise PathTaken(f"{what}; remove it, then run this again")

    def _tree(self, files: Mapping[str, bytes]) -> str:
        """The tree of the head with these files in it."""
        modes = {entry.path: entry.mode for entry in self._entries}
        lines = b""
        for path, content in files.items():
            blob = self._ask("hash-object", "-w", "--stdin", stdin=content)
            mode = modes.get(path, Mode.FILE)
            lines += f"{mode} {blob}\t{path}".encode("utf-8", "surrogateescape") + b"\0"
        index = {"GIT_INDEX_FILE": str(self._session.repository / _INDEX)}
        self._ask("read-tree", *((self.head,) if self.head else ("--empty",)), env=index)
        self._ask("update-index", "-z", "--add", "--index-info", stdin=lines, env=index)
        return self._ask("write-tree", env=index)

    def _ask(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        return self._session.local(*arguments, stdin=stdin, env=env or {}).decode().strip()


def _ways(path: str) -> Iterator[str]:
    """The folders on the way to a path, and itself."""
    parts = path.split("/") if path else []
    for length in range(1, len(parts) + 1):
        yield "/".join(parts[:length])


def _readable(entry: TreeEntry) -> bool:
    """Whether it is a file whose name is text."""
    return entry.mode in _FILES and not any("\ud800" <= char <= "\udfff" for char in entry.path)


def _what(mode: Mode) -> str:
    names = {Mode.LINK: "symbolic link", Mode.SUBMODULE: "submodule", Mode.FOLDER: "folder"}
    return names.get(mode, "file")


def _signed(author: Author) -> dict[str, str]:
    """The author is the committer too, as with Flux."""
    moment = f"{int(time.time())} +0000"
    people = {"NAME": author.name, "EMAIL": author.email, "DATE": moment}
    return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in people.items()}
