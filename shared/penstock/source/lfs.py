"""Pointers of Git LFS: a small text in place of a file's content, which is kept elsewhere. Pure.

Source: git-lfs's docs/spec.md. As with Flux, a pointer is a file like any other; whoever cannot use it says
what it is (threats A-76).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BEGINNINGS = (
    b"version https://git-lfs.github.com/spec/v1\n",
    b"version https://git-lfs.github.com/spec/v1\r\n",
)
_MOST_NAMED = 3


def is_pointer(content: bytes) -> bool:
    """Whether a file's content is a pointer."""
    return content.startswith(_BEGINNINGS)


def pointer_hint(files: Mapping[str, bytes], paths: Iterable[str]) -> str:
    """What to say of a failure that pointers among these files may have caused; empty if there are none."""
    found = [path for path in paths if is_pointer(files.get(path, b""))]
    if not found:
        return ""
    named = ", ".join(found[:_MOST_NAMED]) + (" and others" if len(found) > _MOST_NAMED else "")
    return f": {named} is a pointer of Git LFS, whose content is not fetched: commit the file itself"
