"""fetch: looks at GitRepositories and makes an artifact of what is new (decision 1).

A work item names one object, or carries a hint of a push, which may concern several or none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.api.gitrepository import KIND
from penstock.api.lease import ClaimKey
from penstock.api.objects import labels_of
from penstock.api.refs import git_repository
from penstock.api.work import LEFT_OVER, Function, Outcome, WorkItem
from penstock.base.deadline import Budget, OutOfTime
from penstock.base.errors import PenstockError, Terminal
from penstock.cluster.served import list_served
from penstock.source.hints import concerned
from penstock.source.steps.ports import FetchPorts
from penstock.source.steps.turn import take_turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.refs import ObjectRef
    from penstock.queue.claims import Claim

__all__ = ["FetchPorts", "fetch"]


def fetch(ports: FetchPorts, item: WorkItem) -> tuple[Outcome, ...]:
    """How each look ended; none if a hint concerns nobody.

    One that fails never stops the others; what could not be written to a status is raised in the end. The
    objects of a hint that there was no time for are one more item each on the queue.
    """
    budget = Budget.start(ports.clock, ports.budget_seconds, ports.stop)
    ports = replace(ports, cluster=ports.cluster.within(budget.deadline))
    outcomes: list[Outcome] = []
    errors: list[PenstockError] = []
    left: list[ObjectRef] = []
    budget.go_on("the look")
    for ref in _refs(ports, item):
        try:
            outcomes.append(_fetch_one(ports, ref, item, budget))
        except OutOfTime:
            left.append(ref)
        except PenstockError as error:
            errors.append(error)
    if left:
        _leave(ports, item, left, budget, begun=bool(outcomes))
    if errors:
        raise errors[0]
    return tuple(outcomes)


def _leave(
    ports: FetchPorts, item: WorkItem, left: Sequence[ObjectRef], budget: Budget, *, begun: bool
) -> None:
    """Hand on what was not begun. OutOfTime, for the whole item to come again, if there is no other way."""
    if item.hint is None or not begun:
        raise budget.over(f"there was no time for {item.name or 'the push'}")
    try:
        for ref in left:
            ports.queue.put(WorkItem(Function.FETCH, ref.kind, ref.namespace, ref.name, LEFT_OVER))
    except Terminal as error:
        raise budget.over(f"it is to be sent again ({error.message})") from None
    ports.log.info("handed over", ref=item.hint.ref, objects=len(left))


def _claimed(ports: FetchPorts, ref: ObjectRef, budget: Budget) -> tuple[Outcome, Claim]:
    """One look; not under the claim of apply: a new revision is stored while the last one is applied."""
    with ports.claims.hold(ClaimKey(Function.FETCH, ref)) as claim:
        return take_turn(replace(ports, claim=claim), ref, budget), claim


def _refs(ports: FetchPorts, item: WorkItem) -> tuple[ObjectRef, ...]:
    if item.hint is None:
        if item.kind != KIND:
            raise Terminal(f"fetch has nothing to do with {item.kind or 'no kind'}", reason="InvalidWorkItem")
        return (git_repository(item.namespace, item.name),)
    objects = list_served(ports.cluster, git_repository("", ""), ports.namespaces, ports.log)
    found = concerned((obj for obj in objects if ports.selector.matches(labels_of(obj))), item.hint)
    ports.log.info("push", ref=item.hint.ref, delivery=item.hint.delivery, concerned=len(found))
    return found


def _fetch_one(ports: FetchPorts, ref: ObjectRef, item: WorkItem, budget: Budget) -> Outcome:
    """One object under its claim, with a log line for it; OutOfTime if there is none left to begin it."""
    budget.go_on(str(ref))
    if ports.namespaces and ref.namespace not in ports.namespaces:
        return Outcome(False, f"the namespace of {ref} is not served", "NotFound")
    since = ports.clock.monotonic()
    outcome, claim = _claimed(ports, ref, budget)
    while claim.again and not budget.closing:
        done = claim
        outcome, claim = _claimed(ports, ref, budget)
        for again in done.again if not claim.fence else ():
            done.seen_to(again)
    seconds = ports.clock.monotonic() - since
    ports.metrics.reconciled(ref.kind, ref.name, ref.namespace, seconds)
    tell = ports.log.info if outcome.ok else ports.log.error
    tell(
        outcome.message,
        object=str(ref),
        reason=item.reason,
        revision=outcome.revision,
        seconds=round(seconds, 3),
    )
    return outcome
