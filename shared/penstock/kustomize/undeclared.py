"""Fields that the cluster's schema does not have, by the paths that the API server gives. Pure.

A fleet with a misspelt field works with Flux, which drops it from the kinds that it knows by type.
Server-side apply refuses it. Here the cluster decides which fields those are, so that one that is new in
Kubernetes is never dropped where the cluster has it.

Source: structured-merge-diff's fieldpath, `.spec.containers[name="a"].ports[0].foo`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from penstock.api.objects import Json

_INDEX = re.compile(r"\[(\d+)\]")
_KEY_NAME = re.compile(r"[\[,]([^=\[\],]+)=")


def without_fields(obj: Json, paths: Iterable[str]) -> tuple[Json, tuple[str, ...]]:
    """The object without the fields at these paths, and those paths that led to one."""
    found: list[str] = []
    for path in paths:
        if (less := _without(obj, path)) is not None:
            obj = less
            found.append(path)
    return obj, tuple(found)


def _without(value: Any, path: str) -> Any:
    """The value without what the path leads to; None if it leads nowhere."""
    if isinstance(value, dict):
        return _without_field(value, path)
    if isinstance(value, list):
        return _without_in_item(value, path)
    return None


def _without_field(value: Json, path: str) -> Json | None:
    """Names may have dots in them: every field that the path may mean is tried, the longest name first."""
    for name in sorted(map(str, value), key=len, reverse=True):
        head, rest = f".{name}", path[len(name) + 1 :]
        if not path.startswith(head):
            continue
        if not rest:
            return {key: item for key, item in value.items() if key != name}
        if rest[0] in ".[" and (less := _without(value[name], rest)) is not None:
            return {**value, name: less}
    return None


def _without_in_item(items: list[Any], path: str) -> list[Any] | None:
    for index, rest in _meant(items, path):
        if (less := _without(items[index], rest)) is not None:
            return [*items[:index], less, *items[index + 1 :]]
    return None


def _meant(items: list[Any], path: str) -> Iterator[tuple[int, str]]:
    """The items that the path's first element means, each with the rest of the path."""
    if at := _INDEX.match(path):
        if int(at[1]) < len(items):
            yield int(at[1]), path[at.end() :]
        return
    keys, rest = _keys(path)
    for index, item in enumerate(items):
        # A key that is not given has its default.
        if keys and isinstance(item, dict) and all(item.get(k, v) == v for k, v in keys.items()):
            yield index, rest


def _keys(path: str) -> tuple[Json, str]:
    """`[port=80,protocol="TCP"].foo` as ({port: 80, protocol: "TCP"}, ".foo"); no keys if it has none."""
    keys: Json = {}
    position = 0
    try:
        while (name := _KEY_NAME.match(path, position)) is not None:
            keys[name[1]], position = json.JSONDecoder().raw_decode(path, name.end())
    except json.JSONDecodeError:
        return {}, ""
    return (keys, path[position + 1 :]) if path[position : position + 1] == "]" else ({}, "")
