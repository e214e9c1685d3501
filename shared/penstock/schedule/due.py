"""Decides whether a Flux object is due, and why. Pure.

Sources: contract C1 (requests), C5 (observedGeneration stays behind on failures that are retried), C7b
(suspended objects only lose their finalizer); kustomize-controller's and source-controller's requeue rules.
Nothing here raises on a strange object: what cannot be read makes that one object due (threats A-56, A-79).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from penstock.api.meta import FINALIZER, REQUESTED_AT
from penstock.api.objects import annotations_of, deleting, generation, metadata, uid
from penstock.api.rollback import wanted_revision
from penstock.base.clock import parse_rfc3339
from penstock.base.duration import parse_duration

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.api.work import Outcome

_FALLBACK_INTERVAL_S = 600.0
"""Stands in for an interval that is zero or cannot be read."""
_DEPENDENCY_S = 30.0
"""kustomize-controller's --requeue-dependency: the wait for what somebody else has to do first."""
_WAITING = "retrying in 30s"
"""So a Ready condition says that it waits for that; its reason alone also stands for lasting failures."""
_DEPENDENT = "DependencyNotReady"
"""This reason alone says so, too; penstock.kustomize.status.Reason has it."""
_LOST = "Source is not ready, artifact not found"
"""So kustomize-controller says that the bucket does not have what the source's status points to."""
_FIRST_BACKOFF_S = 30.0
_LONGEST_BACKOFF_S = 900.0
"""source-controller retries a failed fetch with a growing delay of at most 15 minutes."""
_LONGEST_PAUSE_S = 3600.0
"""So long a Git server is left alone that asks for it, at most."""
_JITTER = 0.1
"""Intervals are shortened by up to a tenth, so that objects made together drift apart (threats B-33)."""
_CLOCK_SLACK_S = 60.0
"""A check recorded further than this in the future was made under another clock (threats B-29)."""


class Reason(StrEnum):
    """Why an object is due; the text is for the log."""

    DELETED = "being deleted"
    REQUESTED = "requested"
    UNOBSERVED = "spec changed"
    NEW_ARTIFACT = "new artifact"
    INCLUDE_CHANGED = "included artifact changed"
    UNRECORDED = "never checked"
    RETRY = "retry after failure"
    INTERVAL = "interval"


class Checked(Protocol):
    """What is read from the record of the last check; penstock.store.records.Record is one."""

    @property
    def checked_at(self) -> str:
        """When the check ended, RFC 3339."""
        ...

    @property
    def ok(self) -> bool:
        """Whether it went well."""
        ...

    @property
    def failures(self) -> int:
        """Failures in a row, this one included."""
        ...

    @property
    def generation(self) -> int:
        """The object's metadata.generation at the check."""
        ...

    @property
    def pause_s(self) -> float:
        """For how many seconds a Git server asked to be left alone."""
        ...

    @property
    def outcome(self) -> Outcome | None:
        """What came out of it."""
        ...


@dataclass(frozen=True)
class Observed:
    """What decides about one object; spans are in seconds, revisions empty where there are none."""

    uid: str
    kind: str
    deleting: bool
    finalized: bool
    suspended: bool
    requested: bool
    unobserved: bool
    failed: bool
    stalled: bool
    waiting: bool
    failures: int
    checked_at: datetime | None
    interval_s: float
    retry_s: float | None
    pause_s: float
    attempted_revision: str
    artifact_revision: str
    include_changed: bool


def observe(
    obj: Json, record: Checked | None, artifact_revision: str = "", *, include_changed: bool = False
) -> Observed:
    """Reads what decides from an object as the API server gave it, and from the record of its last check.

    `artifact_revision` is the revision that a Kustomization's source offers now; a rollback may want another
    one in its place. `include_changed` is whether a GitRepository was made with other artifacts than those it
    includes now.
    """
    spec, status = _mapping(obj, "spec"), _mapping(obj, "status")
    ready, stalled = _condition(status, "Ready"), _condition(status, "Stalled")
    handled = record is not None and record.generation == generation(obj)
    return Observed(
        uid=uid(obj),
        kind=str(obj.get("kind") or ""),
        deleting=deleting(obj),
        finalized=FINALIZER in _items(metadata(obj).get("finalizers")),
        suspended=spec.get("suspend") is True,
        requested=_requested(obj, status),
        unobserved=status.get("observedGeneration") != generation(obj) and not handled,
        failed=(record is not None and not record.ok) or ready != "True",
        stalled=stalled == "True",
        waiting=_waits(status),
        failures=record.failures if record is not None else 0,
        checked_at=_checked_at(record),
        interval_s=_seconds(spec.get("interval")) or _FALLBACK_INTERVAL_S,
        retry_s=_seconds(spec.get("retryInterval")),
        pause_s=record.pause_s if record is not None else 0.0,
        attempted_revision=_attempted(status, record),
        artifact_revision=wanted_revision(annotations_of(obj), artifact_revision),
        include_changed=include_changed,
    )


