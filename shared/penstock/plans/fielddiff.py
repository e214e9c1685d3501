"""What differs between two values, field by field. Pure.

Source: homeport/dyff, with which Flux's `diff` compares: lists whose items have a name (`name`, `key` or
`id`) are compared by it, other lists by what is in them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = ("name", "key", "id")


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
