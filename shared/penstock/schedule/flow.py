"""One tick: looks at every Flux object that is served and queues work for those that are due.

It is what makes sure that everything converges; webhooks only make it fast (decision 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from penstock.api.meta import REQUESTED_AT
from penstock.api.objects import annotations_of, labels_of
from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.api.work import Function, WorkItem
from penstock.base.clock import rfc3339
from penstock.base.deadline import Budget, OutOfTime, Stop
from penstock.base.errors import Terminal, Transient
from penstock.base.selector import MAIN_SHARD, WATCHED_CONFIGS
from penstock.cluster.served import list_served, watched_versions
from penstock.kustomize.parked import has_come
from penstock.kustomize.selection import source_of, why_due
from penstock.kustomize.watched import changed
from penstock.schedule.due import Reason, due, lost_its_artifact, observe
from penstock.source.includers import outdated
from penstock.store.ticks import Tick

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penstock.api.objects import Json
    from penstock.base.clock import Clock
    from penstock.base.log import Log
    from penstock.base.selector import Selector
    from penstock.cluster.port import Cluster
    from penstock.queue.claims import Claims
    from penstock.queue.queue import Queue
    from penstock.store.records import Records
    from penstock.store.ticks import Ticks


@dataclass(frozen=True)
class TickPorts:
    """What a tick needs; no `namespaces` means all of them, `selector` says which objects it is for.

    `watched_configs` says which ConfigMaps and Secrets make those due that take variables from them.
    """

    cluster: Cluster
    records: Records
    queue: Queue
    claims: Claims
    clock: Clock
    log: Log
    namespaces: tuple[str, ...] = ()
    selector: Selector = MAIN_SHARD
    watched_configs: Selector = WATCHED_CONFIGS
    budget_seconds: float = 120
    """What one tick may take."""
    stop: Stop = field(default_factory=Stop)
    """Whether all runs of this process have to end."""
    ticks: Ticks | None = None
    """Where it is noted that a tick has looked at everything."""


@dataclass(frozen=True)
class _Seen:
    """An object that a tick looks at: a Kustomization's source, the revision that this one offers, and the
    versions of all that is watched; of a source whether what it includes has changed.
    """

    obj: Json
    source: ObjectRef | None = None
    revision: str = ""
    watched: Mapping[ObjectRef, str] = field(default_factory=dict)
    include_changed: bool = False


@dataclass(frozen=True)
class Due:
    """An object that is due, why, the source it belongs to, and the request or revision it is about.

    `lost` tells that the source's artifact is to be made again.
    """

    ref: ObjectRef
    reason: str
    source: ObjectRef | None = None
    token: str = ""
    lost: bool = False

    @property
    def shared(self) -> ObjectRef | None:
        """The GitRepository with whose others it is looked at together."""
        return self.source if self.source is not None and self.source.kind == "GitRepository" else None


def tick(ports: TickPorts, item: WorkItem) -> tuple[WorkItem, ...]:
    """Queues work for whatever is due, and gives what it queued; Transient if the cluster cannot be read.

    OutOfTime if there was no time to look at every object; what was found by then is queued.
    """
    budget = Budget.start(ports.clock, ports.budget_seconds, ports.stop)
    ports = replace(ports, cluster=ports.cluster.within(budget.deadline))
    sources, consumers = (
        list_served(ports.cluster, kind("", ""), ports.namespaces, ports.log)
        for kind in (git_repository, kustomization)
    )
    revisions, offers = _revisions(ports, sources, consumers), _offers(sources)
    there = watched_versions(ports.cluster, consumers, ports.namespaces, ports.log, ports.watched_configs)
    everything = (
        *(_Seen(obj, include_changed=outdated(obj, offers[_namespace(obj)])) for obj in sources),
        *(_Seen(obj, source_of(obj), revisions.get(source_of(obj), ""), there) for obj in consumers),
    )
    wanted = tuple(one for one in everything if ports.selector.matches(labels_of(one.obj)))
    looked = [_look(ports, one) for one in takewhile(lambda _: not budget.closing, wanted)]
    planned = plan([one for one in looked if one is not None])
    queued = [_put(ports, work) for work in takewhile(lambda _: not budget.deadline.expired, planned)]
    if not budget.closing:
        queued += _left_over(ports, {work.key for work in queued}, sources, consumers)
    ports.log.info("tick", reason=item.reason, objects=len(looked), queued=len(queued))
    if len(looked) < len(wanted) or len(queued) < len(planned):
        raise OutOfTime(
            f"the tick looked at {len(looked)} of {len(wanted)} objects in {budget.seconds:g} s and queued"
            f" {len(queued)} of {len(planned)} items: raise PENSTOCK_TICK_BUDGET_SECONDS"
        )
    _note(ports, len(looked), len(queued))
    return tuple(queued)


def _note(ports: TickPorts, objects: int, queued: int) -> None:
    """Whoever asks sees that ticks come; the work does not depend on it."""
    if ports.ticks is None:
        return
    try:
        ports.ticks.write(Tick(at=rfc3339(ports.clock.now()), objects=objects, queued=queued))
    except Transient as error:
        ports.log.warning("it could not be noted that the tick came", error=error.message)


def _put(ports: TickPorts, work: WorkItem) -> WorkItem:
    ports.queue.put(work)
    return work


def _left_over(
    ports: TickPorts, queued: set[str], sources: Iterable[Json], consumers: Iterable[Json]
) -> tuple[WorkItem, ...]:
    """What was asked of a run that did not live to see to it (threats B-34); put before it is forgotten.

    What another shard was asked for is left to its own tick.
    """
    elsewhere = {source_of(obj).namespace for obj in consumers} if ports.namespaces else set()
    others = {*_others(ports, Function.FETCH, sources), *_others(ports, Function.APPLY, consumers)}
    put: list[WorkItem] = []
    for left in ports.claims.left_over(sorted({*ports.namespaces, *elsewhere})):
        if any(work.key in others for work in left.items):
            continue
        for work in left.items:
            if work.key not in queued:
                ports.queue.put(work)
                put.append(work)
        left.seen_to()
    return tuple(put)


def _others(ports: TickPorts, function: Function, objects: Iterable[Json]) -> Iterable[str]:
    """The keys of work on objects of other shards."""
    refs = (ObjectRef.from_object(obj) for obj in objects if not ports.selector.matches(labels_of(obj)))
    return (WorkItem(function, ref.kind, ref.namespace, ref.name).key for ref in refs)


def plan(found: Iterable[Due]) -> tuple[WorkItem, ...]:
    """The work items for what is due: fetches first, then one apply for all that share a source. Pure.

    Whoever takes that one looks again at who is due, so what runs meanwhile is not run twice. Those that are
    being deleted go with it, whether or not the source is there: apart from each other they would only wait
    for its claim in turn.
    """
    fetches: dict[str, WorkItem] = {}
    applies: dict[str, WorkItem] = {}
    for one in found:
        if one.ref.kind == "GitRepository":
            _add(fetches, _item(Function.FETCH, one.ref, one))
            continue
        _add(applies, _item(Function.APPLY, one.shared or one.ref, one))
        if one.lost and one.shared is not None:
            _add(fetches, _item(Function.FETCH, one.shared, replace(one, reason="artifact lost", token="")))
    return (*fetches.values(), *applies.values())


def _add(items: dict[str, WorkItem], item: WorkItem) -> None:
    items.setdefault(item.key, item)


def _item(function: Function, ref: ObjectRef, why: Due) -> WorkItem:
    return WorkItem(function, ref.kind, ref.namespace, ref.name, why.reason, why.token)


def _revisions(
    ports: TickPorts, sources: Iterable[Json], consumers: Iterable[Json]
) -> Mapping[ObjectRef, str]:
    """The revision of each source's artifact, also of those that lie in namespaces which are not served."""
    found = {ObjectRef.from_object(obj): _revision(obj) for obj in sources}
    elsewhere = {source_of(obj) for obj in consumers} - found.keys()
    return {**found, **{ref: _revision_elsewhere(ports, ref) for ref in sorted(elsewhere)}}


