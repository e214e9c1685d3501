"""Tables for people: on a terminal, or in Markdown. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Table:
    """A head and rows of texts, all of one length; `notes` come below, a line each.

    `folded`: a page shows it only to those who open it. Texts are plain, no Markdown.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    folded: bool = False


def as_text(table: Table) -> str:
    """Columns under each other, as wide as they need to be."""
    lines = [table.head, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.head))]
    text = [_padded(line, widths) for line in lines]
    text.insert(1, _padded(["-" * width for width in widths], widths))
    return "\n".join([table.title, *(f"  {line}" for line in text), *(f"  {note}" for note in table.notes)])


def as_markdown(table: Table) -> str:
    """A heading of the third rank, or the summary of a fold, and the table."""
    lines = [_row(table.head), "|" + "---|" * len(table.head), *(_row(row) for row in table.rows)]
    body = "\n".join(lines)
    if table.notes:
        body += "\n\n" + "\n".join(f"- {escaped(note)}" for note in table.notes)
    if table.folded:
        title = f"<details><summary>{escaped(table.title)}</summary>"
        return f"{title}\n\n{body}\n\n</details>"
    return f"### {escaped(table.title)}\n\n{body}"


def escaped(text: str) -> str:
    """A text as it is, wherever Markdown would see a sign of its own in it."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{sign}" if sign in "\\`*_[]|" else sign for sign in text)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(escaped(cell) for cell in cells) + " |"


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
