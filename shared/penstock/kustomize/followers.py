"""What is to be looked at because a run has changed it: the Flux objects among what it applied. Pure.

So a fleet that describes itself follows a change of its own description at once, as Flux's controllers do
that watch these objects; without it, the next tick would find it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api import gitrepository, kustomization
from penstock.api.refs import ObjectRef
from penstock.api.work import Function, WorkItem
from penstock.kustomize.changes import effective
from penstock.kustomize.selection import source_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from penstock.api.objects import Json
    from penstock.kustomize.changes import Change

_KINDS = {(gitrepository.GROUP, gitrepository.KIND), (kustomization.GROUP, kustomization.KIND)}


def flux_objects(changes: Iterable[Change], namespaces: Collection[str]) -> tuple[ObjectRef, ...]:
    """The Flux objects that were created, changed or deleted, in the `namespaces` served (empty: all)."""
    return tuple(
        change.ref
        for change in effective(changes)
        if (change.ref.group, change.ref.kind) in _KINDS
        and (not namespaces or change.ref.namespace in namespaces)
    )


def followers(objects: Iterable[Json], owner: ObjectRef) -> tuple[WorkItem, ...]:
    """The work items for Flux objects that `owner` has applied: fetches first, then one apply per source.

    Whoever takes that one looks at all that are due, so what depends on each other runs together.
    """
    refs = {ObjectRef.from_object(obj): obj for obj in objects}
    fetches = (ref for ref in refs if ref.kind == gitrepository.KIND)
    applies = (_together(ref, source_of(obj)) for ref, obj in refs.items() if ref.kind == kustomization.KIND)
    wanted = (*((Function.FETCH, ref) for ref in fetches), *((Function.APPLY, ref) for ref in applies))
    return tuple(
        WorkItem(function, ref.kind, ref.namespace, ref.name, f"applied by {owner}")
        for function, ref in dict.fromkeys(wanted)
    )


def _together(ref: ObjectRef, source: ObjectRef) -> ObjectRef:
    return source if source.kind == gitrepository.KIND and source.name else ref
