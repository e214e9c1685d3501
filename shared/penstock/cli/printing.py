"""What a command prints: data on stdout, how it goes on stderr, in flux's forms.

Nothing is coloured, so NO_COLOR has nothing to switch off. Text of a cluster or a repository is made fit for
a terminal here, in one place.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import click

from penstock.base.text import printable
from penstock.client.documents import json_text, yaml_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CELL = 32_768
"""What a condition's message may have."""
_LINE = 4096


def columns(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table as flux prints it: upper-case heads, cells filled up and ended by a tab.

    A cell of several lines goes on below itself. An empty head leaves the first line out.
    """
    cells = [line for row in rows for line in _lines(row)]
    titles = [title.upper() for title in head]
    widths = [max(map(len, column)) for column in zip(*([titles] if titles else []), *cells, strict=True)]
    first = ["\t".join(map(str.ljust, titles, widths)) + " "] if titles else []
    return [*first, *("".join(map("{:<{}}\t".format, row, widths)) for row in cells)]


def _lines(row: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """The lines of a row, each as cells."""
    split = [cell.rstrip("\n").split("\n") for cell in row]
    for line in zip_longest(*split, fillvalue=""):
        yield tuple(printable(cell, _CELL) for cell in line)


def show_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print such a table."""
    for line in columns(head, rows):
        click.echo(line)


def show_document(output: str, value: Any) -> None:
    """Print a value as `json` or `yaml`."""
    click.echo(json_text(value) if output == "json" else yaml_text(value).removesuffix("\n"))


def action(text: str) -> None:
    """► what is being done."""
    _say("►", text)


def generating(text: str) -> None:
    """✚ what is being made on this machine."""
    _say("✚", text)


def waiting(text: str) -> None:
    """◎ what is waited for."""
    _say("◎", text)


def success(text: str) -> None:
    """✔ what is done."""
    _say("✔", text)


def warning(text: str) -> None:
    """⚠️ what should be known."""
    _say("⚠️", text)


def failure(text: str) -> None:
    """✗ what failed, where the command goes on; to end it, raise a PenstockError."""
    _say("✗", text)


def told(mark: str, text: str) -> None:
    """A line with a mark that is known elsewhere, such as that of a check."""
    _say(mark, text)


def _say(mark: str, text: str) -> None:
    click.echo(f"{mark} {printable(text, _LINE, newlines=True)}", err=True)
