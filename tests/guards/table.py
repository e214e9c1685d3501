"""The guards, as the TOML files beside this module list them, and the rows of docs/reliability.md."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs/reliability.md"
_ROW = re.compile(r"\| ([ABC]-\d\d) \|(.*)\|(.*)\|")
_TEST = re.compile(r"`(tests/[\w/]+\.py(?:::\w+)+)`")


@dataclass(frozen=True)
class Guard:
    """A guard: `old` stands once in `file`; with `new` in its place, `test` fails."""

    row: str
    file: str
    old: str
    new: str
    test: str


@dataclass(frozen=True)
class Row:
    """A row of the page: what holds, and the tests that show it."""

    name: str
    holds: str
    tests: tuple[str, ...]


def guards(folder: Path = HERE) -> tuple[Guard, ...]:
    """All guards, by row."""
    found = (entry for file in folder.glob("*.toml") for entry in tomllib.loads(file.read_text())["guard"])
    return tuple(sorted((Guard(**entry) for entry in found), key=lambda guard: (guard.row, guard.test)))


def rows(page: str) -> tuple[Row, ...]:
    """The rows of the page, in its order."""
    found = (_ROW.fullmatch(line.strip()) for line in page.splitlines())
    return tuple(Row(m[1], m[2].strip(), tuple(_TEST.findall(m[3]))) for m in found if m is not None)


def exists(test: str) -> bool:
    """Whether a test id, `file::function` or `file::Class::function`, names something in the tree."""
    file, *names = test.split("::")
    path = ROOT / file
    if not path.is_file():
        return False
    found: list[ast.stmt] = ast.parse(path.read_text(encoding="utf-8")).body
    for name in names:
        named = (
            node for node in found if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name
        )
        node = next(named, None)
        if node is None:
            return False
        found = node.body
    return True


def taken_out(text: str, guard: Guard) -> str:
    """The file's text without the guard; ValueError unless the guard stands there exactly once."""
    if text.count(guard.old) != 1:
        raise ValueError(f"{guard.row}: {guard.old!r} stands {text.count(guard.old)} times in {guard.file}")
    return text.replace(guard.old, guard.new)
