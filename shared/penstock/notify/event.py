"""What happened to a Flux object, as a value; its form in the cluster. Pure.

Source: contract C6, Flux's event/v1beta1 (`fluxcd/pkg/apis/event`) and its recorder. The same value becomes
a core/v1 Event and what Alerts receive.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from penstock.api.objects import annotations_of, resource_version, uid
from penstock.api.refs import ObjectRef
from penstock.base.clock import rfc3339
from penstock.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from penstock.api.objects import Json

OBJECT_ANNOTATIONS = "event.toolkit.fluxcd.io/"
"""Annotations of the object with this prefix travel with its events."""
MESSAGE_CHARACTERS = 39_000
"""Flux's limit. (core/v1 takes any length as long as eventTime is not set, and Flux does not set it.)"""
WINDOW_SECONDS = 300
"""Equal events within a window are one event with a count."""
_LONGEST_NAME = 253 - 17
"""Kubernetes takes names of 253; a dot and 16 digits follow."""


class Severity(StrEnum):
    """How much it matters: error becomes a Warning, info and trace Normal; trace never reaches Alerts."""

    INFO = "info"
    ERROR = "error"
    TRACE = "trace"


@dataclass(frozen=True)
class Event:
    """One event. `metadata` has full keys (`<api-group>/revision`), sorted; `controller` is Flux's name for
    who reports, such as `source-controller`."""

    involved: ObjectRef
    uid: str
    resource_version: str
    severity: Severity
    reason: str
    message: str
    controller: str
    at: datetime
    metadata: tuple[tuple[str, str], ...] = ()


class Events(Protocol):
    """The port: where events go."""

    def emit(self, event: Event) -> None:
        """Pass it on; a failure is logged and never raised."""
        ...


def event_about(
    obj: Json,
    severity: Severity,
    reason: str,
    message: str,
    *,
    controller: str,
    at: datetime,
    metadata: Mapping[str, str] | None = None,
) -> Event:
    """The event of an object; metadata keys are short (`revision`) and get the object's API group."""
    involved = ObjectRef.from_object(obj)
    prefix = f"{involved.group}/" if involved.group else ""
    own = {f"{prefix}{key}": value for key, value in (metadata or {}).items()}
    copied = {key: value for key, value in annotations_of(obj).items() if key.startswith(OBJECT_ANNOTATIONS)}
    return Event(
        involved=involved,
        uid=uid(obj),
        resource_version=resource_version(obj),
        severity=severity,
        reason=reason,
        message=printable(message, MESSAGE_CHARACTERS, newlines=True),
        controller=controller,
        at=at,
        metadata=tuple(sorted({**own, **copied}.items())),
    )


def core_event(event: Event) -> Json:
    """The event as a core/v1 Event, counted once, with a name that equal events of the window share."""
    involved, moment = event.involved, rfc3339(event.at)
    namespace = involved.namespace or "default"
    reference = {
        "apiVersion": involved.api_version,
        "kind": involved.kind,
        "name": involved.name,
        "namespace": involved.namespace,
        "uid": event.uid,
        "resourceVersion": event.resource_version,
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": _name(event), "namespace": namespace, "annotations": dict(event.metadata)},
        "involvedObject": {key: value for key, value in reference.items() if value},
        "type": "Warning" if event.severity is Severity.ERROR else "Normal",
        "reason": event.reason,
        "message": event.message,
        "source": {"component": event.controller},
        "reportingComponent": event.controller,
        "reportingInstance": "",
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }


def counted_again(stored: Json, event: Event) -> Json:
    """The merge patch that counts an equal event once more."""
    count = stored.get("count")
    before = count if isinstance(count, int) and count > 0 else 1
    return {"count": before + 1, "lastTimestamp": rfc3339(event.at)}


def _name(event: Event) -> str:
    window = int(event.at.timestamp()) // WINDOW_SECONDS
    parts = (str(window), event.uid, str(event.involved), event.severity, event.reason, event.message)
    same = "\0".join((*parts, *(f"{key}={value}" for key, value in event.metadata)))
    head = event.involved.name[:_LONGEST_NAME].rstrip(".-")
    return f"{head}.{sha256(same.encode()).hexdigest()[:16]}"
