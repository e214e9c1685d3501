"""The lines of `penstock get`: heads and rows of objects, and which objects are shown. Pure.

Source: flux2 v2.9 cmd/flux/get*.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.client import parts
from penstock.client.ages import since
from penstock.client.kinds import KUSTOMIZATION

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.api.objects import Json
    from penstock.client.kinds import Kind

WAITING = "waiting to be reconciled"
Row = tuple[str, ...]


@dataclass(frozen=True)
class View:
    """Which columns there are beside flux's own: namespace (-A), the kind before the name (`get all`), source
    (--show-source); `wide` shows hashes whole, where the content comes from, and the age."""

    namespace: bool = False
    kind: bool = False
    source: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Wanted:
    """A condition that objects must have, or must not: `ready=false`, `ready!=true`; both in any case."""

    condition: str
    status: str
    negated: bool = False

    def holds(self, obj: Json) -> bool:
        """Whether the object is shown."""
        found = [one for one in parts.conditions(obj) if _same(one.get("type"), self.condition)]
        return (bool(found) and _same(found[-1].get("status"), self.status)) is not self.negated


def parse_wanted(text: str) -> Wanted:
    """What a --status-selector says; ValueError if it is none."""
    mark = "!=" if "!=" in text else "="
    condition, found, status = text.partition(mark)
    if not found or not condition:
        raise ValueError(
            f"expected status selector in type=status or type!=status format, but found: {text[:64]}"
        )
    return Wanted(condition, status, mark == "!=")


def heads(kind: Kind, view: View) -> Row:
    """The heads of the columns."""
    named = (*(("Namespace",) if view.namespace else ()), "Name", *(("Source",) if view.source else ()))
    far = ("Source" if kind is KUSTOMIZATION else "URL", "Age") if view.wide else ()
    return (*named, "Revision", "Suspended", "Ready", "Message", *far)


def row(obj: Json, view: View, now: datetime) -> Row:
    """One object's line; `now` is for its age."""
    name = parts.text(obj, "metadata", "name")
    if view.kind:
        name = f"{parts.text(obj, 'kind').lower()}/{name}"
    place = (parts.text(obj, "metadata", "namespace"),) if view.namespace else ()
    source = (parts.from_where(obj),) if view.source else ()
    revision, (ready, message) = parts.revision(obj), _ready(obj)
    suspended = str(parts.suspended(obj))
    if view.wide:
        age = since(parts.text(obj, "metadata", "creationTimestamp"), now)
        return (*place, name, *source, revision, suspended, ready, message, parts.from_where(obj), age)
    return (*place, name, *source, parts.short(revision), suspended, ready, parts.short(message))


def nothing_found(kind: Kind, name: str, place: str) -> str:
    """What a person is told if there is no such object in `place`."""
    if name:
        return f"{kind.kind} object '{name}' not found in {place} namespace"
    return f"no {kind.kind} objects found in {place} namespace"


def _ready(obj: Json) -> tuple[str, str]:
    found = parts.ready(obj)
    return (parts.text(found, "status"), parts.text(found, "message")) if found else ("False", WAITING)


def _same(one: object, other: str) -> bool:
    return str(one).lower() == other.lower()


def deleted(obj: Json) -> Json:
    """The object as a watch shows that it is gone."""
    ready = {"type": "Ready", "status": "Unknown", "message": "deleted"}
    return {**obj, "status": {**parts.mapping(obj, "status"), "conditions": [ready]}}
