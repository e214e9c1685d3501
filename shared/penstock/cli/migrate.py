"""`penstock migrate`: rewrites manifests that have API versions which Flux has removed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.base.errors import Terminal
from penstock.base.options import Role
from penstock.base.text import printable
from penstock.cli.person import confirm, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.base.limits import Limits
    from penstock.migrate.files import PassedOver
    from penstock.migrate.rewrite import Rewritten

_LONGEST = 2048


@dataclass(frozen=True)
class _File:
    """A file, its text, and what is made of it."""

    path: Path
    before: str
    found: Rewritten


@click.command("migrate")
@click.option("-f", "--path", required=True, metavar="PATH", help="A folder with manifests, or one file.")
@click.option("--dry-run", is_flag=True, help="Only show what would be rewritten.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    show_default=True,
    help="How it is told.",
)
def command(path: str, output: str, *, dry_run: bool, yes: bool) -> None:
    """Rewrite manifests with API versions that Flux has removed, such as v1beta2 of Kustomization.

    Looks at the .yaml and .yml files below PATH, shows what it would change and asks. The fields that went
    with those versions change with them; comments and formatting stay. A file with something that only a
    person can decide stays as it is and is named. Links are not followed. The exit code is 0 if nothing is
    left to do, 1 if something is, if you say no, or without a terminal and --yes.
    """
    from penstock.base.settings import read_settings  # noqa: PLC0415 - not needed for --help

    limits = read_settings(os.environ, Role.MIGRATE).limits
    files, passed_over = _looked(Path(path), limits)
    wanted = [file for file in files if file.found.changes]
    if output == "table":
        tell(output, {}, _shown(files, passed_over))
    if wanted and not dry_run:
        confirm(f"Rewrite {len(wanted)} files?", yes=yes)
        _write(wanted, limits)
    tell(output, _value(files, passed_over, done=not dry_run), _done(wanted, dry_run=dry_run))
    if left := sum(len(file.found.by_hand) for file in files):
        raise Terminal(f"{left} places are left to do by hand; their files were not changed")


def _looked(root: Path, limits: Limits) -> tuple[list[_File], list[PassedOver]]:
    """The files that have something to migrate, and those that could not be looked at."""
    from penstock.migrate.files import PassedOver, manifests, read  # noqa: PLC0415 - not needed for --help
    from penstock.migrate.rewrite import rewrite  # noqa: PLC0415 - likewise

    files, passed_over = list[_File](), list[PassedOver]()
    for path in manifests(root, limits):
        text = read(path, limits)
        if isinstance(text, PassedOver):
            passed_over.append(text)
            continue
        found = rewrite(text, limits.yaml_depth)
        if found.changes or found.by_hand:
            files.append(_File(path, text, found))
    return files, passed_over


def _write(files: list[_File], limits: Limits) -> None:
    from penstock.migrate.files import replace  # noqa: PLC0415 - not needed for --help

    for file in files:
        replace(file.path, file.before, file.found.text, limits)


def _shown(files: list[_File], passed_over: list[PassedOver]) -> Iterator[str]:
    for file in files:
        for change in file.found.changes:
            yield _line(f"{file.path}:{change.line}: {change.what}")
        for change in file.found.by_hand:
            yield _line(f"{file.path}:{change.line}: by hand: {change.what}")
    for one in passed_over:
        yield _line(f"{one.path}: passed over: {one.why}")


def _line(text: str) -> str:
    return printable(text, _LONGEST)


def _done(wanted: list[_File], *, dry_run: bool) -> Iterator[str]:
    if not wanted:
        yield "There is nothing to rewrite."
    elif dry_run:
        yield f"{len(wanted)} files would be rewritten. Nothing was changed."
    else:
        yield f"{len(wanted)} files were rewritten."


def _value(files: list[_File], passed_over: list[PassedOver], *, done: bool) -> dict[str, Any]:
    return {
        "files": [
            {
                "path": str(file.path),
                "rewritten": done and bool(file.found.changes),
                "changes": [{"line": one.line, "what": one.what} for one in file.found.changes],
                "byHand": [{"line": one.line, "what": one.what} for one in file.found.by_hand],
            }
            for file in files
        ],
        "passedOver": [{"path": str(one.path), "why": one.why} for one in passed_over],
    }