def _revision_elsewhere(ports: TickPorts, ref: ObjectRef) -> str:
    """Empty if it is in a served namespace, where it would have been listed, or if it may not be read."""
    listed = not ports.namespaces or ref.namespace in ports.namespaces
    if listed or ref.kind != "GitRepository" or not ref.name:
        return ""
    try:
        return _revision(ports.cluster.get(ref) or {})
    except Terminal as error:
        ports.log.warning("the source cannot be read", object=str(ref), error=error.message)
        return ""


def _revision(obj: Json) -> str:
    return str(((obj.get("status") or {}).get("artifact") or {}).get("revision") or "")


def _offers(sources: Iterable[Json]) -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Revision and digest of the artifacts of all sources, by namespace and name."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for obj in sources:
        offer = (obj.get("status") or {}).get("artifact") or {}
        pointer = str(offer.get("revision") or ""), str(offer.get("digest") or "")
        found.setdefault(_namespace(obj), {})[ObjectRef.from_object(obj).name] = pointer
    return found


def _namespace(obj: Json) -> str:
    return ObjectRef.from_object(obj).namespace


def _look(ports: TickPorts, seen: _Seen) -> Due | None:
    """Whether one object is due. What is wrong with it, or with its record, is its own affair (A-79)."""
    obj, source, revision = seen.obj, seen.source, seen.revision
    ref, now = ObjectRef.from_object(obj), ports.clock.now()
    try:
        record = ports.records.read(ref)
    except Terminal as error:
        ports.log.warning("the object is passed over", object=str(ref), error=error.message)
        return None
    if source is None:
        reason = str(due(observe(obj, record, include_changed=seen.include_changed), now) or "")
    else:
        came = record is not None and has_come(record.parked, ports.cluster.discovery().find)
        other = record is not None and changed(obj, seen.watched, record.watched)
        reason = why_due(obj, record, revision, now, kind_came=came, values_changed=other)
    if not reason:
        return None
    requested = annotations_of(obj).get(REQUESTED_AT, "") if reason == Reason.REQUESTED else ""
    token = revision if reason == Reason.NEW_ARTIFACT else requested
    return Due(ref, reason, source, token, lost=source is not None and lost_its_artifact(obj))
