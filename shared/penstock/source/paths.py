"""Which paths may be in an artifact: one rule for packing and unpacking (threats A-15, A-19).

Paths are relative, in UTF-8, with `/` between the parts. What would mean something else to another file
system, to git or to a terminal is refused for the whole archive: nothing is renamed or left out silently.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded, Terminal
from penstock.base.text import printable

if TYPE_CHECKING:
    from penstock.base.limits import Limits

_SHOWN = 120
_DRIVE = re.compile(r"[A-Za-z]:")
# .git as NTFS (8.3 names, streams) and HFS+ (ignored characters) would read it; git's fsck refuses the same.
_GIT_ON_NTFS = re.compile(r"(\.git|git~[0-9]+)[ .]*(:.*)?", re.IGNORECASE)


class PathRefused(Terminal):
    """A path that no artifact may hold."""

    reason = "InvalidPath"


def check_path(path: str, limits: Limits) -> None:
    """Raise PathRefused or LimitExceeded, naming the path and why, unless it may be in an artifact."""
    parts = path.split("/")
    if problem := _problem(path, parts):
        raise PathRefused(f"the path {shown(path)} {problem}")
    if len(path.encode()) > limits.artifact_path_bytes:
        raise LimitExceeded(
            f"the path {shown(path)} is longer than {limits.artifact_path_bytes} bytes",
            limit="artifact_path_bytes",
        )
    if len(parts) - 1 > limits.artifact_path_depth:
        raise LimitExceeded(
            f"the path {shown(path)} is deeper than {limits.artifact_path_depth} folders",
            limit="artifact_path_depth",
        )


def shown(path: str) -> str:
    """The path as it may stand in a message: quoted, printable, short."""
    return f"'{printable(path.encode('utf-8', 'replace').decode(), _SHOWN)}'"


def parents(path: str) -> tuple[str, ...]:
    """The folders above a path, the outermost first; the root is not among them."""
    parts = path.split("/")[:-1]
    return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def clean_path(path: str) -> str | None:
    """A path of a spec, relative and without `.` and empty parts: empty for the root.

    None if it is absolute or has a part `..`, wherever that would lead (threats A-30).
    """
    parts = path.split("/")
    if path.startswith("/") or ".." in parts:
        return None
    return "/".join(part for part in parts if part not in {"", "."})


def walk_order(path: str) -> tuple[str, ...]:
    """Sort key of the order in which a walk meets paths: a folder, what is in it, then its next sibling."""
    return tuple(path.split("/"))


def _problem(path: str, parts: list[str]) -> str:
    # Of printable ASCII, as nearly all paths are, there is no need to look at each character.
    plain = path.isascii() and path.isprintable()
    problems = {
        "is absolute, empty or has an empty part": not path or "" in parts,
        "has a part that is . or ..": "." in parts or ".." in parts,
        "is a Windows path": "\\" in path or _DRIVE.match(path) is not None,
        "has control characters": not plain and any(unicodedata.category(char) == "Cc" for char in path),
        "is not in UTF-8": not plain and any("\ud800" <= char <= "\udfff" for char in path),
        "is inside a .git folder": not (plain and "git" not in path.lower()) and any(map(_is_git, parts)),
    }
    return next((problem for problem, found in problems.items() if found), "")


def _is_git(part: str) -> bool:
    seen = (char for char in part if unicodedata.category(char) != "Cf")
    visible = part if part.isascii() else "".join(seen)
    return _GIT_ON_NTFS.fullmatch(visible) is not None
