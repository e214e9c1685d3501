"""Merging for the fake cluster: JSON merge patch, server-side apply with atomic lists, label selectors."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json

Leaves = frozenset[tuple[str, ...]]
_IDENTITY = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}


def leaves(obj: Json) -> Leaves:
    """The paths of everything in the object that is no map, its identity left out."""
    return frozenset(_paths(obj, ())) - _IDENTITY


def _paths(value: Any, at: tuple[str, ...]) -> list[tuple[str, ...]]:
    if isinstance(value, dict) and value:
        return [path for key, inner in value.items() for path in _paths(inner, (*at, key))]
    return [at]


def without(obj: Json, dropped: Leaves) -> Json:
    """The object without these paths, and without maps that became empty by it."""
    result = copy.deepcopy(obj)
    for path in dropped:
        _drop(result, path)
    return result


def _drop(obj: Json, path: tuple[str, ...]) -> None:
    head, *rest = path
    if not rest:
        obj.pop(head, None)
    elif isinstance(obj.get(head), dict):
        _drop(obj[head], tuple(rest))
        if not obj[head]:
            del obj[head]


def merge_apply(current: Json, applied: Json) -> Json:
    """Maps merge, everything else is replaced."""
    result = copy.deepcopy(current)
    for key, value in applied.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge_apply(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def merge_patch(current: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = copy.deepcopy(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def json_patch(current: Json, operations: Iterable[Json]) -> Json:
    """RFC 6902, as far as `remove` and `replace` in maps go."""
    result = copy.deepcopy(current)
    for operation in operations:
        *path, last = (part.replace("~1", "/") for part in operation["path"].split("/")[1:])
        at = result
        for part in path:
            at = at[part]
        if operation["op"] == "remove":
            del at[last]
        else:
            at[last] = copy.deepcopy(operation["value"])
    return result


def matches(selector: str, labels: dict[str, str]) -> bool:
    """Whether labels satisfy a selector (`a=b,c!=d,e,!f,g in (h,i)`)."""
    terms = re.findall(r"[^,(]+(?:\([^)]*\))?", selector)
    return all(_term(term.strip(), labels) for term in terms if term.strip())


def _term(term: str, labels: dict[str, str]) -> bool:
    if " in (" in term:
        key, values = term.removesuffix(")").split(" in (")
        return labels.get(key) in values.split(",")
    if "!=" in term:
        key, value = term.split("!=")
        return labels.get(key) != value
    if "=" in term:
        key, value = term.replace("==", "=").split("=")
        return labels.get(key) == value
    return term[1:] not in labels if term.startswith("!") else term in labels
