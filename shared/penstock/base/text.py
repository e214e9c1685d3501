"""Text from outside made fit for a line of ours: no control characters, bounded length."""

from __future__ import annotations

import unicodedata

_ELLIPSIS = "..."


def printable(text: str, limit: int = 1024, *, newlines: bool = False) -> str:
    """The text without control and format characters, cut to `limit` characters.

    Newlines and tabs become spaces unless `newlines` keeps them. Stops terminal escapes and forged
    log lines (threats A-57).
    """
    head = text[: limit * 2]
    flat = head.replace("\n", " ").replace("\t", " ")
    if flat.isprintable():
        # As nearly all texts are: nothing is left out, and no character needs a look of its own.
        kept = head if newlines else flat
    else:
        kept = "".join(_shown(char, newlines=newlines) for char in head)
    return kept if len(kept) <= limit and len(text) <= limit * 2 else kept[: limit - 3] + _ELLIPSIS


def _shown(char: str, *, newlines: bool) -> str:
    if char in "\n\t":
        return char if newlines else " "
    return "" if unicodedata.category(char) in {"Cc", "Cf", "Cs"} else char
