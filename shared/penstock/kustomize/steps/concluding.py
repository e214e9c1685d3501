"""How a run ends: its last status, its events, its outcome.

Source: kustomize-controller Reconcile, finalizeStatus and event; contract C1, C5, C6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.transitions import answered, terminal_failure
from penstock.api.work import HANDED_OVER, Outcome
from penstock.base.duration import format_duration
from penstock.kustomize.changes import lines
from penstock.kustomize.handover import does_not_fit, goes_on
from penstock.kustomize.status import (
    Attempt,
    Reason,
    failed,
    handed_over,
    held,
    progress_of,
    settled,
    succeeded,
    waiting,
    waits_already,
)
from penstock.kustomize.steps.rolling import tell_of_rollback
from penstock.kustomize.steps.run import Ended, StepFailed
from penstock.kustomize.steps.source import check_current
from penstock.notify.event import Severity
from penstock.store.records import Applied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from penstock.api.kustomization import KustomizationStatus
    from penstock.kustomize.changes import Change
    from penstock.kustomize.steps.run import Run

_MESSAGE_CHARACTERS = 20_000
_WAITS = "Dependencies do not meet ready condition, retrying in 30s"
"""Flux's event, which says no more than that."""
MISCONFIGURED = "Reconciliation failed terminally due to configuration error"


def tell_changes(run: Run, changes: Iterable[Change]) -> None:
    """The event with the change lines, if there are any."""
    if text := lines(changes):
        run.tell(Severity.INFO, Reason.PROGRESSING, text)


def succeed(run: Run) -> Ended:
    """Everything is as the source has it. A status that says so already is left as it is."""
    if not _said(run):
        _conclude(
            run,
            lambda status: succeeded(status, run.done, run.inventory, run.subject.at(), health=run.health),
        )
        tell_of_rollback(run)
    spent, interval = format_duration(run.elapsed_s), format_duration(run.model.spec.interval_s)
    finished = f"Reconciliation finished in {spent}, next run in {interval}"
    run.tell(Severity.INFO, Reason.SUCCEEDED, finished, commit_status="update")
    return _ended(run, True, run.attempt.applied, Reason.SUCCEEDED)


def hold_back(run: Run, why: str) -> Ended:
    """Everything is applied, and deletions wait for approval."""
    why = _clean(run, f"{why}{run.attempt.rollback}")
    _conclude(run, lambda status: held(status, run.done, why, run.inventory, run.subject.at()))
    run.tell(Severity.ERROR, Reason.PRUNE_FAILED, why)
    return _ended(run, False, why, Reason.PRUNE_FAILED)


def hand_over(run: Run, *, told: bool = False) -> Ended:
    """The function's time is over: another run goes on where this one ends, unless that would have no end.

    What was written is in the inventory since before it was, and stays there. `told`: so are the changes.
    """
    spent = run.spent
    if not told:
        tell_changes(run, run.pruned if run.applied else run.effects)
    if not spent.fits:
        why = does_not_fit(spent, run.budget.seconds)
        return fail(run, StepFailed(Reason.RECONCILIATION_FAILED, why))
    message = goes_on(spent)
    if run.announced:
        check_current(run.ports, run.source)
        run.subject.conclude(lambda status: handed_over(status, message, run.subject.at()))
    changes = tuple(str(change) for change in run.effects)
    outcome = Outcome(True, message, HANDED_OVER, run.source.revision, changes)
    return Ended(outcome, run.source.artifact, run.attempt.digest, changes=run.effects)


def fail(run: Run, failure: StepFailed) -> Ended:
    """The run failed: what it may have left in the cluster stays in the inventory."""
    message = _clean(run, f"{failure.message}{run.attempt.rollback}")
    if not run.applied and run.effects:
        message += "\n" + lines(run.effects)
    # As in Flux, a revision counts as attempted once there are manifests to try.
    attempt = Attempt("") if failure.reason is Reason.ARTIFACT_FAILED else run.done
    inventory = run.inventory if run.announced or run.applied or run.touched else None
    progress = progress_of(failure.reason, run.source.revision, run.model.spec.timeout_s)
    _conclude(
        run,
        lambda status: failed(
            status,
            attempt,
            failure.reason,
            message,
            run.subject.at(),
            inventory,
            progress=progress,
            unhealthy=_clean(run, failure.unhealthy),
        ),
    )
    if not failure.quiet:
        run.tell(Severity.ERROR, failure.reason, message)
    return _ended(run, False, message, failure.reason)


def wait(run: Run, failure: StepFailed) -> Ended:
    """The run waits for another Kustomization: told once for each reason, and to whoever asked for it."""
    why = _clean(run, failure.message)
    known = waits_already(run.subject.status, why) and not _asked_for(run)
    _conclude(run, lambda status: waiting(status, why, run.subject.at()))
    if not known:
        run.tell(Severity.INFO, Reason.DEPENDENCY_NOT_READY, _WAITS)
    return _ended(run, False, why, Reason.DEPENDENCY_NOT_READY)


def stall(run: Run, failure: StepFailed) -> Ended:
    """The spec has to change first."""
    message = _clean(run, f"{MISCONFIGURED}: {failure.message}")
    _conclude(run, lambda status: terminal_failure(status, failure.reason, message, run.subject.at()))
    run.tell(Severity.ERROR, failure.reason, message)
    return _ended(run, False, message, failure.reason)


def _said(run: Run) -> bool:
    """Whether the status says all of it already, the answer to the last request included."""
    status, at = run.subject.status, run.subject.at()
    return not _asked_for(run) and settled(
        status, run.attempt, at.generation, run.inventory, checked=bool(run.health)
    )


def _asked_for(run: Run) -> bool:
    """Whether somebody waits for the answer to a request."""
    token = run.model.metadata.requested_at
    return bool(token) and run.subject.status.last_handled_reconcile_at != token


def _conclude(run: Run, change: Callable[[KustomizationStatus], KustomizationStatus]) -> None:
    """Write the last status, unless the source has moved on: then it is another run's to write."""
    check_current(run.ports, run.source)
    token = run.model.metadata.requested_at
    run.subject.conclude(lambda status: answered(change(status), token))


def _clean(run: Run, message: str) -> str:
    return run.ports.masker.shown(message, _MESSAGE_CHARACTERS)


def _ended(run: Run, ok: bool, message: str, reason: Reason) -> Ended:
    artifact, changes = run.source.artifact, run.effects
    outcome = Outcome(ok, message, str(reason), run.source.revision, tuple(map(str, changes)))
    applied = _applied(run) if ok else None
    parked = tuple(ref for ref, _ in run.parked)
    return Ended(outcome, artifact, run.attempt.digest, applied, changes, run.held, run.gone, parked=parked)


def _applied(run: Run) -> Applied:
    artifact = run.source.offered()
    return Applied(artifact.revision, artifact.path, artifact.digest, len(run.inventory))
