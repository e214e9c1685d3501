"""The status that follows from a run of a Kustomization. Pure.

Source: kustomize-controller reconcile (messages, reasons, when each field is set) and fluxcd/pkg apis/meta
history.go; contract C1, C5. Every function gives a new status; what is written is its difference (api/patch).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec.structs import replace

from penstock.api.conditions import ConditionType, get, has_status, put, remove
from penstock.api.kustomization import HISTORY_SIZE
from penstock.api.meta import ConditionStatus, Snapshot
from penstock.api.transitions import (
    SUCCEEDED,
    progressing,
    retryable_failure,
    success,
    terminal_failure,
)
from penstock.base.clock import parse_rfc3339, rfc3339
from penstock.base.duration import format_duration
from penstock.kustomize.handover import was_handed_over
from penstock.kustomize.inventory import lists, to_status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from penstock.api.conditions import At
    from penstock.api.kustomization import KustomizationStatus
    from penstock.api.refs import ObjectRef


class Reason(StrEnum):
    """The reasons of the Ready condition, as kustomize-controller gives them."""

    SUCCEEDED = "ReconciliationSucceeded"
    ARTIFACT_FAILED = "ArtifactFailed"
    BUILD_FAILED = "BuildFailed"
    RECONCILIATION_FAILED = "ReconciliationFailed"
    PRUNE_FAILED = "PruneFailed"
    HEALTH_CHECK_FAILED = "HealthCheckFailed"
    HEALTH_CHECK_CANCELED = "HealthCheckCanceled"
    PROGRESSING = "Progressing"
    DEPENDENCY_NOT_READY = "DependencyNotReady"
    INVALID_EXPRESSION = "InvalidCELExpression"


_ROLLED_BACK = "; rolled back: "
_OVER = (ConditionType.RECONCILING, ConditionType.STALLED)
"""Conditions that are not there after a success."""


@dataclass(frozen=True)
class Attempt:
    """What was tried: the revision, and the digest of what it builds to (empty if it did not build).

    `kept_off` is the revision that the source offers, if a rollback has this one in its place.
    """

    revision: str
    digest: str = ""
    duration_s: float = 0.0
    origin_revision: str = ""
    kept_off: str = ""

    @property
    def applied(self) -> str:
        """The message of a success: Flux's words, and what a rollback has to do with it."""
        return f"Applied revision: {self.revision}{self.rollback}"

    @property
    def rollback(self) -> str:
        """What is added to a message while a rollback holds; else empty."""
        return (
            f"{_ROLLED_BACK}{self.kept_off} is kept off until a newer revision comes" if self.kept_off else ""
        )


def progress_of(reason: Reason, revision: str, timeout_s: float) -> str:
    """Flux's words for the step that a run is at, or ended in for that reason; empty without a revision."""
    doing = {
        Reason.ARTIFACT_FAILED: "Fetching manifests",
        Reason.BUILD_FAILED: "Building manifests",
        Reason.HEALTH_CHECK_FAILED: "Running health checks",
        Reason.HEALTH_CHECK_CANCELED: "Running health checks",
    }.get(reason, "Detecting drift")
    return (
        f"{doing} for revision {revision} with a timeout of {format_duration(timeout_s)}" if revision else ""
    )


def intended(
    status: KustomizationStatus, attempt: Attempt, inventory: Sequence[ObjectRef], timeout_s: float, at: At
) -> KustomizationStatus:
    """Before the first effect: the run is announced, `inventory` covers everything it may leave behind."""
    message = progress_of(Reason.PROGRESSING, attempt.revision, timeout_s)
    status = progressing(status, message, at, ready_message="Reconciliation in progress")
    return replace(_with_inventory(status, inventory), last_attempted_revision=attempt.revision)


def handed_over(status: KustomizationStatus, message: str, at: At) -> KustomizationStatus:
    """The run had no time for all of it, and the next one goes on: nothing has failed."""
    return progressing(status, message, at, ready_message="Reconciliation in progress")


