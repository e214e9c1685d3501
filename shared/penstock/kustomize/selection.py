"""Which Kustomizations of a source are looked at, and why. Pure.

Beside what the schedule knows (penstock.schedule.due): under the source's claim nobody else is at work, so a
run that the status still announces was cut off; an artifact that was lost may have been made again; a kind
that was missing may have come; what variables come from may have changed; and a person may have approved
deletions that were held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.meta import APPROVE_ANNOTATION
from penstock.api.objects import annotations_of, deleting, metadata
from penstock.api.refs import ObjectRef
from penstock.api.rollback import wanted_revision
from penstock.base.clock import parse_rfc3339
from penstock.kustomize.status import Reason
from penstock.schedule.due import due, lost_its_artifact, observe

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.api.objects import Json
    from penstock.schedule.due import Checked

CUT_OFF = "a run was cut off"
MADE_AGAIN = "artifact made again"
KIND_CAME = "a kind that was missing is there"
VALUES_CHANGED = "what its variables come from has changed"
_SOURCE_GROUP = "source.toolkit.fluxcd.io"


def source_of(obj: Json) -> ObjectRef:
    """The source that a Kustomization names, read from an object of any shape; parts may be empty."""
    wanted = _mapping(_mapping(obj, "spec"), "sourceRef")
    kind, name, namespace = (str(wanted.get(key) or "") for key in ("kind", "name", "namespace"))
    own = str(metadata(obj).get("namespace") or "")
    return ObjectRef(_SOURCE_GROUP, "v1", kind, namespace or own, name)


def why_due(
    obj: Json,
    record: Checked | None,
    artifact_revision: str,
    now: datetime,
    *,
    made_at: str = "",
    kind_came: bool = False,
    values_changed: bool = False,
) -> str:
    """Why the Kustomization is to be looked at by whoever holds its source's claim; empty if it is not.

    `made_at` (RFC 3339) is when the source's artifact was made, if that is known; `kind_came`: the cluster
    has a kind now that it lacked at the last look; `values_changed`: a watched ConfigMap or Secret is another
    than it was then (penstock.kustomize.watched).
    """
    found = due(observe(obj, record, artifact_revision), now)
    if found is not None:
        return str(found)
    if deleting(obj) or suspended(obj):
        return ""
    if condition(obj, "Reconciling")[:2] == ("True", Reason.PROGRESSING):
        return CUT_OFF
    if kind_came or values_changed:
        return KIND_CAME if kind_came else VALUES_CHANGED
    if lost_its_artifact(obj) and record is not None and not _is_before(made_at, record.checked_at):
        return MADE_AGAIN
    wanted = wanted_revision(annotations_of(obj), artifact_revision)
    approved = bool(wanted) and annotations_of(obj).get(APPROVE_ANNOTATION) == wanted
    held = condition(obj, "Stalled")[:2] == ("True", Reason.PRUNE_FAILED)
    return "deletions approved" if approved and held else ""


def _is_before(made_at: str, checked_at: str) -> bool:
    """Whether the one time is before the other; so it is taken to be if one of them is none."""
    try:
        return parse_rfc3339(made_at) < parse_rfc3339(checked_at)
    except ValueError:
        return True


def suspended(obj: Json) -> bool:
    """Whether the object asks to be left alone."""
    return _mapping(obj, "spec").get("suspend") is True


def condition(obj: Json, kind: str) -> tuple[str, str, str]:
    """Status, reason and message of a condition; empty where it is missing."""
    found = _mapping(obj, "status").get("conditions")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and one.get("type") == kind:
            status, reason, message = (str(one.get(key) or "") for key in ("status", "reason", "message"))
            return status, reason, message
    return "", "", ""


def _mapping(obj: Json, key: str) -> Json:
    found = obj.get(key)
    return found if isinstance(found, dict) else {}
