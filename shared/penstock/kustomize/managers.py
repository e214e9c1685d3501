"""Fields that kubectl and earlier tools wrote become ours, so that the build alone says what stays. Pure.

Source: kustomize-controller apply (whose fields, which annotations and labels); fluxcd/pkg/ssa
cleanupMetadata and PatchReplaceFieldsManagers; structured-merge-diff fieldpath for how a set of fields is
written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.api.objects import annotations_of, labels_of, metadata
from penstock.kustomize.owner import FIELD_MANAGER, Mark, marked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.api.objects import Json

_APPLY, _UPDATE = "Apply", "Update"
_WRITERS = {_APPLY: ("kubectl",), _UPDATE: ("kubectl", "before-first-apply", FIELD_MANAGER)}
"""Beginnings of the names of field managers, by the operation."""
_ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kustomize.toolkit.fluxcd.io/checksum",
    "fluxcd.io/sync-checksum",
)
_LABELS = ("fluxcd.io/sync-gc-mark",)
_ITSELF = "."
"""In a set of fields: the field that has others below it, as one of the set."""


def cleanup(desired: Json, live: Json) -> tuple[Json, ...]:
    """The JSON patch (RFC 6902) that makes the others' fields ours; empty if there are none.

    Nor is there one for an object that is to be merged with what others write (`ssa: Merge`).
    """
    entries = _entries(live)
    kept = united(entries)
    managers = ({"op": "replace", "path": "/metadata/managedFields", "value": kept},)
    found = (*_removals(live), *(managers if kept != entries else ()))
    # Asked last: nearly no object has anything to take over.
    merged = found and (marked(desired, Mark.APPLY_MERGE) or marked(live, Mark.APPLY_MERGE))
    return () if merged else found


def foreign_writers(live: Json) -> tuple[str, ...]:
    """The field managers whose fields would be taken over, in order."""
    return tuple(sorted(f"{entry.get('manager')}" for entry in _entries(live) if _taken_over(entry)))


def united(entries: list[Json]) -> list[Json]:
    """The managedFields with what is taken over in one entry of ours, at the end."""
    taken = [entry for entry in entries if _taken_over(entry)]
    if not taken:
        return entries
    before = next((e for e in reversed(entries) if _is(e, FIELD_MANAGER, _APPLY)), None)
    others = [e for e in entries if e is not before and not _taken_over(e)]
    ours = _with_fields_of(before, taken[0])
    for entry in taken[1:]:
        ours = _with_fields_of(ours, entry)
    return [*others, ours]


def union(one: Json, other: Json) -> Json:
    """The fields of both sets, each written as managedFields has it."""
    keys = sorted({*one, *other})
    return {key: _both(one.get(key), other.get(key)) for key in keys}


def _both(one: Json | None, other: Json | None) -> Json:
    if one is None or other is None:
        return dict((other if one is None else one) or {})
    if bool(one) == bool(other):
        return union(one, other)
    # An empty one stands for the field itself, which is said differently where there are some below it.
    return union({_ITSELF: {}}, one or other)


def _with_fields_of(ours: Json | None, entry: Json) -> Json:
    if ours is None:
        return {**entry, "manager": FIELD_MANAGER, "operation": _APPLY}
    fields = union(ours.get("fieldsV1") or {}, entry.get("fieldsV1") or {})
    return {**ours, "fieldsV1": fields} if fields else ours


def _removals(live: Json) -> Iterator[Json]:
    for field, keys, found in (
        ("annotations", _ANNOTATIONS, annotations_of(live)),
        ("labels", _LABELS, labels_of(live)),
    ):
        for key in keys:
            if key in found:
                yield {"op": "remove", "path": f"/metadata/{field}/{key.replace('/', '~1')}"}


def _entries(live: Json) -> list[Any]:
    found = metadata(live).get("managedFields")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _taken_over(entry: Json) -> bool:
    names = _WRITERS.get(str(entry.get("operation")), ())
    return not entry.get("subresource") and str(entry.get("manager") or "").startswith(names)


def _is(entry: Json, manager: str, operation: str) -> bool:
    return (entry.get("manager"), entry.get("operation")) == (manager, operation)
