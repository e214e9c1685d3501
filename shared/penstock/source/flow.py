"""fetch: looks at GitRepositories and makes an artifact of what is new (decision 1).

A work item names one object, or carries a hint of a push, which may concern several or none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.api.gitrepository import KIND
from penstock.api.refs import git_repository
from penstock.api.work import Function, Outcome, WorkItem
from penstock.base.deadline import Deadline
from penstock.base.errors import PenstockError, Terminal
from penstock.cluster.served import list_served
from penstock.queue.claims import ClaimKey
from penstock.source.hints import concerned
from penstock.source.steps.ports import FetchPorts
from penstock.source.steps.turn import take_turn

if TYPE_CHECKING:
    from penstock.api.refs import ObjectRef

__all__ = ["FetchPorts", "fetch"]


def fetch(ports: FetchPorts, item: WorkItem) -> tuple[Outcome, ...]:
    """How each look ended; none if a hint concerns nobody.

    One that fails never stops the others; what could not be written to a status is raised in the end.
    """
    deadline = Deadline.after(ports.clock, ports.budget_seconds)
    ports = replace(ports, cluster=ports.cluster.within(deadline))
    outcomes: list[Outcome] = []
    errors: list[PenstockError] = []
    for ref in _refs(ports, item):
        try:
            outcomes.append(_fetch_one(ports, ref, item, deadline))
        except PenstockError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return tuple(outcomes)


def _refs(ports: FetchPorts, item: WorkItem) -> tuple[ObjectRef, ...]:
    if item.hint is None:
        if item.kind != KIND:
            raise Terminal(f"fetch has nothing to do with {item.kind or 'no kind'}", reason="InvalidWorkItem")
        return (git_repository(item.namespace, item.name),)
    objects = list_served(ports.cluster, git_repository("", ""), ports.namespaces, ports.log)
    found = concerned(objects, item.hint)
    ports.log.info("push", ref=item.hint.ref, delivery=item.hint.delivery, concerned=len(found))
    return found


def _fetch_one(ports: FetchPorts, ref: ObjectRef, item: WorkItem, deadline: Deadline) -> Outcome:
    """One object under its claim, with a log line for it."""
    if ports.namespaces and ref.namespace not in ports.namespaces:
        return Outcome(False, f"the namespace of {ref} is not served", "NotFound")
    since = ports.clock.monotonic()
    # Not the claim of apply: a new revision is looked for, and stored, while the last one is applied.
    with ports.claims.hold(ClaimKey(Function.FETCH, ref)) as claim:
        outcome = take_turn(replace(ports, claim=claim), ref, deadline)
    tell = ports.log.info if outcome.ok else ports.log.error
    tell(
        outcome.message,
        object=str(ref),
        reason=item.reason,
        revision=outcome.revision,
        seconds=round(ports.clock.monotonic() - since, 3),
    )
    return outcome
