"""Which Kustomizations of a source a run looks at, in which order they are taken on, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.api.objects import deleting, labels_of
from penstock.api.refs import ObjectRef, kustomization
from penstock.base.errors import Transient
from penstock.cluster.served import list_served, watched_versions
from penstock.kustomize.dependencies import dependents, parents, waits
from penstock.kustomize.selection import source_of, why_due
from penstock.kustomize.steps.coming import kind_came
from penstock.kustomize.steps.dependencies import Dependencies
from penstock.kustomize.steps.source import Source, read_source
from penstock.kustomize.watched import changed
from penstock.store.records import NewerRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.kustomize.steps.ports import ApplyPorts


@dataclass(frozen=True)
class Chosen:
    """A source, those of its Kustomizations that are to be looked at, and all that were listed for that.

    `watched` are the versions of the watched ConfigMaps and Secrets before any of them is looked at.
    """

    source: Source
    objects: tuple[Json, ...]
    listed: tuple[Json, ...] = ()
    watched: Mapping[ObjectRef, str] = field(default_factory=dict)


def choose(ports: ApplyPorts, ref: ObjectRef, only: ObjectRef | None, *, if_due: bool) -> Chosen:
    """Those of the source `ref` that are due, and those that waited and need not any more.

    `only` is the one that is asked for, whether or not it is due unless `if_due`.
    """
    source = read_source(ports, ref)
    if only is not None:
        found = _one(ports, ref, only)
        there = _watched(ports, found)
        return Chosen(source, _due(ports, source, found, there) if if_due else found, watched=there)
    listed = list_served(ports.cluster, kustomization("", ""), ports.namespaces, ports.log)
    # Those of other shards are listed, as others may depend on them, and left alone.
    ours = (obj for obj in listed if ports.selector.matches(labels_of(obj)))
    found = tuple(obj for obj in ours if source_of(obj) == ref)
    there = _watched(ports, found)
    due = _due(ports, source, found, there)
    return Chosen(source, (*due, *_woken(ports, source, found, due)), listed, there)


def _watched(ports: ApplyPorts, found: Iterable[Json]) -> dict[ObjectRef, str]:
    return watched_versions(ports.cluster, found, ports.namespaces, ports.log, ports.watched_configs)


def _one(ports: ApplyPorts, claimed: ObjectRef, ref: ObjectRef) -> tuple[Json, ...]:
    """The Kustomization as it is under the claim."""
    obj = ports.cluster.get(ref)
    if obj is not None and source_of(obj) != claimed:
        raise Transient(f"{ref} has been given another source: it has to be looked at again")
    return () if obj is None else (obj,)


def _due(
    ports: ApplyPorts, source: Source, found: Iterable[Json], there: Mapping[ObjectRef, str]
) -> tuple[Json, ...]:
    """Those that are due: first who is being deleted, as that waits for nothing.

    Then who was looked at longest ago, so that nobody's turn never comes.
    """
    checked = [(_checked(ports, source, obj, there), obj) for obj in found]
    due = [((not deleting(obj), at), obj) for at, obj in checked if at is not None]
    return tuple(obj for _, obj in sorted(due, key=lambda one: one[0]))


def _checked(ports: ApplyPorts, source: Source, obj: Json, there: Mapping[ObjectRef, str]) -> str | None:
    """When a Kustomization that is due was looked at; None if it is not due."""
    ref = ObjectRef.from_object(obj)
    try:
        record = ports.records.read(ref)
    except NewerRecord as error:
        ports.log.warning("passed over", object=str(ref), error=error.message)
        return None
    now, came = ports.clock.now(), kind_came(ports, record)
    other = record is not None and changed(obj, there, record.watched)
    why = why_due(
        obj, record, source.revision, now, made_at=source.made_at, kind_came=came, values_changed=other
    )
    if not why:
        return None
    ports.log.info("due", object=str(ref), reason=why, revision=source.revision)
    return record.checked_at if record is not None else ""


def _woken(ports: ApplyPorts, source: Source, found: Iterable[Json], due: Sequence[Json]) -> tuple[Json, ...]:
    """Those that only waited for others: for what is ready by now, or may be at the end of this run."""
    taken = {ObjectRef.from_object(obj) for obj in due}
    waiting = {ref: obj for obj in found if waits(obj) and (ref := ObjectRef.from_object(obj)) not in taken}
    if not waiting or not source.revision:
        return ()
    edges, dependencies = parents(waiting.values()), Dependencies(ports)
    with_due = dependents(taken, edges)
    free = {
        ref
        for ref, obj in waiting.items()
        if ref not in with_due and dependencies.ready(obj, source.revision)
    }
    woken = with_due | free | dependents(free, edges)
    for ref in sorted(woken):
        ports.log.info("due", object=str(ref), reason="waits for dependencies", revision=source.revision)
    return tuple(obj for ref, obj in waiting.items() if ref in woken)
