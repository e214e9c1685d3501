"""JSON pointers (RFC 6901) into objects: read, removed, replaced. Pure.

Source: fluxcd/pkg/ssa lookupJSONPointer and jsondiff ApplyPatchToUnstructured, what is not there being passed
over.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.api.objects import Json

_MISSING = object()


@lru_cache(maxsize=1024)
def segments(pointer: str) -> tuple[str, ...]:
    """The names and indexes of a pointer, in order; none of one that leads to no field."""
    if not pointer.startswith("/"):
        return ()
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def lookup(obj: Json, pointer: str) -> tuple[Any, bool]:
    """The value at the pointer, and whether there is one."""
    path = segments(pointer)
    value: Any = obj if path else _MISSING
    for part in path:
        if value is _MISSING:
            break
        value = _below(value, part)
    return (None, False) if value is _MISSING else (value, True)


def removed(obj: Json, pointer: str) -> Json:
    """The object without what the pointer leads to, as it is if that is nothing."""
    path = segments(pointer)
    return dict(_removed(obj, path)) if path and lookup(obj, pointer)[1] else obj


def replaced(obj: Json, pointer: str, value: Any) -> Json:
    """The object with that value there, as it is if there is nothing that could have it."""
    path = segments(pointer)
    return dict(_replaced(obj, path, value)) if path else obj


def _below(value: Any, part: str) -> Any:
    if isinstance(value, dict):
        return value.get(part, _MISSING)
    index = _index(value, part)
    return _MISSING if index is None else value[index]


def _index(value: Any, part: str) -> int | None:
    """The index that the part means in a list that has it."""
    if not isinstance(value, list) or not part.isascii() or not part.isdigit():
        return None
    return index if (index := int(part)) < len(value) else None


def _removed(value: Any, path: tuple[str, ...]) -> Any:
    head, *rest = path
    if isinstance(value, dict):
        others = {key: item for key, item in value.items() if key != head}
        return {**value, head: _removed(value[head], tuple(rest))} if rest else others
    at = int(head)
    return [*value[:at], *([_removed(value[at], tuple(rest))] if rest else []), *value[at + 1 :]]


def _replaced(value: Any, path: tuple[str, ...], new: Any) -> Any:
    head, *rest = path
    if isinstance(value, dict):
        if not rest:
            return {**value, head: new}
        return {**value, head: _replaced(value[head], tuple(rest), new)} if head in value else value
    at = _index(value, head)
    if at is None:
        return value
    return [*value[:at], _replaced(value[at], tuple(rest), new) if rest else new, *value[at + 1 :]]
