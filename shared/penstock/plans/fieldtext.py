"""Differences of fields as text, as Flux's `diff` prints them. Pure.

Source: homeport/dyff HumanReport for the words and the form: a path, then what became of it.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from penstock.base.text import printable
from penstock.client.documents import yaml_text
from penstock.plans.fielddiff import Sort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.plans.fielddiff import Detail, Difference

_END = "..."
"""So PyYAML ends a document that is one bare scalar."""
_ROOT = "(root level)"
_BESIDE = "   "
_WIDTH = 80
"""Columns: what fits in is shown side by side."""
_NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905 - short
_TYPES: dict[type, str] = {dict: "map", list: "list", str: "string", bool: "bool", int: "int", float: "float"}


def report(found: Sequence[Difference]) -> str:
    """The differences as text: a blank line before each, and one behind them all; empty if there is none."""
    return "".join(f"\n{_path(one.path)}\n{_details(one.details)}" for one in found) + ("\n" if found else "")


def _path(path: Sequence[str]) -> str:
    return ".".join(printable(part, 253) for part in path) or _ROOT


def _details(details: Sequence[Detail]) -> str:
    blocks = [_lines(detail) for detail in details]
    if len(blocks) < 2:
        return "".join(f"{line}\n" for block in blocks for line in block)
    left, right = blocks
    width = max(map(len, left))
    if width + len(_BESIDE) + max(map(len, right)) > _WIDTH:
        return "".join(f"{line}\n" for line in (*left, "", *right))
    height = max(len(left), len(right))
    rows = zip(*([*block, *[""] * (height - len(block))] for block in blocks), strict=True)
    return "".join(f"{one:<{width}}{_BESIDE}{other}".rstrip() + "\n" for one, other in rows)


def _lines(detail: Detail) -> list[str]:
    match detail.sort:
        case Sort.REMOVED:
            return [f"- {_counted(detail.before)} removed:", *_yaml(detail.before)]
        case Sort.ADDED:
            return [f"+ {_counted(detail.after)} added:", *(f"  {line}" for line in _yaml(detail.after))]
        case Sort.ORDER:
            return ["⇆ order changed", f"- {_listed(detail.before)}", f"+ {_listed(detail.after)}"]
        case Sort.CHANGED:
            return _changed(detail.before, detail.after)


def _changed(before: Any, after: Any) -> list[str]:
    if isinstance(before, str) and isinstance(after, str):
        if "\n" in before.strip("\n") or "\n" in after.strip("\n"):
            return _changed_lines(before, after)
        if before.split() == after.split():
            return ["± whitespace only change", f"- {_blanks(before)}", f"+ {_blanks(after)}"]
        return ["± value change", f"- {_shown(before)}", f"+ {_shown(after)}"]
    types = (_type(before), _type(after))
    head = "± value change" if types[0] == types[1] else f"± type change from {types[0]} to {types[1]}"
    return [head, *_prefixed("- ", before), *_prefixed("+ ", after)]


def _changed_lines(before: str, after: str) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    found: list[str] = []
    come = gone = 0
    for _, i, j, k, m in (one for one in SequenceMatcher(None, old, new).get_opcodes() if one[0] != "equal"):
        found += [*(f"- {line}" for line in old[i:j]), *(f"+ {line}" for line in new[k:m])]
        gone, come = gone + (j > i), come + (m > k)
    counted = f"{_number(come, 'insert')}, {_number(gone, 'deletion')}"
    return [f"± value change in multiline text ({counted})", *map(_shown, found)]


def _prefixed(mark: str, value: Any) -> list[str]:
    lines = _yaml(value)
    return [f"{mark}{lines[0]}", *(f"  {line}" for line in lines[1:])]


def _yaml(value: Any) -> list[str]:
    lines = yaml_text(value).splitlines()
    return [_shown(line) for line in lines if line != _END]


def _shown(line: str) -> str:
    """What a cluster or a repository has, fit for a terminal."""
    return printable(line, max(len(line), 1) + 1)


def _blanks(text: str) -> str:
    return _shown(text.replace(" ", "·").replace("\n", "↵").replace("\t", "→"))


def _listed(items: list[Any]) -> str:
    return ", ".join(_shown(item) if isinstance(item, str) else " ".join(_yaml(item)) for item in items)


def _type(value: Any) -> str:
    return _TYPES.get(type(value), "<nil>")


def _counted(entries: Any) -> str:
    kind = ("map entry", "map entries") if isinstance(entries, dict) else ("list entry", "list entries")
    return _number(len(entries), *kind)


def _number(count: int, one: str, more: str = "") -> str:
    word = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"{word} {one if count == 1 else more or f'{one}s'}"
