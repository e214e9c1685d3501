"""Which Kustomizations wait for which: what spec.dependsOn names, when that is ready, in which order they go.

Pure. Source: kustomize-controller checkDependencies, for the order of its questions and for its words.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.objects import annotations_of, deleting, generation, metadata
from penstock.api.refs import ObjectRef, kustomization
from penstock.api.rollback import wanted_revision
from penstock.base.duration import format_duration, parse_duration
from penstock.kustomize.selection import condition, source_of, suspended
from penstock.kustomize.status import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from penstock.api.objects import Json

_DURATIONS = ("interval", "retryInterval", "timeout")
_MOST_LOOKED_AT = 1_000
"""Ours: Kustomizations that are looked at to find a circle."""


@dataclass(frozen=True)
class Dependency:
    """An entry of spec.dependsOn: what is waited for, and the expression that tells whether it is ready."""

    ref: ObjectRef
    ready_expr: str = ""

    @property
    def shown(self) -> str:
        """Its name as Flux shows it."""
        return f"{self.ref.namespace}/{self.ref.name}"


def dependencies_of(obj: Json) -> tuple[Dependency, ...]:
    """What a Kustomization of any shape waits for, in its order; what names nothing is left out."""
    spec, own = obj.get("spec"), str(metadata(obj).get("namespace") or "")
    listed = spec.get("dependsOn") if isinstance(spec, dict) else None
    return tuple(
        Dependency(
            kustomization(str(one.get("namespace") or own), str(one["name"])), str(one.get("readyExpr") or "")
        )
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict) and one.get("name")
    )


def parents(objects: Iterable[Json]) -> Mapping[ObjectRef, tuple[ObjectRef, ...]]:
    """What each of them waits for: nothing, if it is deleted or suspended, and nobody for a deletion."""
    found = tuple(objects)
    ending = {ObjectRef.from_object(obj) for obj in found if deleting(obj)}
    return {
        ObjectRef.from_object(obj): ()
        if deleting(obj) or suspended(obj)
        else tuple(one.ref for one in dependencies_of(obj) if one.ref not in ending)
        for obj in found
    }


def waits(obj: Json) -> bool:
    """Whether the last look at a Kustomization found that it has to wait for another."""
    if deleting(obj) or suspended(obj):
        return False
    return condition(obj, "Ready")[:2] == ("False", Reason.DEPENDENCY_NOT_READY)


def ready(obj: Json, revision: str = "") -> bool:
    """Whether a Kustomization is ready with the spec that it has, and, if one is given, at that revision."""
    status = obj.get("status")
    known = status if isinstance(status, dict) else {}
    if known.get("observedGeneration") != generation(obj) or condition(obj, "Ready")[0] != "True":
        return False
    return not revision or known.get("lastAppliedRevision") == revision


def why_not_ready(wanted: Dependency, found: Json, child: Json, revision: str) -> str:
    """Why the child cannot begin while its source offers that revision, in Flux's words; empty if it can.

    The revision counts where both have the same source; of what is rolled back, the one that it is kept at.
    """
    if not ready(found):
        return f"dependency '{wanted.shown}' is not ready"
    kept_at = wanted_revision(annotations_of(found), revision)
    if source_of(found) == source_of(child) and not ready(found, kept_at):
        return f"dependency '{wanted.shown}' revision is not up to date"
    return ""


def missing(wanted: Dependency, why: str = "") -> str:
    """What is said of a dependency that is not there, or cannot be read for the reason given."""
    absent = f'kustomizations.kustomize.toolkit.fluxcd.io "{wanted.ref.name}" not found'
    said = why or f"{absent}: create it, or take it out of spec.dependsOn"
    return f"dependency '{wanted.shown}' not found: {said}"


def circular(path: Sequence[ObjectRef]) -> str:
    """What is said besides, where a Kustomization waits for itself; empty where it does not."""
    if not path:
        return ""
    shown = " -> ".join(f"{ref.namespace}/{ref.name}" for ref in path)
    return f": spec.dependsOn goes round in a circle, {shown}: take one of them out"


def circle(start: ObjectRef, parents_of: Callable[[ObjectRef], Iterable[ObjectRef]]) -> tuple[ObjectRef, ...]:
    """The shortest way from a Kustomization by what it waits for back to itself; empty if there is none."""
    came_from: dict[ObjectRef, ObjectRef] = {}
    todo = deque([start])
    while todo and len(came_from) < _MOST_LOOKED_AT:
        here = todo.popleft()
        for parent in parents_of(here):
            if parent == start:
                return (*_way(start, here, came_from), start)
            if parent not in came_from:
                came_from[parent] = here
                todo.append(parent)
    return ()


def _way(start: ObjectRef, end: ObjectRef, came_from: Mapping[ObjectRef, ObjectRef]) -> tuple[ObjectRef, ...]:
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def dependents(
    first: Iterable[ObjectRef], parents: Mapping[ObjectRef, Iterable[ObjectRef]]
) -> frozenset[ObjectRef]:
    """Those that wait, directly or through each other, for one of the first; the first are not among them."""
    children: dict[ObjectRef, list[ObjectRef]] = {}
    for child, named in parents.items():
        for parent in named:
            children.setdefault(parent, []).append(child)
    seen = set(first)
    todo, found = list(seen), set[ObjectRef]()
    while todo:
        new = [child for child in children.get(todo.pop(), ()) if child not in seen]
        seen.update(new)
        found.update(new)
        todo.extend(new)
    return frozenset(found)


class Walk:
    """In which order Kustomizations may begin: each once what it waits for is over, then as they are given.

    What is not among them is not waited for. Those that wait for each other in a circle begin when nothing
    else is left: each of them will find that the others are not ready, and say so.
    """

    def __init__(self, given: Sequence[ObjectRef], parents: Mapping[ObjectRef, Iterable[ObjectRef]]) -> None:
        self._given = tuple(dict.fromkeys(given))
        self._place = {ref: place for place, ref in enumerate(self._given)}
        self._open = {
            ref: {parent for parent in parents.get(ref, ()) if parent in self._place and parent != ref}
            for ref in self._given
        }
        self._children: dict[ObjectRef, list[ObjectRef]] = {}
        for ref, named in self._open.items():
            for parent in named:
                self._children.setdefault(parent, []).append(ref)
        self._may = [self._place[ref] for ref, named in self._open.items() if not named]
        self._begun: set[ObjectRef] = set()
        self._over: set[ObjectRef] = set()

    @property
    def done(self) -> bool:
        """Whether all have begun."""
        return len(self._begun) == len(self._given)

    def begin(self) -> ObjectRef | None:
        """The next one, which begins by that; None if none may before another is over, or all have begun."""
        if not self._may and self._begun == self._over and not self.done:
            self._may = [min(self._place[ref] for ref in self._given if ref not in self._begun)]
        if not self._may:
            return None
        ref = self._given[heapq.heappop(self._may)]
        self._begun.add(ref)
        return ref

    def end(self, ref: ObjectRef) -> None:
        """One that has begun is over, whatever came of it."""
        self._over.add(ref)
        for child in self._children.get(ref, ()):
            self._open[child].discard(ref)
            if not self._open[child] and child not in self._begun:
                heapq.heappush(self._may, self._place[child])


def as_typed(obj: Json) -> Json:
    """A Kustomization as an expression of Flux sees it, whose types write durations in one way only."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return obj
    written = {key: _written(spec[key]) for key in _DURATIONS if isinstance(spec.get(key), str)}
    return {**obj, "spec": {**spec, **written}}


def _written(duration: str) -> str:
    try:
        return format_duration(parse_duration(duration))
    except ValueError:
        return duration
