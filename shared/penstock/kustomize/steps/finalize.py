"""A Kustomization that is being deleted: its objects go first, if its policy says so, then its finalizer.

Source: kustomize-controller finalize; contract C7b. The brake does not hold here: deleting is what was asked.
Unless it is the kind itself that goes, with `flux uninstall` or `kubectl delete crd`: that takes the objects
of Flux with it, and what they applied is meant to stay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from penstock.api.conditions import ConditionType, get
from penstock.api.kustomization import DEFINITION, DeletionPolicy
from penstock.api.meta import FINALIZER, ResourceInventory
from penstock.api.objects import deleting
from penstock.api.refs import definition
from penstock.api.resource import common_status
from penstock.api.transitions import progressing, retryable_failure
from penstock.api.work import HANDED_OVER, Outcome
from penstock.base.deadline import OutOfTime
from penstock.cluster.errors import Refused
from penstock.kustomize.changes import effective, lines
from penstock.kustomize.handover import Spent, does_not_fit, goes_on
from penstock.kustomize.inventory import read
from penstock.kustomize.prune import deletes_with_owner
from penstock.kustomize.selection import suspended
from penstock.kustomize.status import Reason
from penstock.kustomize.steps.awaiting import LEFT_WAITING, await_termination, still_to_delete, waits
from penstock.kustomize.steps.pruning import Pruned, Pruner
from penstock.kustomize.steps.run import Ended
from penstock.kustomize.steps.subject import Subject
from penstock.notify.event import Severity

if TYPE_CHECKING:
    from penstock.api.meta import Status
    from penstock.api.objects import Json
    from penstock.base.deadline import Budget
    from penstock.kustomize.inventory import Refs
    from penstock.kustomize.prune import Stale
    from penstock.kustomize.steps.ports import ApplyPorts

FINALIZED = "Deleted"
_CRD = definition(DEFINITION.name)


def finalize(ports: ApplyPorts, obj: Json, budget: Budget) -> Ended:
    """Delete the objects and let the Kustomization go; or as many as there is time for.

    Moved if it changed meanwhile; ClaimLost.
    """
    subject = Subject(ports, obj, common_status)
    if FINALIZER not in subject.finalizers:
        return Ended(Outcome(True, f"{subject.ref} is being deleted", FINALIZED))
    since = ports.clock.monotonic()
    pruner = _pruner(ports, subject, budget)
    judged, done = _delete_all(subject, pruner) if _deletes(obj) and not _kind_goes(ports) else ((), Pruned())
    ports.claim.check()
    if isinstance(done.over, OutOfTime):
        return _hand_over(ports, subject, done, budget, since)
    if done.over:
        raise done.over
    if done.failure:
        return _fail(ports, subject, done)
    _tell(subject, Severity.INFO, lines(done.changes))
    if waits(subject):
        try:
            problem = await_termination(ports, subject, pruner, judged, budget)
        except OutOfTime:
            return _goes_on(done, LEFT_WAITING)
        _tell(subject, Severity.ERROR, problem)
    return _let_go(subject, done)


def _let_go(subject: Subject[Status], done: Pruned) -> Ended:
    subject.set_finalizers([name for name in subject.finalizers if name != FINALIZER])
    outcome = Outcome(True, f"{subject.ref} is deleted", FINALIZED, changes=tuple(map(str, done.changes)))
    return Ended(outcome, changes=effective(done.changes))


def _pruner(ports: ApplyPorts, subject: Subject[Status], budget: Budget) -> Pruner:
    return Pruner(
        ports.cluster.within(budget.deadline),
        subject.ref,
        ports.requests,
        budget.deadline,
        budget,
        ports.claim.check,
    )


def _delete_all(subject: Subject[Status], pruner: Pruner) -> tuple[tuple[Stale, ...], Pruned]:
    """Delete what the inventory lists, which is judged first; the problems say what could not be."""
    try:
        refs = _inventory(subject.obj)
    except msgspec.ValidationError as error:
        return (), Pruned(problems=(f"status.inventory cannot be read: {error}",))
    try:
        judged, lost = pruner.look_up(refs)
    except OutOfTime as over:
        return (), Pruned(survivors=refs, over=over)
    done = pruner.delete(still_to_delete(subject, judged))
    return judged, replace(done, problems=(*lost.problems, *done.problems))


def _hand_over(
    ports: ApplyPorts, subject: Subject[Status], done: Pruned, budget: Budget, since: float
) -> Ended:
    """What is deleted is gone; the next run finds the rest, for the object is still there."""
    effects = len(effective(done.changes))
    objects = effects + len(done.survivors)
    spent = Spent(effects, effects, objects, stopped=budget.stopped, whole=budget.whole(since))
    if not spent.fits:
        return _fail(ports, subject, replace(done, problems=(does_not_fit(spent, budget.seconds),)))
    _tell(subject, Severity.INFO, lines(done.changes))
    message = goes_on(spent)
    subject.conclude(lambda status: progressing(status, message, subject.at()))
    return _goes_on(done, message)


def _goes_on(done: Pruned, message: str) -> Ended:
    outcome = Outcome(True, message, HANDED_OVER, changes=tuple(map(str, done.changes)))
    return Ended(outcome, changes=effective(done.changes))


def _fail(ports: ApplyPorts, subject: Subject[Status], done: Pruned) -> Ended:
    """Flux's event says no more than that it failed; the condition tells what stands in the way."""
    message = ports.masker.shown(done.failure)
    subject.conclude(lambda status: retryable_failure(status, Reason.PRUNE_FAILED, message, subject.at()))
    _tell(subject, Severity.ERROR, "pruning for deleted resource failed")
    outcome = Outcome(False, message, str(Reason.PRUNE_FAILED), changes=tuple(map(str, done.changes)))
    return Ended(outcome, changes=effective(done.changes))


def _tell(subject: Subject[Status], severity: Severity, message: str) -> None:
    if not message:
        return
    ready = get(subject.status.conditions, ConditionType.READY)
    revision = str((subject.obj.get("status") or {}).get("lastAppliedRevision") or "")
    reason = ready.reason if ready is not None else str(severity)
    subject.emit(severity, reason, message, revision=revision)


def _deletes(obj: Json) -> bool:
    """Read leniently: a spec that cannot be read whole must not keep the object from being deleted."""
    spec = obj.get("spec") or {}
    try:
        policy = DeletionPolicy(spec.get("deletionPolicy") or DeletionPolicy.MIRROR_PRUNE)
    except ValueError:
        policy = DeletionPolicy.MIRROR_PRUNE
    return deletes_with_owner(policy, prune=spec.get("prune") is True, suspended=suspended(obj))


def _kind_goes(ports: ApplyPorts) -> bool:
    """Whether the CRD of Kustomizations is being deleted; who may not see it knows nothing of it."""
    try:
        return deleting(ports.cluster.get(_CRD) or {})
    except Refused:
        return False


def _inventory(obj: Json) -> Refs:
    found = (obj.get("status") or {}).get("inventory")
    return () if found is None else read(msgspec.convert(found, ResourceInventory))[0]
