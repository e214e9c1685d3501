"""Events of Flux objects: which are shown, in which order, and how. Pure.

Source: flux2 v2.9 cmd/flux/events.go, which has it from kubectl.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from penstock.api.objects import group_version
from penstock.base.clock import parse_rfc3339
from penstock.client import parts
from penstock.client.ages import since
from penstock.client.kinds import KINDS, kind_called

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json
    from penstock.client.kinds import Kind
    from penstock.client.rows import Row

TYPES = ("Normal", "Warning")
_LONGEST_NUMBER = 32
_FIRST = datetime.min.replace(tzinfo=UTC)
_FLUX = {kind.kind: kind.group for kind in KINDS}


@dataclass(frozen=True)
class About:
    """Whose events: of objects of a kind and a name (empty: any) in a namespace (None: all)."""

    kind: str = ""
    name: str = ""
    namespace: str | None = None

    def concerns(self, event: Json) -> bool:
        """Whether the event is about such an object."""
        involved = parts.mapping(event, "involvedObject")
        return (
            self.kind in ("", parts.text(involved, "kind"))
            and self.name in ("", parts.text(involved, "name"))
            and self.namespace in (None, parts.text(event, "metadata", "namespace"))
        )


def parse_for(text: str) -> tuple[Kind, str]:
    """The kind and the name (empty for all) of `--for Kind/name`; ValueError if it is no kind of Flux's."""
    kind, _, name = text.partition("/")
    found = kind_called(kind)
    if not kind or "/" in name:
        raise ValueError("--for selector must be of format <kind>[/<name>]")
    if found is None:
        raise ValueError(f"'{kind[:64]}' is not a recognized Flux kind")
    return found, name


def source_events(obj: Json) -> About | None:
    """The events of the source that an object names; None if it names none."""
    kind, namespace, name = parts.source(obj)
    return About(kind, name, namespace) if kind and name else None


def is_flux(event: Json) -> bool:
    """Whether it is about a Flux object: other groups have a Provider and a Bucket as well."""
    involved = parts.mapping(event, "involvedObject")
    group, _ = group_version(parts.text(involved, "apiVersion"))
    kind = parts.text(involved, "kind")
    return kind in _FLUX and group in ("", _FLUX[kind])


def shown(events: Iterable[Json], about: Iterable[About], types: Iterable[str]) -> list[Json]:
    """Flux's events that concern one of these and are of one of the types (none: all), oldest first.

    Those of the same second are in the order in which they were written, as the API server counts.
    """
    wanted, kept = tuple(about), {one.lower() for one in types}
    found = [
        event
        for event in events
        if is_flux(event)
        and any(one.concerns(event) for one in wanted)
        and (not kept or parts.text(event, "type").lower() in kept)
    ]
    return sorted(found, key=lambda event: (_moment(event), _written(event)))


def heads(*, namespace: bool) -> Row:
    """The heads of the columns."""
    return (*(("Namespace",) if namespace else ()), "Last seen", "Type", "Reason", "Object", "Message")


def row(event: Json, now: datetime, *, namespace: bool) -> Row:
    """One event's line."""
    involved = parts.mapping(event, "involvedObject")
    place = (parts.text(event, "metadata", "namespace"),) if namespace else ()
    about = f"{parts.text(involved, 'kind')}/{parts.text(involved, 'name')}"
    words = (parts.text(event, "type"), parts.text(event, "reason"), about, parts.text(event, "message"))
    return (*place, last_seen(event, now), *words)


def last_seen(event: Json, now: datetime) -> str:
    """How long ago, and how often if more than once: `10s (x3 over 5m)`."""
    first = since(parts.text(event, "eventTime") or parts.text(event, "firstTimestamp"), now)
    series, count = parts.mapping(event, "series"), parts.part(event, "count")
    if series:
        last, often = since(parts.text(series, "lastObservedTime"), now), parts.text(series, "count")
        return f"{last} (x{often} over {first})"
    if isinstance(count, int) and count > 1:
        return f"{since(parts.text(event, 'lastTimestamp'), now)} (x{count} over {first})"
    return first


def _written(event: Json) -> int:
    version = parts.text(event, "metadata", "resourceVersion")
    return int(version) if version.isdecimal() and len(version) < _LONGEST_NUMBER else 0


def _moment(event: Json) -> datetime:
    for path in (("series", "lastObservedTime"), ("lastTimestamp",), ("eventTime",)):
        try:
            return parse_rfc3339(parts.text(event, *path))
        except ValueError:
            continue
    return _FIRST