def checking(
    status: KustomizationStatus,
    attempt: Attempt,
    inventory: Sequence[ObjectRef],
    timeout_s: float,
    at: At,
    *,
    anew: bool,
) -> KustomizationStatus:
    """Everything is applied and pruned, and its health is waited for.

    Since when, the transition time of Healthy says; `anew` begins that time.
    """
    message = progress_of(Reason.HEALTH_CHECK_FAILED, attempt.revision, timeout_s)
    status = progressing(status, message, at, ready_message="Reconciliation in progress")
    found = remove(status.conditions, ConditionType.HEALTHY) if anew else status.conditions
    found = put(found, ConditionType.HEALTHY, ConditionStatus.UNKNOWN, Reason.PROGRESSING, message, at)
    status = replace(_with_inventory(status, inventory), conditions=found)
    return replace(status, last_attempted_revision=attempt.revision)


def waited_since(status: KustomizationStatus, attempt: Attempt, timeout_s: float) -> datetime | None:
    """Since when the run before this one, which handed over, has waited for the health of this revision."""
    healthy = get(status.conditions, ConditionType.HEALTHY)
    reconciling = get(status.conditions, ConditionType.RECONCILING)
    if healthy is None or reconciling is None or not was_handed_over(reconciling.message):
        return None
    message = progress_of(Reason.HEALTH_CHECK_FAILED, attempt.revision, timeout_s)
    if (healthy.status, healthy.message) != (ConditionStatus.UNKNOWN, message):
        return None
    return parse_rfc3339(healthy.last_transition_time)


def canceled(
    status: KustomizationStatus, attempt: Attempt, trigger: ObjectRef, timeout_s: float, at: At
) -> KustomizationStatus:
    """The health of this revision is not waited for any longer, as the next look has begun."""
    progress = progress_of(Reason.HEALTH_CHECK_CANCELED, attempt.revision, timeout_s)
    message = f"New reconciliation triggered by {trigger}"
    return retryable_failure(status, Reason.HEALTH_CHECK_CANCELED, message, at, progress=progress)


def succeeded(
    status: KustomizationStatus,
    attempt: Attempt,
    inventory: Sequence[ObjectRef],
    at: At,
    *,
    health: str = "",
) -> KustomizationStatus:
    """Everything is applied and pruned, and healthy if that was checked: then `health` says so."""
    status = success(
        status, Reason.SUCCEEDED, attempt.applied, at, ends=() if health else (ConditionType.HEALTHY,)
    )
    if health:
        healthy = put(status.conditions, ConditionType.HEALTHY, ConditionStatus.TRUE, SUCCEEDED, health, at)
        status = replace(status, conditions=healthy)
    status = _with_history(_with_inventory(status, inventory), attempt, Reason.SUCCEEDED, at)
    return replace(
        status,
        last_attempted_revision=attempt.revision,
        last_applied_revision=attempt.revision,
        last_applied_origin_revision=attempt.origin_revision,
    )


def failed(
    status: KustomizationStatus,
    attempt: Attempt,
    reason: Reason,
    message: str,
    at: At,
    inventory: Sequence[ObjectRef] | None = None,
    *,
    progress: str = "",
    unhealthy: str = "",
) -> KustomizationStatus:
    """The run failed and is tried again at the retry interval.

    An attempt without a revision never got as far as the manifests. `inventory` is given once something may
    have been written. `progress` is empty where there was no artifact to begin with. `unhealthy` is what the
    health checks found, if that was it.
    """
    status = retryable_failure(status, reason, message, at, progress=progress)
    if unhealthy:
        found = put(status.conditions, ConditionType.HEALTHY, ConditionStatus.FALSE, reason, unhealthy, at)
        status = replace(status, conditions=found)
    if attempt.digest:
        status = _with_history(status, attempt, reason, at)
    if inventory is not None:
        status = _with_inventory(status, inventory)
    revision = attempt.revision or status.last_attempted_revision
    return replace(status, last_attempted_revision=revision)


