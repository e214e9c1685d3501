"""apply: all due Kustomizations of one source, from one artifact, each on its own (decision 2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from traceback import format_tb
from typing import TYPE_CHECKING

from penstock.api.kustomization import KIND
from penstock.api.lease import ClaimKey
from penstock.api.objects import labels_of
from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.api.work import HANDED_OVER, Function, Outcome
from penstock.base.clock import rfc3339_micro
from penstock.base.deadline import Budget
from penstock.base.errors import PenstockError
from penstock.kustomize.dependencies import parents
from penstock.kustomize.selection import CUT_OFF, source_of
from penstock.kustomize.status import Reason
from penstock.kustomize.steps.choosing import choose
from penstock.kustomize.steps.coming import look_once_more
from penstock.kustomize.steps.dependencies import Dependencies
from penstock.kustomize.steps.following import queue_followers
from penstock.kustomize.steps.leaving import leave
from penstock.kustomize.steps.ports import ApplyPorts
from penstock.kustomize.steps.quiet import Quiet
from penstock.kustomize.steps.reconcile import reconcile
from penstock.kustomize.steps.remembering import leave_run, remember
from penstock.kustomize.steps.run import Ended
from penstock.kustomize.steps.source import rolled_back
from penstock.kustomize.steps.waking import wake
from penstock.kustomize.steps.walking import walk
from penstock.kustomize.watched import seen
from penstock.queue.claims import LocalClaim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json
    from penstock.api.work import WorkItem
    from penstock.base.log import Log
    from penstock.kustomize.changes import Change
    from penstock.kustomize.steps.choosing import Chosen
    from penstock.kustomize.steps.source import Source
    from penstock.queue.claims import Claim

__all__ = ["ApplyPorts", "apply"]


@dataclass(frozen=True)
class _Done:
    """How one item ended, the claim that it was done under, and the work that is ours by that."""

    outcomes: tuple[Outcome, ...]
    claim: Claim = field(default_factory=LocalClaim)
    woken: tuple[WorkItem, ...] = ()

    @property
    def pending(self) -> dict[WorkItem, Claim]:
        """What others wanted of the claim meanwhile, and what waited for this and has no queue to go to."""
        return dict.fromkeys(self.woken, LocalClaim()) | dict.fromkeys(self.claim.again, self.claim)


def apply(ports: ApplyPorts, item: WorkItem) -> tuple[Outcome, ...]:
    """How each Kustomization that was looked at ended.

    An item of a GitRepository means every due Kustomization of it, one of a Kustomization means that one, due
    or not (but a run that only seemed to be cut off is not repeated). One that fails stops only those that
    depend on it; what could not be written to a status is raised in the end. What there was no time for is
    one more item on the queue, or raised as Transient where there is no queue.
    """
    budget = Budget.start(ports.clock, ports.budget_seconds, ports.stop)
    budget.go_on("the run")
    ports = replace(ports, cluster=ports.cluster.within(budget.deadline))
    done = _apply(ports, item, budget)
    outcomes, pending = done.outcomes, done.pending
    while pending and not budget.closing:
        again, left_by = pending.popitem()
        done = _apply(ports, again, budget)
        if not done.claim.fence:
            left_by.seen_to(again)
        outcomes += done.outcomes
        pending |= done.pending
    return outcomes


def _apply(ports: ApplyPorts, item: WorkItem, budget: Budget) -> _Done:
    done = _work(ports, item, budget)
    if any(outcome.reason == HANDED_OVER for outcome in done.outcomes):
        leave(ports, item, done.outcomes, budget)
    return done


def _work(ports: ApplyPorts, item: WorkItem, budget: Budget) -> _Done:
    if item.kind != KIND:
        return _apply_source(ports, git_repository(item.namespace, item.name), budget)
    ref = kustomization(item.namespace, item.name)
    found = ports.cluster.get(ref) if _served(ports, ref) else None
    if found is None:
        return _Done((Outcome(False, f"{ref} not found", "NotFound"),))
    if not ports.selector.matches(labels_of(found)):
        return _Done((Outcome(False, f"{ref} is left to its shard", "NotFound"),))
    return _apply_source(ports, source_of(found), budget, only=ref, if_due=item.reason == CUT_OFF)


def _apply_source(
    ports: ApplyPorts,
    ref: ObjectRef,
    budget: Budget,
    *,
    only: ObjectRef | None = None,
    if_due: bool = True,
) -> _Done:
    wanted = ref if only is None or if_due else only
    find = partial(choose, ports, ref, only, if_due=if_due)
    with ports.claims.hold(ClaimKey(Function.APPLY, ref), wanted) as claim:
        chosen = find()
        # A look that finds nothing due writes nothing, so it needs no claim among processes either.
        if chosen.objects and claim.take(chosen.source.uid):
            chosen = find()
        ports = replace(ports, claim=claim)
        results = _look_at_all(ports, chosen, budget.opening())
    outcomes = {ref: result for ref, result in results.items() if isinstance(result, Outcome)}
    woken = wake(ports, chosen.objects, outcomes, chosen.listed)
    errors = [result for result in results.values() if isinstance(result, PenstockError)]
    if errors:
        raise errors[0]
    return _Done(tuple(outcomes.values()), claim, woken)


def _look_at_all(
    ports: ApplyPorts, chosen: Chosen, budget: Budget
) -> Mapping[ObjectRef, Outcome | PenstockError]:
    """Each once what it depends on has been looked at; else those with work to do come first."""
    quiet = Quiet(ports, chosen.source, chosen.objects)
    items = {ObjectRef.from_object(obj): obj for obj in quiet.last(chosen.objects)}
    dependencies = Dependencies(ports, chosen.listed)
    look = partial(_look, ports, chosen, quiet, dependencies, budget)
    results = walk(look, items, parents(chosen.objects), ports.kustomizations)
    return look_once_more(ports, look, items, {ref: results[ref] for ref in items})


def _look(
    ports: ApplyPorts, chosen: Chosen, quiet: Quiet, dependencies: Dependencies, budget: Budget, obj: Json
) -> Outcome:
    """One Kustomization, its record and its log line; a bug that it meets is its own failure."""
    ref, source = ObjectRef.from_object(obj), chosen.source
    shown = rolled_back(source, obj)
    if budget.closing:
        return Outcome(True, f"{ref} is not begun: the time of this run is over", HANDED_OVER)
    started, since = rfc3339_micro(ports.clock.now()), ports.clock.monotonic()
    log = ports.log.bind(object=str(ref), revision=shown.revision)
    stopped: list[Change] = []
    try:
        ended = reconcile(ports, source, quiet, dependencies, obj, budget, stopped)
    except PenstockError as error:
        # Without a record it stays due, and whoever asked for this run hears of the error.
        if stopped:
            outcome = Outcome(False, error.message, error.reason, shown.revision)
            leave_run(ports, obj, Ended(outcome, shown.artifact, changes=tuple(stopped)), started)
        raise
    except Exception as error:  # noqa: BLE001 - a bug that one meets must not stop the others
        ended = Ended(_internal_error(log, error, shown), shown.artifact, changes=tuple(stopped))
    finally:
        dependencies.looked_at(ref)
    outcome = ended.outcome
    seconds = ports.clock.monotonic() - since
    ports.metrics.reconciled(ref.kind, ref.name, ref.namespace, seconds)
    tell = log.info if outcome.ok or outcome.reason == Reason.DEPENDENCY_NOT_READY else log.error
    tell(outcome.message, reason=outcome.reason, changes=len(outcome.changes), seconds=round(seconds, 3))
    remember(ports, obj, ended, started, seen(obj, chosen.watched))
    queue_followers(ports, ref, ended.changes)
    return outcome


def _internal_error(log: Log, error: Exception, source: Source) -> Outcome:
    """Where it was raised goes to the log; its text, which may hold anything, goes nowhere."""
    log.error("internal error", trace="".join(format_tb(error.__traceback__)))
    return Outcome(False, f"internal error: {type(error).__name__}", "InternalError", source.revision)


def _served(ports: ApplyPorts, ref: ObjectRef) -> bool:
    return not ports.namespaces or ref.namespace in ports.namespaces
