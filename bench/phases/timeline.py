"""What happened when after one push, from the requests that reached the API server. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure.audit import stored_at
from bench.samples import Flags, Fleet, Phase, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.measure.audit import Request
    from bench.phases.measuring import Measured, Which
    from bench.samples import Peer

_SOURCES = ("gitrepositories", "gitrepositories/status")
_CONSUMERS = ("kustomizations", "kustomizations/status")
_SHOWN = (Fleet.F100X10, Phase.ONE_FILE, Flags.DEFAULT, 1)


def shown(which: Which) -> bool:
    """Whether it is the push of a peer that is told step by step: the first of one file of 100x10."""
    return (which.fleet, which.phase, which.flags, which.round) == _SHOWN


def timeline(peer: Peer, found: Measured, namespace: str, stores: frozenset[str]) -> tuple[Step, ...]:
    """The steps of one push in their order, in seconds after it; what did not happen is left out."""
    requests, began = found.requests, found.began_at
    judged = _first(requests, lambda one: one.verb == "dry-run" and one.resource == "configmaps")
    named = [
        ("told of the push", found.asked_at),
        ("looks at the source", _first(requests, lambda one: one.resource in _SOURCES)),
        ("the artifact stands in the source's status", _source_written(requests, judged)),
        ("first dry-run", judged),
        ("the changed object is stored", stored_at(requests, "configmaps", namespace, stores)),
        ("last status of a Kustomization", _last(requests, _writes_consumer)),
        ("all Kustomizations are at the new revision", found.done_at),
    ]
    steps = [
        Step(peer=peer, at_s=round(max(at - began, 0.0), 3), what=what)
        for what, at in named
        if at is not None
    ]
    return tuple(sorted(steps, key=lambda step: step.at_s))


def _source_written(requests: Iterable[Request], before: float | None) -> float | None:
    """When the source's status was written for the last time before anything was judged by it."""
    writes = (one for one in requests if one.resource == _SOURCES[1] and one.stores)
    return max((one.ended_at for one in writes if before is None or one.ended_at <= before), default=None)


def _writes_consumer(one: Request) -> bool:
    return one.resource in _CONSUMERS and one.stores


def _first(requests: Iterable[Request], wanted: Callable[[Request], bool]) -> float | None:
    return min((one.came_at for one in requests if wanted(one)), default=None)


def _last(requests: Iterable[Request], wanted: Callable[[Request], bool]) -> float | None:
    return max((one.ended_at for one in requests if wanted(one)), default=None)
