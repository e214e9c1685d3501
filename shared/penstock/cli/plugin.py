"""`flux penstock …`: the same command line as a plugin of flux, completion included.

Source: flux2 v2.9, internal/plugin: an executable `flux-penstock` in ~/.fluxcd/plugins or $FLUXCD_PLUGINS
takes the place of flux's process; completions are asked for as by Cobra, `__complete ARGUMENTS… INCOMPLETE`,
and end in a line with a directive.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from penstock.cli.main import EXIT_OK, root, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROGRAM = "flux penstock"
_COMPLETE = "__complete"
_NO_FILES = ":4"
"""Cobra's directive: these are all, do not offer the names of files."""
_ANYTHING = ":0"


def main() -> None:
    """The console script."""
    given = sys.argv[1:]
    if given[:1] == [_COMPLETE]:
        for line in completions(given[1:]):
            click.echo(line)
        sys.exit(EXIT_OK)
    sys.exit(run(given, program=PROGRAM))


def completions(arguments: Sequence[str]) -> Iterator[str]:
    """The lines that flux expects; the last of the arguments is what is to be completed."""
    from click.shell_completion import ShellComplete  # noqa: PLC0415 - for completion only

    *before, incomplete = arguments or [""]
    items = ShellComplete(root, {}, PROGRAM, "").get_completions(before, incomplete)
    yield from (item.value for item in items if item.type == "plain")
    yield _NO_FILES if all(item.type == "plain" for item in items) else _ANYTHING
