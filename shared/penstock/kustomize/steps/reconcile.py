"""One Kustomization: from what the source offers to what the cluster holds.

Source: kustomize-controller Reconcile and reconcile for the order; contract C5, C7, C7b.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.api.kustomization import decode
from penstock.api.meta import REQUESTED_AT
from penstock.api.objects import annotations_of, deleting
from penstock.api.refs import ObjectRef
from penstock.api.resource import InvalidObject, common_status
from penstock.api.transitions import answered, left_alone, terminal_failure
from penstock.api.unsupported import NotSupported, check_supported
from penstock.api.work import Outcome
from penstock.base.deadline import OutOfTime
from penstock.base.errors import PenstockError, Transient
from penstock.cluster.errors import Timeout
from penstock.kustomize.expressions import InvalidExpression, NotEvaluated
from penstock.kustomize.inventory import read
from penstock.kustomize.selection import suspended
from penstock.kustomize.status import Attempt, Reason
from penstock.kustomize.steps.applying import apply_all
from penstock.kustomize.steps.baselining import baseline_of
from penstock.kustomize.steps.building import build
from penstock.kustomize.steps.concluding import (
    MISCONFIGURED,
    fail,
    hand_over,
    hold_back,
    stall,
    succeed,
    tell_changes,
    wait,
)
from penstock.kustomize.steps.finalize import FINALIZED, finalize
from penstock.kustomize.steps.health import check_health
from penstock.kustomize.steps.pruning import prune
from penstock.kustomize.steps.rolling import let_go_on
from penstock.kustomize.steps.run import Ended, Run, StepFailed, failing_as
from penstock.kustomize.steps.source import Superseded, rolled_back
from penstock.kustomize.steps.subject import Moved, Subject, with_finalizer
from penstock.notify.event import Severity

if TYPE_CHECKING:
    from penstock.api.kustomization import Kustomization, KustomizationStatus
    from penstock.api.meta import Status
    from penstock.api.objects import Json
    from penstock.base.deadline import Budget
    from penstock.kustomize.changes import Change
    from penstock.kustomize.steps.dependencies import Dependencies
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.kustomize.steps.quiet import Quiet
    from penstock.kustomize.steps.source import Source

SUSPENDED = "Suspended"
_TRIES = 4
_ENDINGS = {Reason.DEPENDENCY_NOT_READY: wait, Reason.INVALID_EXPRESSION: stall}
"""How failures end that are no failures to build, apply or prune."""


def reconcile(
    ports: ApplyPorts,
    source: Source,
    quiet: Quiet,
    dependencies: Dependencies,
    obj: Json,
    budget: Budget,
    stopped: list[Change],
) -> Ended:
    """How the run ended; what failed is in the status too. Transient if nothing could be written there.

    `stopped` collects what was changed by tries that did not come to their end.
    """
    ref = ObjectRef.from_object(obj)
    for _ in range(_TRIES):
        try:
            ended = _decide(ports, source, quiet, dependencies, obj, budget, stopped)
            return replace(ended, changes=(*stopped, *ended.changes))
        except Superseded as stood_down:
            shown = rolled_back(source, obj)
            outcome = Outcome(False, stood_down.message, stood_down.reason, shown.revision)
            return Ended(outcome, shown.artifact, changes=tuple(stopped))
        except Moved:
            found = ports.cluster.get(ref)
            if found is None:
                return Ended(Outcome(True, f"{ref} is gone", FINALIZED), changes=tuple(stopped))
            obj = found
    raise Transient(f"{ref} changes faster than it can be reconciled", reason="Conflict")


def _decide(
    ports: ApplyPorts,
    source: Source,
    quiet: Quiet,
    dependencies: Dependencies,
    obj: Json,
    budget: Budget,
    stopped: list[Change],
) -> Ended:
    if deleting(obj):
        return finalize(ports, obj, budget)
    with_finalizer(plain := Subject(ports, obj, common_status))
    obj = plain.obj
    if suspended(obj):
        return _leave_alone(plain)
    try:
        check_supported(model := decode(obj))
        _check_expressions(ports, model)
    except (InvalidObject, NotSupported, InvalidExpression) as error:
        return _refuse(ports, obj, error)
    obj = let_go_on(ports, source, plain)
    run = _start(ports, rolled_back(source, obj), obj, model, budget)
    try:
        return _reconcile(run, quiet, dependencies)
    except Exception:
        stopped.extend(run.effects)
        raise
    finally:
        if run.effects:
            quiet.values.forget()


def _check_expressions(ports: ApplyPorts, model: Kustomization) -> None:
    """InvalidExpression, in Flux's words, if a health check cannot be used whatever it is asked of."""
    checks = model.spec.health_check_exprs
    try:
        if checks:
            ports.expressions.health(checks)
    except InvalidExpression as error:
        raise InvalidExpression(f"{MISCONFIGURED}: {error.message}") from error
    except NotEvaluated:
        # The helper was lost: objects of that kind will say so.
        return