def waiting(status: KustomizationStatus, message: str, at: At) -> KustomizationStatus:
    """The run has to wait for another Kustomization: nothing was tried."""
    return retryable_failure(status, Reason.DEPENDENCY_NOT_READY, message, at)


def waits_already(status: KustomizationStatus, message: str) -> bool:
    """Whether the status says already that it waits, and for what."""
    ready = get(status.conditions, ConditionType.READY)
    said = (ConditionStatus.FALSE, Reason.DEPENDENCY_NOT_READY, message)
    return ready is not None and (ready.status, ready.reason, ready.message) == said


def held(
    status: KustomizationStatus, attempt: Attempt, message: str, inventory: Sequence[ObjectRef], at: At
) -> KustomizationStatus:
    """Everything is applied, and the brake holds the deletions (architecture decision 9)."""
    status = terminal_failure(status, Reason.PRUNE_FAILED, message, at)
    status = _with_history(_with_inventory(status, inventory), attempt, Reason.PRUNE_FAILED, at)
    return replace(status, last_attempted_revision=attempt.revision)


def settled(
    status: KustomizationStatus,
    attempt: Attempt,
    generation: int,
    inventory: Sequence[ObjectRef],
    *,
    checked: bool = False,
) -> bool:
    """Whether the status says already that this attempt succeeded, so that nothing need be written.

    `checked`: that health was looked at as well.
    """
    return (
        at_rest(status)
        and checked == (get(status.conditions, ConditionType.HEALTHY) is not None)
        and status.observed_generation == generation
        and status.last_applied_revision == attempt.revision == status.last_attempted_revision
        and status.last_applied_origin_revision == attempt.origin_revision
        and _tells(status, attempt)
        and bool(status.history)
        and (status.history[0].digest, status.history[0].last_reconciled_status)
        == (attempt.digest, Reason.SUCCEEDED)
        and lists(status.inventory, inventory)
    )


def _tells(status: KustomizationStatus, attempt: Attempt) -> bool:
    """Whether the status says of a rollback what is to be said, be it nothing."""
    ready = get(status.conditions, ConditionType.READY)
    if ready is None or attempt.kept_off:
        return ready is not None and ready.message == attempt.applied
    return _ROLLED_BACK not in ready.message


def at_rest(status: KustomizationStatus) -> bool:
    """Whether the last run succeeded, and none is under way."""
    healthy = get(status.conditions, ConditionType.HEALTHY)
    return (
        has_status(status.conditions, ConditionType.READY, ConditionStatus.TRUE)
        and not any(get(status.conditions, kind) for kind in _OVER)
        and (healthy is None or healthy.status is ConditionStatus.TRUE)
    )


def _with_inventory(status: KustomizationStatus, inventory: Sequence[ObjectRef]) -> KustomizationStatus:
    return replace(status, inventory=to_status(inventory))


def _with_history(
    status: KustomizationStatus, attempt: Attempt, reason: Reason, at: At
) -> KustomizationStatus:
    """The history with this attempt in front; equal ends of equal builds share an entry."""
    same = [s for s in status.history if (s.digest, s.last_reconciled_status) == (attempt.digest, reason)]
    others = tuple(snapshot for snapshot in status.history if snapshot not in same)
    metadata = {"revision": attempt.revision}
    if attempt.origin_revision:
        metadata["originRevision"] = attempt.origin_revision
    now = rfc3339(at.now)
    newest = Snapshot(
        digest=attempt.digest,
        first_reconciled=same[0].first_reconciled if same else now,
        last_reconciled=now,
        last_reconciled_duration=format_duration(attempt.duration_s),
        last_reconciled_status=str(reason),
        total_reconciliations=same[0].total_reconciliations + 1 if same else 1,
        metadata=metadata,
    )
    return replace(status, history=(newest, *others)[:HISTORY_SIZE])
