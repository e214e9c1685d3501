"""Who waited for a Kustomization that has become ready, and is not in the same run: work for the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.gitrepository import KIND as GIT_REPOSITORY
from penstock.api.refs import ObjectRef, kustomization
from penstock.api.work import Function, WorkItem
from penstock.base.errors import PenstockError, Terminal
from penstock.cluster.served import list_served
from penstock.kustomize.dependencies import dependencies_of, ready, waits
from penstock.kustomize.selection import source_of
from penstock.kustomize.status import Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.api.work import Outcome
    from penstock.kustomize.steps.ports import ApplyPorts

_WHY = "a dependency is ready"


def wake(
    ports: ApplyPorts,
    chosen: Sequence[Json],
    results: Mapping[ObjectRef, Outcome],
    listed: Sequence[Json],
) -> tuple[WorkItem, ...]:
    """Queue those that wait for what this run made ready; what has no queue to go to is given back.

    `chosen` are the Kustomizations of the run as it found them, `listed` those that were there when it began,
    as far as that is known. What is not queued for another reason is found by the tick.
    """
    here = {ObjectRef.from_object(obj): obj for obj in chosen}
    became = {ref for ref, obj in here.items() if _became_ready(obj, results.get(ref))}
    if not became or (listed and not any(_concerned(listed, here, became))):
        return ()
    try:
        found = list_served(ports.cluster, kustomization("", ""), ports.namespaces, ports.log)
        wanted = {_item(obj) for obj in _concerned(found, here, became) if waits(obj)}
        return tuple(item for item in sorted(wanted, key=lambda one: one.key) if not _queued(ports, item))
    except PenstockError as error:
        ports.log.warning("who waits is found by the tick", error=error.message)
        return ()


def _became_ready(before: Json, outcome: Outcome | None) -> bool:
    """It was not ready before, or for as long as something was written."""
    if outcome is None or not outcome.ok or outcome.reason != Reason.SUCCEEDED:
        return False
    return bool(outcome.changes) or not ready(before, outcome.revision)


def _concerned(
    objects: Iterable[Json], here: Collection[ObjectRef], became: Collection[ObjectRef]
) -> Iterable[Json]:
    """Those outside of the run that depend on what became ready."""
    return (
        obj
        for obj in objects
        if ObjectRef.from_object(obj) not in here and any(one.ref in became for one in dependencies_of(obj))
    )


def _item(obj: Json) -> WorkItem:
    """All that wait for the same source go together."""
    source = source_of(obj)
    ref = source if source.kind == GIT_REPOSITORY else ObjectRef.from_object(obj)
    return WorkItem(Function.APPLY, ref.kind, ref.namespace, ref.name, _WHY)


def _queued(ports: ApplyPorts, item: WorkItem) -> bool:
    try:
        ports.queue.put(item)
    except Terminal:
        return False
    ports.log.info("woken", item=f"{item.kind}/{item.namespace}/{item.name}")
    return True
