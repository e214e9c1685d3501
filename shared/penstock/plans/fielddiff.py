"""What differs between two values, field by field, as Flux's `diff` shows it. Pure.

Source: homeport/dyff HumanReport for the words and the form: a path, then what became of it. Lists whose
items have a name (`name`, `key` or `id`) are compared by it, other lists by what is in them.
"""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import orjson

from penstock.base.text import printable
from penstock.client.documents import yaml_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAMES = ("name", "key", "id")
_END = "..."
"""So PyYAML ends a document that is one bare scalar."""
_ROOT = "(root level)"
_BESIDE = "   "
_WIDTH = 80
"""Columns: what fits in is shown side by side."""
_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_TYPES: dict[type, str] = {dict: "map", list: "list", str: "string", bool: "bool", int: "int", float: "float"}


class Sort(StrEnum):
    """What became of a field."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "±"
    ORDER = "⇆"


@dataclass(frozen=True)
class Detail:
    """One thing that happened at a path: entries of a map or a list came or went, or a value changed."""

    sort: Sort
    before: Any = None
    after: Any = None


@dataclass(frozen=True)
class Difference:
    """All that happened at one path."""

    path: tuple[str, ...]
    details: tuple[Detail, ...]


def differences(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """What differs, the outer first and in the order of the keys."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_maps(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, path)
    elif _same(before, after):
        return
    else:
        yield Difference(path, (Detail(Sort.CHANGED, before, after),))


def report(found: Sequence[Difference]) -> str:
    """The differences as text: a blank line before each, and one behind them all; empty if there is none."""
    return "".join(f"\n{_path(one.path)}\n{_details(one.details)}" for one in found) + ("\n" if found else "")


def _of_maps(before: dict[str, Any], after: dict[str, Any], path: tuple[str, ...]) -> Iterator[Difference]:
    gone = {key: before[key] for key in sorted(before.keys() - after.keys())}
    come = {key: after[key] for key in sorted(after.keys() - before.keys())}
    yield from _entries(path, gone, come)
    for key in sorted(before.keys() & after.keys()):
        yield from differences(before[key], after[key], (*path, key))


def _of_lists(before: list[Any], after: list[Any], path: tuple[str, ...]) -> Iterator[Difference]:
    name = next((name for name in _NAMES if _named(before, name) and _named(after, name)), None)
    if name is None:
        yield from _of_plain_lists(before, after, path)
        return
    old, new = ({item[name]: item for item in items} for items in (before, after))
    gone = [item for key, item in old.items() if key not in new]
    come = [item for key, item in new.items() if key not in old]
    yield from _entries(path, gone, come)
    if not gone and not come and list(old) != list(new):
        yield Difference(path, (Detail(Sort.ORDER, list(old), list(new)),))
    for key in (key for key in old if key in new):
        yield from differences(old[key], new[key], (*path, key))


def _named(items: list[Any], name: str) -> bool:
    """Whether each of the items is a map with a name of its own."""
    names = [item.get(name) if isinstance(item, dict) else None for item in items]
    return all(isinstance(one, str) for one in names) and len(set(names)) == len(names)


def _of_plain_lists(before: list[Any], after: list[Any], path: tuple[str, ...]) -> Iterator[Difference]:
    if len(before) == len(after) == 1 and isinstance(before[0], dict) and isinstance(after[0], dict):
        yield from differences(before[0], after[0], (*path, "0"))
        return
    old, new = (Counter(map(_bytes, items)) for items in (before, after))
    gone, come = _beyond(before, new), _beyond(after, old)
    yield from _entries(path, gone, come)
    if not gone and not come and list(map(_bytes, before)) != list(map(_bytes, after)):
        yield Difference(path, (Detail(Sort.ORDER, before, after),))


def _beyond(items: list[Any], known: Counter[bytes]) -> list[Any]:
    """The items that are there more often than is known."""
    left = Counter(known)
    beyond: list[Any] = []
    for item in items:
        left[_bytes(item)] -= 1
        if left[_bytes(item)] < 0:
            beyond.append(item)
    return beyond


def _entries(path: tuple[str, ...], gone: Any, come: Any) -> Iterator[Difference]:
    details = (
        *((Detail(Sort.REMOVED, gone),) if gone else ()),
        *((Detail(Sort.ADDED, None, come),) if come else ()),
    )
    if details:
        yield Difference(path, details)


def _same(one: Any, other: Any) -> bool:
    return _bytes(one) == _bytes(other)


def _bytes(value: Any) -> bytes:
    """Python takes 1, 1.0 and True for equal, YAML does not."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


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
    found = [
        line
        for line in difflib.ndiff(before.splitlines(), after.splitlines())
        if line.startswith(("- ", "+ "))
    ]
    gone = sum(line.startswith("- ") for line in found)
    counted = f"{_number(len(found) - gone, 'insert')}, {_number(gone, 'deletion')}"
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
