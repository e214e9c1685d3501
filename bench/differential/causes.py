"""Rules about runs that end otherwise than Flux's, on purpose, and about what follows from that. Pure.

The cause is told from the message that says so; what follows is what a run writes, now and in the history.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.differential.compare import ABSENT, THERE, WHOLE
from bench.differential.rules import APPS, APPS_EVENTS, READY, Rule

if TYPE_CHECKING:
    from bench.differential.compare import Difference
    from bench.differential.normalise import World
    from bench.differential.rules import Seen

_PARTIAL = "partial-inventory"
_APPLIED = "Applied revision: "
_KEPT = 5
"""Entries of a history."""
_CONSEQUENCES = re.compile(
    r"status\.(?:conditions\.(?:Ready|Reconciling|Stalled)\.\w+|history\[0\]\.lastReconciledStatus"
    r"|inventory(?:\[.*\])?|lastAppliedRevision|observedGeneration)"
)
_AT_DELETION = re.compile(r"Normal (?:Build|Reconciliation)Failed(?: metadata)?")
_TOLD = re.compile(
    r"(?:Normal (?:Progressing|ReconciliationSucceeded)"
    r"|Warning (?:ReconciliationFailed|BuildFailed|PruneFailed))(?: metadata)?"
)
_OLD = re.compile(r"status\.history\[[1-4]\]\.lastReconciledStatus")


@dataclass(frozen=True)
class Cause:
    """An entry about another outcome: `flux` or `penstock` is what the message of Ready then has in it."""

    id: str
    flux: str = ""
    penstock: str = ""
    history: bool = False
    """Whether Flux's history has a build that penstock has not made."""
    unapplied: bool = False
    """Whether Flux leaves an object as it was that penstock has changed."""

    def stands(self, seen: Seen) -> bool:
        """Whether this step ended otherwise because of it."""
        return self.flux in _ready(seen.flux) and self.penstock in _ready(seen.penstock)

    def holds(self, found: Difference, seen: Seen) -> bool:
        """Whether the difference follows from it."""
        stands = self.stands(seen)
        if self.history and (stands or self.id in seen.earlier) and _in_history(found):
            return _is_shifted(seen)
        if stands:
            return _follows(found) or (self.unapplied and _in_data(found))
        return self.id in seen.earlier and _follows_later(found)


CAUSES = (
    Cause("brake", flux=_APPLIED, penstock="deletion held at revision "),
    Cause("numeric-names", flux=_APPLIED, penstock="metadata.name is no text"),
    Cause("unknown-kinds", flux="no matches for kind ", penstock="no matches for kind "),
    Cause("server-fields", flux="uid mismatch: the provided object specified uid ", penstock=_APPLIED),
    Cause(
        "numeric-annotations",
        flux="failed to create typed patch object",
        penstock="metadata.annotations has a value that is no text",
    ),
    Cause(
        "ignored-given-up",
        flux="replace operation does not apply: doc is missing key: ",
        penstock=_APPLIED,
        unapplied=True,
    ),
    Cause(
        "nameless",
        flux=_APPLIED,
        penstock="failed to decode Kubernetes apiVersion, kind and name from object ",
        history=True,
    ),
)


def _partial(found: Difference, seen: Seen) -> bool:
    """What a failed apply had applied already is in the inventory, and is deleted with the Kustomization."""
    if found.object == APPS and found.path.startswith("status.inventory"):
        return found.flux == ABSENT and _is_partial(seen)
    if _PARTIAL not in seen.earlier or not found.step.startswith("delete"):
        return False
    if found.object == APPS_EVENTS:
        return found.flux == ABSENT and found.path.startswith("Normal ReconciliationFailed")
    gone = (found.path, found.flux, found.penstock) == (WHOLE, THERE, ABSENT)
    ends = found.object.startswith("Namespace/") and found.path in {
        "metadata.deletionTimestamp",
        "status.phase",
    }
    return gone or (ends and found.flux != "Terminating")


def _is_partial(seen: Seen) -> bool:
    """Whether both failed, and only penstock knows of what was applied."""
    worlds = (seen.flux, seen.penstock)
    failed = all(world.get(APPS, {}).get("status.conditions.Ready.status") == "False" for world in worlds)
    return failed and ["status.inventory" in world.get(APPS, {}) for world in worlds] == [False, True]


def standing(seen: Seen) -> frozenset[str]:
    """The causes that hold at this step or did before."""
    partial = {_PARTIAL} if _is_partial(seen) else set[str]()
    return seen.earlier | partial | {cause.id for cause in CAUSES if cause.stands(seen)}


def _ready(world: World) -> str:
    return world.get(APPS, {}).get(READY, "")


def _in_history(found: Difference) -> bool:
    return found.object == APPS and found.path.startswith("status.history[")


def _is_shifted(seen: Seen) -> bool:
    """Whether penstock's history is Flux's without some of its entries; the oldest may stand longer in it."""
    flux, ours = (_revisions(world) for world in (seen.flux, seen.penstock))
    common = [revision for revision in ours if revision in flux]
    left = iter(flux)
    older = ours[: len(common)] == common and len(flux) == _KEPT
    return all(revision in left for revision in common) and (older or common == ours)


def _revisions(world: World) -> list[str]:
    """The revisions of the history, the newest first."""
    facts = world.get(APPS, {})
    paths = (f"status.history[{index}].metadata.revision" for index in range(_KEPT))
    return [facts[path] for path in paths if path in facts]


def _in_data(found: Difference) -> bool:
    return found.object.startswith("ConfigMap/") and found.path.startswith("data.")


def _follows(found: Difference) -> bool:
    """What is otherwise where a run ends otherwise: outcome, what it applied, what it tells."""
    if found.object == APPS:
        return _CONSEQUENCES.fullmatch(found.path) is not None or _OLD.fullmatch(found.path) is not None
    if found.object == APPS_EVENTS:
        return _TOLD.fullmatch(found.path) is not None
    more = (found.path, found.flux, found.penstock) == (WHOLE, ABSENT, THERE)
    return more and found.object.startswith("ConfigMap/")


def _follows_later(found: Difference) -> bool:
    """What is left of that at later steps: the history, and what is done only then."""
    if found.object == APPS:
        return _OLD.fullmatch(found.path) is not None
    deleted = found.step == "delete" and _AT_DELETION.fullmatch(found.path) is not None
    return found.object == APPS_EVENTS and (deleted or found.path == "Normal Progressing")


OUTCOMES = (Rule(_PARTIAL, _partial), *(Rule(cause.id, cause.holds) for cause in CAUSES))
