"""Which earlier artifact a rollback goes to, of what the run records tell. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal
from penstock.kustomize.status import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.plans.ran import Ran

_SHORTEST_COMMIT = 7
_MOST_NAMED = 10


class NothingToRollBackTo(Terminal):
    """No run record tells of an earlier revision that was applied, or not of the one that was asked for."""

    reason = "NothingToRollBackTo"


@dataclass(frozen=True)
class Candidate:
    """A revision that was applied to its end, the artifact, and when that was last so."""

    revision: str
    artifact: str
    digest: str
    applied_at: str = ""


def candidates(runs: Iterable[Ran]) -> tuple[Candidate, ...]:
    """The revisions that were applied to the end, each once, in the order of `runs`: newest first."""
    found: dict[str, Candidate] = {}
    for run in runs:
        whole = run.ok and run.reason == Reason.SUCCEEDED and run.revision and run.artifact and run.digest
        if whole and run.revision not in found:
            found[run.revision] = Candidate(run.revision, run.artifact, run.digest, run.ended_at)
    return tuple(found.values())


def choose(found: Iterable[Candidate], *, bad: str, current: str = "", to: str = "") -> Candidate:
    """The candidate that is meant: that of the revision or commit `to` (7 digits will do), or the last.

    Never `bad`, the revision that is to be kept off; without `to` nor `current`, the one that a rollback
    which holds already is at. NothingToRollBackTo with those that there are.
    """
    known = [one for one in found if one.revision != bad]
    if to and is_of(bad, to):
        raise NothingToRollBackTo(f"{bad} is what the source offers: it is to be kept off, not gone back to")
    fitting = (
        [one for one in known if is_of(one.revision, to)]
        if to
        else [one for one in known if one.revision != current]
    )
    if len({one.revision for one in fitting}) > 1 and to:
        named = ", ".join(one.revision for one in fitting[:_MOST_NAMED])
        raise NothingToRollBackTo(f"{to} may be any of {named}: give more of it")
    if fitting:
        return fitting[0]
    asked = f"revision {to}" if to else "an earlier revision"
    holds = f"a rollback to {current} holds already, and " if current else ""
    there = ", ".join(one.revision for one in known[:_MOST_NAMED])
    raise NothingToRollBackTo(
        f"{holds}no run record tells that {asked} was applied to its end"
        + (f"; there are {there}" if there else "")
    )


def is_of(revision: str, asked: str) -> bool:
    """Whether a person means that revision: by all of it, by its commit or by the beginning of that."""
    commit = revision.rpartition(":")[2]
    return revision == asked or (len(asked) >= _SHORTEST_COMMIT and commit.startswith(asked))
