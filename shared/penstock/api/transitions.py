"""The four steps a status takes: progressing, retryable failure, terminal failure, success.

Source: contract C5 and C2. Reconciling and Stalled never stand together, and status.observedGeneration
advances only when the outcome is final.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from penstock.api.conditions import At, Conditions, ConditionType, get, has_status, put, remove
from penstock.api.meta import ConditionStatus, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

S = TypeVar("S", bound=Status)

PROGRESSING = "Progressing"
PROGRESSING_WITH_RETRY = "ProgressingWithRetry"
SUCCEEDED = "Succeeded"

# The conditions of a source that are only there while something is wrong with it.
SOURCE_PROBLEMS = (
    ConditionType.FETCH_FAILED,
    ConditionType.STORAGE_OPERATION_FAILED,
    ConditionType.INCLUDE_UNAVAILABLE,
    ConditionType.ARTIFACT_OUTDATED,
)


def progressing(
    status: S, message: str, at: At, *, drift: bool = True, ready_message: str | None = None
) -> S:
    """A run is at work: `message` says at what.

    Ready becomes Unknown, with `ready_message` if given. A source whose `drift` is not known yet keeps the
    Ready it has: what it serves is still good.
    """
    found = remove(status.conditions, ConditionType.STALLED)
    found = put(found, ConditionType.RECONCILING, ConditionStatus.TRUE, PROGRESSING, message, at)
    ready = get(found, ConditionType.READY)
    if drift or ready is None or ready.status is ConditionStatus.UNKNOWN:
        text = message if ready_message is None else ready_message
        found = put(found, ConditionType.READY, ConditionStatus.UNKNOWN, PROGRESSING, text, at)
    return _with(status, found)


def retryable_failure(
    status: S,
    reason: str,
    message: str,
    at: At,
    *,
    problem: ConditionType | None = None,
    progress: str = "",
) -> S:
    """It failed and will be tried again. Sources name the `problem`, a condition that then says the same.

    `progress` says how far it got; empty if it did not even begin: then Reconciling stays as it is.
    """
    found = _failed(status.conditions, reason, message, at, problem)
    found = remove(found, ConditionType.STALLED)
    before = get(found, ConditionType.RECONCILING)
    text = progress or (before.message if before is not None else "")
    if before is not None or progress:
        found = put(found, ConditionType.RECONCILING, ConditionStatus.TRUE, PROGRESSING_WITH_RETRY, text, at)
    return _with(status, found)


def terminal_failure(
    status: S, reason: str, message: str, at: At, *, problem: ConditionType | None = None
) -> S:
    """It failed and will fail again until its input changes; this generation is settled."""
    found = _failed(status.conditions, reason, message, at, problem)
    found = remove(found, ConditionType.RECONCILING)
    found = put(found, ConditionType.STALLED, ConditionStatus.TRUE, reason, message, at)
    return _settled(status, found, at)


def success(
    status: S,
    reason: str,
    message: str,
    at: At,
    *,
    holds: Iterable[ConditionType] = (),
    ends: Iterable[ConditionType] = SOURCE_PROBLEMS,
) -> S:
    """It is done; this generation is settled.

    `holds`: further conditions that are now true with the same words; `ends`: those that are over.
    """
    found = remove(status.conditions, ConditionType.RECONCILING, ConditionType.STALLED, *ends)
    for kind in (*holds, ConditionType.READY):
        found = put(found, kind, ConditionStatus.TRUE, reason, message, at)
    return _settled(status, found, at)


def left_alone(status: S, at: At, *, said_again: bool = False) -> S:
    """The object is suspended: if it is ready, it is so with the spec that it has now.

    Whoever waits for it to be current (kstatus) would wait for ever otherwise. Sources say it again in Ready.
    """
    ready = get(status.conditions, ConditionType.READY)
    if ready is None or ready.status is not ConditionStatus.TRUE:
        return status
    found = remove(status.conditions, ConditionType.RECONCILING)
    if said_again:
        found = put(found, ConditionType.READY, ready.status, ready.reason, ready.message, at)
    return _settled(status, found, at)


def answered(status: S, token: str) -> S:
    """The request `token` was worked on (C1): only for the last patch of a run. Empty changes nothing."""
    return msgspec.structs.replace(status, last_handled_reconcile_at=token) if token else status


def is_ready(status: Status) -> bool:
    """Whether Ready is True."""
    return has_status(status.conditions, ConditionType.READY, ConditionStatus.TRUE)


def _failed(
    conditions: Conditions, reason: str, message: str, at: At, problem: ConditionType | None
) -> Conditions:
    found = conditions
    if problem is not None:
        others = (kind for kind in SOURCE_PROBLEMS if kind not in {problem, ConditionType.ARTIFACT_OUTDATED})
        found = put(remove(found, *others), problem, ConditionStatus.TRUE, reason, message, at)
    return put(found, ConditionType.READY, ConditionStatus.FALSE, reason, message, at)


def _settled(status: S, conditions: Conditions, at: At) -> S:
    return msgspec.structs.replace(status, conditions=conditions, observed_generation=at.generation)


def _with(status: S, conditions: Conditions) -> S:
    return msgspec.structs.replace(status, conditions=conditions)
