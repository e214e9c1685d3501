"""apply: all due Kustomizations of one source, from one artifact, each on its own (decision 2)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from traceback import format_tb
from typing import TYPE_CHECKING

from penstock.api.kustomization import KIND
from penstock.api.lease import ClaimKey
from penstock.api.objects import deleting
from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.api.work import HANDED_OVER, Function, Outcome
from penstock.base.clock import rfc3339_micro
from penstock.base.deadline import Budget
from penstock.base.errors import PenstockError, Transient
from penstock.cluster.parallel import parallel
from penstock.cluster.served import list_served
from penstock.kustomize.selection import CUT_OFF, source_of, why_due
from penstock.kustomize.steps.following import queue_followers
from penstock.kustomize.steps.leaving import leave
from penstock.kustomize.steps.ports import ApplyPorts
from penstock.kustomize.steps.quiet import Quiet
from penstock.kustomize.steps.reconcile import reconcile
from penstock.kustomize.steps.remembering import leave_run, remember
from penstock.kustomize.steps.run import Ended
from penstock.kustomize.steps.source import Files, Source, read_source
from penstock.queue.claims import LocalClaim
from penstock.store.records import NewerRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json
    from penstock.api.work import WorkItem
    from penstock.base.log import Log
    from penstock.kustomize.changes import Change
    from penstock.queue.claims import Claim

__all__ = ["ApplyPorts", "apply"]


def apply(ports: ApplyPorts, item: WorkItem) -> tuple[Outcome, ...]:
    """How each Kustomization that was looked at ended.

    An item of a GitRepository means every due Kustomization of it, one of a Kustomization means that one, due
    or not (but a run that only seemed to be cut off is not repeated). One that fails never stops the others;
    what could not be written to a status is raised in the end. What there was no time for is one more item on
    the queue, or raised as Transient where there is no queue.
    """
    budget = Budget.start(ports.clock, ports.budget_seconds, ports.stop)
    budget.go_on("the run")
    ports = replace(ports, cluster=ports.cluster.within(budget.deadline))
    outcomes, claim = _apply(ports, item, budget)
    pending = dict.fromkeys(claim.again, claim)
    while pending and not budget.closing:
        again, left_by = pending.popitem()
        more, claim = _apply(ports, again, budget)
        if not claim.fence:
            left_by.seen_to(again)
        outcomes += more
        pending |= dict.fromkeys(claim.again, claim)
    return outcomes


def _apply(ports: ApplyPorts, item: WorkItem, budget: Budget) -> tuple[tuple[Outcome, ...], Claim]:
    """One item, and the claim under which it was done: it may leave us more to do."""
    outcomes, claim = _work(ports, item, budget)
    if any(outcome.reason == HANDED_OVER for outcome in outcomes):
        leave(ports, item, outcomes, budget)
    return outcomes, claim


def _work(ports: ApplyPorts, item: WorkItem, budget: Budget) -> tuple[tuple[Outcome, ...], Claim]:
    if item.kind != KIND:
        return _apply_source(ports, git_repository(item.namespace, item.name), budget)
    ref = kustomization(item.namespace, item.name)
    found = ports.cluster.get(ref) if _served(ports, ref) else None
    if found is None:
        return (Outcome(False, f"{ref} not found", "NotFound"),), LocalClaim()
    return _apply_source(ports, source_of(found), budget, only=ref, if_due=item.reason == CUT_OFF)


def _apply_source(
    ports: ApplyPorts,
    ref: ObjectRef,
    budget: Budget,
    *,
    only: ObjectRef | None = None,
    if_due: bool = True,
) -> tuple[tuple[Outcome, ...], Claim]:
    wanted = ref if only is None or if_due else only
    choose = partial(_choose, ports, ref, only, if_due=if_due)
    with ports.claims.hold(ClaimKey(Function.APPLY, ref), wanted) as claim:
        source, chosen = choose()
        # A look that finds nothing due writes nothing, so it needs no claim among processes either.
        if chosen and claim.take(source.uid):
            source, chosen = choose()
        ports = replace(ports, claim=claim)
        quiet = Quiet(ports, Files(ports, source), chosen)
        run = partial(_look, ports, source, quiet, budget.opening())
        results = parallel(run, quiet.last(chosen), ports.kustomizations)
    errors = [result for result in results if isinstance(result, PenstockError)]
    if errors:
        raise errors[0]
    return tuple(result for result in results if isinstance(result, Outcome)), claim


def _choose(
    ports: ApplyPorts, ref: ObjectRef, only: ObjectRef | None, *, if_due: bool
) -> tuple[Source, tuple[Json, ...]]:
    """The source and those of its Kustomizations that are to be looked at."""
    source = read_source(ports, ref)
    found = _one(ports, ref, only) if only is not None else _consumers(ports, ref)
    return source, _due(ports, source, found) if if_due else found


def _one(ports: ApplyPorts, claimed: ObjectRef, ref: ObjectRef) -> tuple[Json, ...]:
    """The Kustomization as it is under the claim."""
    obj = ports.cluster.get(ref)
    if obj is not None and source_of(obj) != claimed:
        raise Transient(f"{ref} has been given another source: it has to be looked at again")
    return () if obj is None else (obj,)


def _consumers(ports: ApplyPorts, ref: ObjectRef) -> tuple[Json, ...]:
    """The Kustomizations of the source."""
    found = list_served(ports.cluster, kustomization("", ""), ports.namespaces, ports.log)
    return tuple(obj for obj in found if source_of(obj) == ref)


def _due(ports: ApplyPorts, source: Source, found: Iterable[Json]) -> tuple[Json, ...]:
    """Those that are due: first who is being deleted, as that waits for nothing.

    Then who was looked at longest ago, so that nobody's turn never comes.
    """
    checked = [(_checked(ports, source, obj), obj) for obj in found]
    due = [((not deleting(obj), at), obj) for at, obj in checked if at is not None]
    return tuple(obj for _, obj in sorted(due, key=lambda one: one[0]))


def _checked(ports: ApplyPorts, source: Source, obj: Json) -> str | None:
    """When a Kustomization that is due was looked at; None if it is not due."""
    ref = ObjectRef.from_object(obj)
    try:
        record = ports.records.read(ref)
    except NewerRecord as error:
        ports.log.warning("passed over", object=str(ref), error=error.message)
        return None
    why = why_due(obj, record, source.revision, ports.clock.now(), made_at=source.made_at)
    if not why:
        return None
    ports.log.info("due", object=str(ref), reason=why, revision=source.revision)
    return record.checked_at if record is not None else ""


def _look(ports: ApplyPorts, source: Source, quiet: Quiet, budget: Budget, obj: Json) -> Outcome:
    """One Kustomization, its record and its log line; a bug that it meets is its own failure."""
    ref = ObjectRef.from_object(obj)
    if budget.closing:
        return Outcome(True, f"{ref} is not begun: the time of this run is over", HANDED_OVER)
    started, since = rfc3339_micro(ports.clock.now()), ports.clock.monotonic()
    log = ports.log.bind(object=str(ref), revision=source.revision)
    stopped: list[Change] = []
    try:
        ended = reconcile(ports, source, quiet, obj, budget, stopped)
    except PenstockError as error:
        # Without a record it stays due, and whoever asked for this run hears of the error.
        if stopped:
            outcome = Outcome(False, error.message, error.reason, source.revision)
            leave_run(ports, obj, Ended(outcome, source.artifact, changes=tuple(stopped)), started)
        raise
    except Exception as error:  # noqa: BLE001 - a bug that one meets must not stop the others
        ended = Ended(_internal_error(log, error, source), source.artifact, changes=tuple(stopped))
    outcome = ended.outcome
    seconds = ports.clock.monotonic() - since
    ports.metrics.reconciled(ref.kind, ref.name, ref.namespace, seconds)
    tell = log.info if outcome.ok else log.error
    tell(outcome.message, reason=outcome.reason, changes=len(outcome.changes), seconds=round(seconds, 3))
    remember(ports, obj, ended, started)
    queue_followers(ports, ref, ended.changes)
    return outcome


def _internal_error(log: Log, error: Exception, source: Source) -> Outcome:
    """Where it was raised goes to the log; its text, which may hold anything, goes nowhere."""
    log.error("internal error", trace="".join(format_tb(error.__traceback__)))
    return Outcome(False, f"internal error: {type(error).__name__}", "InternalError", source.revision)


def _served(ports: ApplyPorts, ref: ObjectRef) -> bool:
    return not ports.namespaces or ref.namespace in ports.namespaces
