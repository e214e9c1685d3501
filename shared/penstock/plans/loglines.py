"""Lines of the functions' logs and of run records, as `flux logs` shows those of controllers. Pure.

Source: flux2 cmd/flux logs.go for the form, the filters and the words of levels.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nlargest
from typing import TYPE_CHECKING, Any

from penstock.base.clock import parse_rfc3339
from penstock.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from penstock.plans.ran import Ran

LEVELS = ("debug", "info", "error")
_LEVELS = {"DEBUG": "debug", "INFO": "info", "WARNING": "info", "ERROR": "error"}
"""Of our severities; controllers of Flux have no level between info and error."""
MOST = 100_000
"""Ours: lines that are shown at once; of more, the newest."""
_LONGEST = 16_384
"""Ours, in characters: what of a message is shown."""
_OWN = {"time", "severity", "message", "object", "error", "trace"}
"""Fields that have a place of their own, or none."""
_SHOWN = ("reason", "revision", "changes", "seconds")


@dataclass(frozen=True)
class Line:
    """One line: when (None: nobody knows), how grave, about which object, and what (went wrong)."""

    at: datetime | None
    level: str
    kind: str
    namespace: str
    name: str
    message: str
    error: str = ""


@dataclass(frozen=True)
class Filter:
    """Which lines are wanted; an empty text wants all. Case does not matter in names, as in Flux."""

    level: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    since: datetime | None = None

    def about(self, kind: str, namespace: str, name: str) -> bool:
        """Whether lines about that object may be wanted."""
        return _is(self.kind, kind) and _is(self.name, name) and _is(self.namespace, namespace)

    def takes(self, line: Line) -> bool:
        """Whether the line is one of them; what has no time is as new as can be."""
        return (
            self.level in {"", line.level}
            and self.about(line.kind, line.namespace, line.name)
            and (self.since is None or line.at is None or line.at >= self.since)
        )


def parse(text: str) -> Line | None:
    """A line of JSON that a function wrote, be it as the platform hands it out; None if it is no such line.

    Cloud Logging gives the fields in `jsonPayload`, a controller of Flux its own names for them.
    """
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    payload = found.get("jsonPayload")
    fields = {**found, **payload} if isinstance(payload, dict) else found
    message = fields.get("message", fields.get("msg"))
    return _line(fields, str(message)) if isinstance(message, str) else None


def from_run(kind: str, namespace: str, name: str, run: Ran) -> Line:
    """What a run record (penstock.store.runs.RunRecord) tells, as a line."""
    told = [run.message, *(f"{change.action} {_plain(change.id)}" for change in run.changes)]
    message = "; ".join(part for part in (*told, f"revision {run.revision}" if run.revision else "") if part)
    return Line(_time(run.ended_at), "info" if run.ok else "error", kind, namespace, name, message)


def newest(lines: Iterable[Line], tail: int = -1) -> list[Line]:
    """The lines in the order of their times, the last `tail` of them (below 0: the last MOST)."""
    most = MOST if tail < 0 else min(tail, MOST)
    return sorted(nlargest(most, lines, key=_moment), key=_moment)


def shown(line: Line) -> str:
    """The line as `flux logs` prints it: time, level, kind/name.namespace, message, error."""
    at = line.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if line.at is not None else "-"
    about = f"{line.kind}/{line.name}.{line.namespace}" if line.name else line.kind
    return printable(f"{at} {line.level} {about} - {line.message} {line.error}", _LONGEST).rstrip()


def _moment(line: Line) -> datetime:
    return line.at or datetime.max.replace(tzinfo=UTC)


def _line(fields: dict[str, Any], message: str) -> Line:
    kind, namespace, name = _about(fields)
    more = " ".join(f"{key}={fields[key]}" for key in _SHOWN if fields.get(key) not in (None, "", 0))
    level = str(fields.get("severity") or fields.get("level") or "info")
    return Line(
        at=_time(str(fields.get("time") or fields.get("timestamp") or fields.get("ts") or "")),
        level=_LEVELS.get(level.upper(), "error" if level.upper() in {"CRITICAL", "ALERT"} else "info"),
        kind=kind,
        namespace=namespace,
        name=name,
        message=f"{message} ({more})" if more else message,
        error=str(fields.get("error") or ""),
    )


def _about(fields: dict[str, Any]) -> tuple[str, str, str]:
    """The object of a line: ours is `Kind/namespace/name`."""
    kind, _, rest = str(fields.get("object") or "").partition("/")
    namespace, mark, name = rest.rpartition("/")
    if kind and mark:
        return kind, namespace, name
    other = str(fields.get("controllerKind") or fields.get("reconciler kind") or kind)
    return other, str(fields.get("namespace") or ""), str(fields.get("name") or "")


def _plain(inventory_id: str) -> str:
    """`Kind/namespace/name` of an inventory id; the id itself if it is none."""
    namespace, first, rest = inventory_id.partition("_")
    parts = rest.rsplit("_", 2)
    if not first or len(parts) != 3:
        return inventory_id
    return "/".join(part for part in (parts[2], namespace, parts[0].replace("__", ":")) if part)


def _time(text: str) -> datetime | None:
    try:
        return parse_rfc3339(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is(wanted: str, found: str) -> bool:
    return not wanted or wanted.lower() == found.lower()


def parsed(texts: Iterable[str]) -> Iterator[Line]:
    """The lines of a log that are ours; what else is in it is passed over."""
    return (line for text in texts if (line := parse(text)) is not None)