def _leave_alone(subject: Subject[Status]) -> Ended:
    """Nothing is done; the status says with which spec it is ready, and that the request was seen."""
    token = annotations_of(subject.obj).get(REQUESTED_AT, "")
    subject.conclude(lambda status: answered(left_alone(status, subject.at()), token))
    return Ended(Outcome(True, f"{subject.ref} is suspended", SUSPENDED))


def _refuse(ports: ApplyPorts, obj: Json, error: PenstockError) -> Ended:
    """Stalled: nothing is tried before the object is another one."""
    subject = Subject(ports, obj, common_status)
    message, token = ports.masker.shown(error.message), annotations_of(obj).get(REQUESTED_AT, "")
    subject.conclude(
        lambda status: answered(terminal_failure(status, error.reason, message, subject.at()), token)
    )
    subject.emit(Severity.ERROR, error.reason, message)
    return Ended(Outcome(False, message, error.reason))


def _start(ports: ApplyPorts, source: Source, obj: Json, model: Kustomization, budget: Budget) -> Run:
    old, unreadable = read(model.status.inventory)
    if unreadable:
        names = ", ".join(unreadable)
        ports.log.warning(
            "dropped inventory entries that name no object", object=str(model.ref), entries=names
        )
    deadline = budget.deadline.sooner(model.spec.timeout_s)
    return Run(
        ports=ports,
        subject=Subject(ports, obj, _status),
        model=model,
        source=source,
        cluster=ports.cluster.within(deadline),
        deadline=deadline,
        budget=budget,
        started=ports.clock.monotonic(),
        attempt=Attempt(
            source.revision,
            origin_revision=source.origin_revision,
            kept_off=source.offer_revision if source.kept_off is not None else "",
        ),
        old=old,
        covered=old,
    )


def _status(obj: Json) -> KustomizationStatus:
    return decode(obj).status


def _reconcile(run: Run, quiet: Quiet, dependencies: Dependencies) -> Ended:
    try:
        _meet(run, dependencies)
        stands = quiet.stands(run)
        if not stands:
            _build_and_apply(run, quiet)
        run.applied = True
        tell_changes(run, run.effects)
        with failing_as(Reason.PRUNE_FAILED):
            held = prune(run)
    except OutOfTime:
        return hand_over(run)
    except StepFailed as failure:
        if run.budget.closing and isinstance(failure.__cause__, Timeout):
            return hand_over(run)
        tell_changes(run, run.pruned)
        return _ENDINGS.get(failure.reason, fail)(run, failure)
    tell_changes(run, run.pruned)
    if held:
        return hold_back(run, held)
    ended = _check_and_succeed(run)
    return (
        replace(ended, baseline=baseline_of(run, quiet.bundles.of(run.source)))
        if ended.outcome.ok and not stands
        else ended
    )


def _check_and_succeed(run: Run) -> Ended:
    """All is applied, and well if it is healthy."""
    try:
        check_health(run)
    except OutOfTime:
        return hand_over(run, told=True)
    except StepFailed as failure:
        if run.budget.closing and isinstance(failure.__cause__, Timeout):
            return hand_over(run, told=True)
        return fail(run, failure)
    return succeed(run)


def _meet(run: Run, dependencies: Dependencies) -> None:
    """StepFailed if the run has to wait for another; without an artifact there is nothing to wait with."""
    if not run.model.spec.depends_on or run.source.artifact is None or run.source.problem:
        return
    with failing_as(Reason.DEPENDENCY_NOT_READY):
        why = dependencies.why_not(run.subject.obj, run.source.offer_revision)
    if why:
        raise StepFailed(Reason.DEPENDENCY_NOT_READY, why)


def _build_and_apply(run: Run, quiet: Quiet) -> None:
    targets = build(run, quiet.bundles.of(run.source), quiet.values)
    with failing_as(Reason.RECONCILIATION_FAILED):
        apply_all(run, targets)
    if run.expected and (run.effects or run.expected != run.attempt.digest):
        run.ports.log.error(
            "a full pass found what quiet looks had missed: was an admission webhook or a default changed?",
            object=str(run.subject.ref),
            changes=len(run.effects),
        )
