"""Files that a setting names, or a file that a setting names: they come from outside, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_text(path: Path, most_bytes: int, setting: str = "") -> str:
    """The text of a file, in UTF-8; OSError, or ValueError that says in a few words what is wrong with it.

    `setting` is the one that the limit can be raised with.
    """
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError(f"it is larger than {most_bytes} bytes{f' ({setting})' if setting else ''}")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError("it is no text") from None