def due(observed: Observed, now: datetime) -> Reason | None:
    """Why the object is to be looked at now, or None."""
    if observed.deleting:
        return Reason.DELETED if observed.finalized else None
    if observed.suspended:
        return _to_be_seen(observed)
    if observed.requested:
        return Reason.REQUESTED
    if observed.unobserved:
        return Reason.UNOBSERVED
    return _due_by_source(observed) or _due_by_time(observed, now)


def _due_by_source(observed: Observed) -> Reason | None:
    """Whether what it is made from is another one; a failure that this led to is tried again in its time."""
    if observed.artifact_revision and observed.artifact_revision != observed.attempted_revision:
        return Reason.NEW_ARTIFACT
    return Reason.INCLUDE_CHANGED if observed.include_changed and not observed.failed else None


def _to_be_seen(observed: Observed) -> Reason | None:
    """The status of a suspended object says that a request and a change of its spec were seen, as in Flux."""
    if observed.requested:
        return Reason.REQUESTED
    return Reason.UNOBSERVED if observed.unobserved and not observed.failed else None


def _due_by_time(observed: Observed, now: datetime) -> Reason | None:
    if observed.checked_at is None:
        return Reason.UNRECORDED
    elapsed = (now - observed.checked_at).total_seconds()
    if elapsed < -_CLOCK_SLACK_S:
        return Reason.UNRECORDED
    if elapsed < wait_s(observed):
        return None
    return Reason.RETRY if observed.failed else Reason.INTERVAL


def lost_its_artifact(obj: Json) -> bool:
    """Whether a Kustomization found no artifact where its source's status points: it must be made again."""
    return _condition(_mapping(obj, "status"), "Ready", "message").startswith(_LOST)


def wait_s(observed: Observed) -> float:
    """Seconds that must pass after the last check before time alone makes the object due."""
    if not observed.failed:
        return observed.interval_s * (1 - _JITTER * fraction(observed.uid))
    retry_s = observed.retry_s or observed.interval_s
    if observed.stalled:
        return retry_s
    if observed.waiting:
        return min(retry_s, _DEPENDENCY_S)
    if observed.kind != "GitRepository":
        return retry_s
    return max(min(retry_s, _backoff_s(observed.failures)), min(observed.pause_s, _LONGEST_PAUSE_S))


def _backoff_s(failures: int) -> float:
    return min(_FIRST_BACKOFF_S * 2.0 ** min(max(failures - 1, 0), 10), _LONGEST_BACKOFF_S)


def fraction(text: str) -> float:
    """A number in [0, 1) that is always the same for the same text."""
    return int.from_bytes(sha256(text.encode(errors="replace")).digest()[:4]) / 2**32


def _mapping(obj: Json, key: str) -> Json:
    found = obj.get(key)
    return found if isinstance(found, dict) else {}


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _condition(status: Json, kind: str, field: str = "status") -> str:
    """A field of one condition, empty if the condition is not there."""
    for condition in _items(status.get("conditions")):
        if isinstance(condition, dict) and condition.get("type") == kind:
            return str(condition.get(field) or "")
    return ""


def _waits(status: Json) -> bool:
    """Whether it waits for what somebody else has to do first."""
    message, reason = (_condition(status, "Ready", field) for field in ("message", "reason"))
    included = _condition(status, "IncludeUnavailable") == "True"
    return _WAITING in message or reason == _DEPENDENT or included


def _requested(obj: Json, status: Json) -> bool:
    token = annotations_of(obj).get(REQUESTED_AT)
    return bool(token) and token != status.get("lastHandledReconcileAt")


def _attempted(status: Json, record: Checked | None) -> str:
    """The revision tried last: a failure may come before the status could say so."""
    if record is not None and not record.ok and record.outcome is not None and record.outcome.revision:
        return record.outcome.revision
    return str(status.get("lastAttemptedRevision") or "")


def _checked_at(record: Checked | None) -> datetime | None:
    if record is None:
        return None
    try:
        return parse_rfc3339(record.checked_at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _seconds(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_duration(value)
    except ValueError:
        return None
