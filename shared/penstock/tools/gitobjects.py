"""Git's plumbing output as values. Pure. Sources: git-ls-remote(1), git-ls-tree(1), git-cat-file(1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from penstock.source.reference import PEELED, RemoteRef
from penstock.source.revision import is_hash
from penstock.tools.giterrors import GitFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TREE_LINE = re.compile(
    rb"(?P<mode>[0-7]{6}) [a-z]+ (?P<hash>[0-9a-f]+) +(?P<size>[0-9]+|-)\t(?P<path>.+)", re.S
)
_COMMITTER = re.compile(rb"^committer .* ([0-9]+) [+-][0-9]{4}$", re.MULTILINE)
_AUTHOR = re.compile(rb"^author (.*?) ?<", re.MULTILINE)
_SUBJECT = 1000
"""Ours, in bytes: what is read of a commit's subject, and of its author's name."""


class Mode(StrEnum):
    """What an entry of a tree is. Old tools wrote 100664, too, which is an ordinary file."""

    FOLDER = "040000"
    FILE = "100644"
    GROUP_FILE = "100664"
    EXECUTABLE = "100755"
    LINK = "120000"
    SUBMODULE = "160000"


@dataclass(frozen=True)
class TreeEntry:
    """One entry of a commit's tree, with its whole path (bytes that are no UTF-8 are kept as surrogates)."""

    path: str
    mode: Mode
    hash: str
    size: int


@dataclass(frozen=True)
class Commit:
    """A commit: its first line, when it was committed (seconds since 1970), and its author's name."""

    hash: str
    subject: str
    committed_at: int
    author: str = ""


def parse_refs(output: bytes) -> tuple[RemoteRef, ...]:
    """The references that `git ls-remote` printed, with what tags lead to."""
    hashes: dict[str, str] = {}
    for line in output.decode("utf-8", "surrogateescape").splitlines():
        commit, _, name = line.partition("\t")
        if not is_hash(commit) or not name:
            raise GitFailed("the server's list of references cannot be read")
        hashes[name] = commit
    return tuple(
        RemoteRef(name, commit, hashes.get(name + PEELED, ""))
        for name, commit in hashes.items()
        if not name.endswith(PEELED)
    )


def parse_tree(output: bytes) -> tuple[TreeEntry, ...]:
    """The entries that `git ls-tree -r -t -l -z` printed."""
    return tuple(_tree_entry(line) for line in output.split(b"\0") if line)


def parse_blobs(output: bytes, entries: Sequence[TreeEntry]) -> Iterator[bytes]:
    """The contents that `git cat-file --batch` printed for the entries, in their order."""
    at = 0
    for entry in entries:
        head = f"{entry.hash} blob {entry.size}\n".encode()
        end = at + len(head) + entry.size
        if output[at : at + len(head)] != head or output[end : end + 1] != b"\n":
            raise GitFailed("a file of the commit cannot be read")
        yield output[at + len(head) : end]
        at = end + 1


def parse_commit(commit: str, output: bytes) -> Commit:
    """The commit that `git cat-file commit` printed."""
    head, _, message = output.partition(b"\n\n")
    committed = _COMMITTER.search(head)
    subject = message.split(b"\n", 1)[0][:_SUBJECT].decode("utf-8", "replace")
    author = _AUTHOR.search(head)
    name = author[1][:_SUBJECT].decode("utf-8", "replace") if author is not None else ""
    return Commit(commit, subject, int(committed[1]) if committed else 0, name)


def _tree_entry(line: bytes) -> TreeEntry:
    found = _TREE_LINE.fullmatch(line)
    if found is None or found["mode"].decode() not in set(Mode):
        raise GitFailed("the files of the commit cannot be listed")
    size = 0 if found["size"] == b"-" else int(found["size"])
    path = found["path"].decode("utf-8", "surrogateescape")
    return TreeEntry(path, Mode(found["mode"].decode()), found["hash"].decode(), size)
