"""Fields that `spec.ignore` leaves as they are found: no drift, and no change when the rest is applied. Pure.

Source: fluxcd/pkg/ssa manager_apply.go: hasDriftedWithIgnore, computeDriftedPaths, applyDriftResult and
isFieldOwnedByOtherApplyManager.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from penstock.api.objects import annotations_of, labels_of, metadata
from penstock.kustomize.owner import FIELD_MANAGER
from penstock.kustomize.pointers import lookup, removed, replaced, segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from penstock.api.kustomize import IgnoreRule
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef

_KEY = "k:"


def described(ref: ObjectRef, obj: Json) -> Json:
    """What a rule's target may ask of an object."""
    parts = {name: getattr(ref, name) for name in ("group", "version", "kind", "name", "namespace")}
    return {**parts, "labels": labels_of(obj), "annotations": annotations_of(obj)}


def paths_of(rules: Sequence[IgnoreRule], matches: Iterable[int]) -> tuple[str, ...]:
    """The JSON pointers of those rules, each once."""
    return tuple(dict.fromkeys(path for index in matches for path in rules[index].paths))


def without(obj: Json, paths: Iterable[str]) -> Json:
    """The object without the ignored fields."""
    for path in paths:
        obj = removed(obj, path)
    return obj


def payload(desired: Json, live: Json, tried: Json, paths: Iterable[str]) -> Json:
    """What is applied: of ignored fields that drifted, those of another applier are left out.

    The others, which the API server would take for given up, get the value that they have.
    """
    drifted = [path for path in paths if _differs(lookup(live, path), lookup(tried, path))]
    theirs = [path for path in drifted if applied_by_another(live, path)]
    result = without(desired, theirs)
    for path in drifted:
        if path not in theirs:
            result = replaced(result, path, lookup(live, path)[0])
    return result


def applied_by_another(live: Json, path: str) -> bool:
    """Whether a server-side applier other than us has the field."""
    entries = list(_appliers(live))
    keys = _set_keys(live, path, [fields for _, fields in entries])
    return bool(keys) and any(_has(fields, keys) for manager, fields in entries if manager != FIELD_MANAGER)


def _appliers(live: Json) -> Iterator[tuple[str, Json]]:
    entries = metadata(live).get("managedFields")
    for entry in entries if isinstance(entries, list) else ():
        fields = entry.get("fieldsV1")
        if entry.get("operation") == "Apply" and not entry.get("subresource") and isinstance(fields, dict):
            yield str(entry.get("manager") or ""), fields


def _set_keys(live: Json, path: str, sets: Sequence[Json]) -> tuple[str, ...]:
    """The path as sets of fields have it; none if an item of a list cannot be told by its keys."""
    value: Any = live
    keys: tuple[str, ...] = ()
    for part in segments(path):
        if isinstance(value, list) and part.isdigit():
            item = value[int(part)] if int(part) < len(value) else None
            key = next((key for key in _keys_below(sets, keys) if _is_key_of(key, item)), None)
            if key is None:
                return ()
            keys, value = (*keys, key), item
        else:
            keys, value = (*keys, f"f:{part}"), value.get(part) if isinstance(value, dict) else None
    return keys


def _keys_below(sets: Sequence[Json], keys: Sequence[str]) -> Iterator[str]:
    for fields in sets:
        node = _node(fields, keys)
        yield from (key for key in node or () if key.startswith(_KEY))


def _is_key_of(key: str, item: Any) -> bool:
    """Whether `k:{"name":"web"}` is that of the item."""
    try:
        wanted = orjson.loads(key.removeprefix(_KEY))
    except orjson.JSONDecodeError:
        return False
    return (
        isinstance(item, dict)
        and isinstance(wanted, dict)
        and all(item.get(name) == value for name, value in wanted.items())
    )


def _has(fields: Json, keys: Sequence[str]) -> bool:
    node = _node(fields, keys[:-1])
    return node is not None and keys[-1] in node


def _node(fields: Json, keys: Sequence[str]) -> Json | None:
    node: Any = fields
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else None


def _differs(one: tuple[Any, bool], other: tuple[Any, bool]) -> bool:
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) != orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
