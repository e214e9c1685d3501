"""What became of an object run by run: from the run records, or from the little that a status keeps. Pure.

A run record is joined with that of the source which stored its revision, where the commit's author and
subject stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock.base.clock import parse_rfc3339
from penstock.base.duration import format_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from penstock.api.objects import Json
    from penstock.plans.ran import Ran

_SHORT = 8
_ACTIONS = ("created", "configured", "deleted", "gone")


@dataclass(frozen=True)
class Commit:
    """Who made a revision, and the first line of what they said; empty where nobody knows."""

    author: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Entry:
    """One run, or what a status says of several; `seconds` is None where it is not known.

    `counts` are objects by what was done to them, None where it is not known; `run` is the record's id,
    `kept_off` the revision in whose place a rollback had this one.
    """

    run: str
    started_at: str
    revision: str
    ok: bool
    reason: str
    message: str
    seconds: float | None
    counts: Mapping[str, int] | None
    commit: Commit = Commit()
    total: int = 1
    kept_off: str = ""


def commits(runs: Iterable[Ran], wanted: Collection[str]) -> dict[str, Commit]:
    """The commits of the wanted revisions, as far as the run records of their source tell.

    No more of these is read than is needed: each costs a request to the bucket.
    """
    found: dict[str, Commit] = {}
    left, known = set(wanted), iter(runs)
    while left and (run := next(known, None)) is not None:
        if run.ok and run.revision in left and (run.author or run.subject):
            found[run.revision] = Commit(run.author, run.subject)
            left.discard(run.revision)
    return found


def from_runs(runs: Iterable[tuple[str, Ran]], known: Mapping[str, Commit]) -> tuple[Entry, ...]:
    """The history in run records, in their order."""
    return tuple(
        Entry(
            run=name,
            started_at=run.started_at,
            revision=run.revision,
            ok=run.ok,
            reason=run.reason,
            message=run.message,
            seconds=_between(run.started_at, run.ended_at),
            counts=_counted(run),
            commit=Commit(run.author, run.subject) if run.author else known.get(run.revision, Commit()),
            kept_off=run.kept_off,
        )
        for name, run in runs
    )


def from_status(obj: Json) -> tuple[Entry, ...]:
    """The history in a Kustomization's own status (status.history): what Flux keeps, and no more."""
    status = obj.get("status")
    found = status.get("history") if isinstance(status, dict) else None
    return tuple(
        _snapshot(one) for one in (found if isinstance(found, list) else ()) if isinstance(one, dict)
    )


def _snapshot(one: Json) -> Entry:
    reason, meta = str(one.get("lastReconciledStatus") or ""), one.get("metadata")
    return Entry(
        run="",
        started_at=str(one.get("lastReconciled") or ""),
        revision=str((meta if isinstance(meta, dict) else {}).get("revision") or ""),
        ok=reason == "ReconciliationSucceeded",
        reason=reason,
        message="",
        seconds=_span(str(one.get("lastReconciledDuration") or "")),
        counts=None,
        total=int(one.get("totalReconciliations") or 1),
    )


def _span(text: str) -> float | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None


def _between(start: str, end: str) -> float | None:
    try:
        return max(0.0, (parse_rfc3339(end) - parse_rfc3339(start)).total_seconds())
    except ValueError:
        return None


def _counted(run: Ran) -> dict[str, int]:
    counts = {action: sum(change.action == action for change in run.changes) for action in _ACTIONS}
    counts["held"] = len(run.held)
    return {action: count for action, count in counts.items() if count}


HEAD = ("STARTED", "REVISION", "RESULT", "CHANGES", "TOOK", "AUTHOR", "SUBJECT")


def row(entry: Entry) -> tuple[str, ...]:
    """The entry for a table of HEAD."""
    if entry.counts is None:
        changes = f"{entry.total} runs" if entry.total > 1 else "-"
    else:
        changes = ", ".join(f"{count} {action}" for action, count in entry.counts.items()) or "none"
    took = _took(entry.seconds)
    author, subject = entry.commit.author or "-", entry.commit.subject or "-"
    instead = f", in place of {short_revision(entry.kept_off)}" if entry.kept_off else ""
    return (
        _second(entry.started_at),
        short_revision(entry.revision),
        f"{entry.reason}{instead}",
        changes,
        took,
        author,
        subject,
    )


def _took(seconds: float | None) -> str:
    """Milliseconds matter below a second: most runs are as quick as that."""
    return "-" if seconds is None else format_duration(round(seconds, 1 if seconds >= 1 else 3))


def value(entry: Entry) -> dict[str, Any]:
    """The entry for programs."""
    return {
        "run": entry.run or None,
        "startedAt": entry.started_at,
        "seconds": round(entry.seconds, 3) if entry.seconds is not None else None,
        "revision": entry.revision,
        "author": entry.commit.author or None,
        "subject": entry.commit.subject or None,
        "ok": entry.ok,
        "reason": entry.reason,
        "keptOff": entry.kept_off or None,
        "message": entry.message,
        "changes": dict(entry.counts) if entry.counts is not None else None,
        "runs": entry.total,
    }


def short_revision(revision: str) -> str:
    """The revision with a hash of eight digits, as Flux's tables have it."""
    head, mark, digits = revision.rpartition(":")
    known = mark and len(digits) > _SHORT and all(digit in "0123456789abcdef" for digit in digits)
    return f"{head}{mark}{digits[:_SHORT]}" if known else revision or "-"


def _second(at: str) -> str:
    try:
        return f"{parse_rfc3339(at):%Y-%m-%dT%H:%M:%SZ}"
    except ValueError:
        return at or "-"
