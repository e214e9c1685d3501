"""Conditions of an object as values: read, set, removed, in the order in which Flux writes them.

Source: contract C5; fluxcd/pkg runtime/conditions for the order and for when the transition time moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from penstock.api.meta import Condition, ConditionStatus
from penstock.base.clock import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

Conditions: TypeAlias = tuple[Condition, ...]

MESSAGE_LIMIT_BYTES = 32768
"""Kubernetes' own, of a condition (metav1.Condition)."""
_ELLIPSIS = "..."


class ConditionType(StrEnum):
    """The conditions that penstock writes; the first three decide what clients see (kstatus)."""

    STALLED = "Stalled"
    RECONCILING = "Reconciling"
    READY = "Ready"
    HEALTHY = "Healthy"
    ARTIFACT_IN_STORAGE = "ArtifactInStorage"
    ARTIFACT_OUTDATED = "ArtifactOutdated"
    FETCH_FAILED = "FetchFailed"
    INCLUDE_UNAVAILABLE = "IncludeUnavailable"
    SOURCE_VERIFIED = "SourceVerified"
    STORAGE_OPERATION_FAILED = "StorageOperationFailed"


_FIRST = {ConditionType.STALLED: 0, ConditionType.RECONCILING: 1, ConditionType.READY: 2}


@dataclass(frozen=True)
class At:
    """When and on which metadata.generation something was observed."""

    generation: int
    now: datetime


def get(conditions: Conditions, kind: str) -> Condition | None:
    """The condition of that type, if there is one."""
    return next((found for found in conditions if found.type == kind), None)


def has_status(conditions: Conditions, kind: str, status: ConditionStatus) -> bool:
    """Whether the condition is there and has that status."""
    found = get(conditions, kind)
    return found is not None and found.status is status


def remove(conditions: Conditions, *kinds: str) -> Conditions:
    """The conditions without those types."""
    return tuple(found for found in conditions if found.type not in kinds)


def put(
    conditions: Conditions, kind: str, status: ConditionStatus, reason: str, message: str, at: At
) -> Conditions:
    """The conditions with this one set.

    The generation is always taken over; the transition time only moves when status, reason or message do.
    """
    new = Condition(
        type=str(kind),
        status=status,
        reason=reason,
        message=trim(message),
        last_transition_time=rfc3339(at.now),
        observed_generation=at.generation,
    )
    old = get(conditions, kind)
    if old is not None and _state(old) == _state(new):
        new = msgspec.structs.replace(new, last_transition_time=old.last_transition_time)
    return tuple(sorted((*remove(conditions, kind), new), key=_order))


def trim(message: str, limit: int = MESSAGE_LIMIT_BYTES) -> str:
    """The message within `limit` bytes of UTF-8, with an ellipsis where it was cut."""
    data = message.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode()
    return data[: limit - len(_ELLIPSIS)].decode("utf-8", "ignore") + _ELLIPSIS


def _state(condition: Condition) -> tuple[str, str, str]:
    return (condition.status, condition.reason, condition.message)


def _order(condition: Condition) -> tuple[int, int, str]:
    """Stalled, Reconciling, Ready, then what was observed last, then by name."""
    first = _FIRST.get(condition.type)  # type: ignore[call-overload]
    return (
        (first, 0, "") if first is not None else (len(_FIRST), -condition.observed_generation, condition.type)
    )
