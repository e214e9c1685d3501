"""An outlook as text, in the form of `flux diff`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.kustomize.changes import Action
from penstock.plans.fielddiff import differences
from penstock.plans.fieldtext import report
from penstock.plans.outlook import Outlook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.api.refs import ObjectRef
    from penstock.plans.outlook import Entry

_WORDS = {Action.CREATED: "created", Action.CONFIGURED: "drifted", Action.SKIPPED: "skipped"}
_MOST_NAMED = 10


def text(outlook: Outlook) -> str:
    """A line for each object that would not stay as it is, and what differs; empty if there is none."""
    return "".join(_lines(outlook))


def notes(outlook: Outlook) -> tuple[str, ...]:
    """What else is to be known: what would be held, and what is not as it is in the files."""
    return tuple(_notes(outlook))


def _lines(outlook: Outlook) -> Iterator[str]:
    for entry in outlook.entries:
        if entry.action in _WORDS:
            yield f"► {entry.ref} {_WORDS[entry.action]}{_note(entry)}\n"
        if entry.live is not None and entry.merged is not None:
            yield _fields(entry)
        below = outlook.below.get(entry.ref)
        if isinstance(below, Outlook) and (told := text(below)):
            yield f"📁 {entry.ref} changed\n{told}"
    yield from (f"► {ref} deleted\n" for ref in outlook.deleted)
    yield from (f"► {ref} held: it would be deleted once that is approved\n" for ref in outlook.held)


def _fields(entry: Entry) -> str:
    """The fields that differ; what the API server counts as a difference and nobody sees is said as well."""
    told = report(tuple(differences(entry.live, entry.merged)))
    return told or "\nmetadata\n± whose fields they are\n\n"


def _note(entry: Entry) -> str:
    return f" ({entry.note})" if entry.note else ""


def _notes(outlook: Outlook) -> Iterator[str]:
    if outlook.stopped:
        names = _named(outlook.stopped)
        yield f"held at 0 replicas, whatever the files say, as penstock does their work: {names}"
    if outlook.held:
        yield f"the brake would hold {len(outlook.held)} deletions: {outlook.why_held}"
    if outlook.kept:
        yield f"not in the build any more, and left alone (marked, or no longer ours): {_named(outlook.kept)}"
    for below in outlook.below.values():
        if isinstance(below, Outlook):
            yield from _notes(below)


def _named(refs: tuple[ObjectRef, ...]) -> str:
    more = len(refs) - _MOST_NAMED
    named = ", ".join(map(str, refs[:_MOST_NAMED]))
    return named if more <= 0 else f"{named} and {more} more"
