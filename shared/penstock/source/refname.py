"""The rules for names of Git references (git-check-ref-format(1); threats A-74)."""

from __future__ import annotations

import re

_LONGEST = 1024
"""Ours: git itself knows no bound but the file system's."""
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|\.$|^[./]|/$")


def is_ref_name(name: str) -> bool:
    """Whether git accepts it as a full name such as `refs/heads/main`, and no program takes it for an option.

    One-level names are only good as HEAD.
    """
    if not name or len(name.encode("utf-8", "replace")) > _LONGEST or name.startswith("-"):
        return False
    if any("\ud800" <= char <= "\udfff" for char in name):
        return False
    return not _FORBIDDEN.search(name) and ("/" in name or name == "HEAD")


def is_short_name(name: str) -> bool:
    """Whether it can be a branch or a tag; git itself refuses those that start with a dash."""
    return not name.startswith("-") and name != "HEAD" and is_ref_name(f"refs/heads/{name}")
