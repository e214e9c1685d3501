"""Values of Secrets out of what is shown of objects. Pure.

Source: fluxcd/pkg/ssa sanitize.go for the three masks; stringData and the annotation in which kubectl keeps a
whole object are ours, since the values stand there as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.api.objects import annotations_of, group_version, metadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json

MASK = "***"
BEFORE = "*** (before)"
AFTER = "*** (after)"
_FIELDS = ("data", "stringData")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def is_secret(obj: Json) -> bool:
    """Whether it is a Secret of Kubernetes, in whatever version."""
    return group_version(str(obj.get("apiVersion") or ""))[0] == "" and obj.get("kind") == "Secret"


def masked(obj: Json) -> Json:
    """The object as it may be shown: of a Secret the keys, no value."""
    return masked_pair(obj, {})[0] if is_secret(obj) else obj


def cleaned(value: Any, mask: Callable[[str], str]) -> Any:
    """The value with all texts in it masked, those that are keys too."""
    if isinstance(value, dict):
        return {mask(key): cleaned(item, mask) for key, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item, mask) for item in value]
    return mask(value) if isinstance(value, str) else value


def masked_pair(live: Json, merged: Json) -> tuple[Json, Json]:
    """A Secret before and after, with nothing left of its values but which of them differ."""
    for field in _FIELDS:
        before, after = _mapping(live, field), _mapping(merged, field)
        live = _with(live, field, {key: _shown(before, after, key, BEFORE) for key in before})
        merged = _with(merged, field, {key: _shown(after, before, key, AFTER) for key in after})
    return _without_copy(live), _without_copy(merged)


def _shown(own: Json, other: Json, key: str, changed: str) -> str:
    return changed if key in other and own[key] != other[key] else MASK


def _mapping(obj: Json, field: str) -> Json:
    """The field's entries; whatever else stands there is one entry without a name."""
    found = obj.get(field)
    return found if isinstance(found, dict) else {} if found is None else {"": found}


def _with(obj: Json, field: str, entries: Json) -> Json:
    return {**obj, field: entries} if obj.get(field) is not None else obj


def _without_copy(obj: Json) -> Json:
    annotations = annotations_of(obj)
    if _LAST_APPLIED not in annotations:
        return obj
    return {**obj, "metadata": {**metadata(obj), "annotations": {**annotations, _LAST_APPLIED: MASK}}}
