"""Differences that are meant, each as a rule that stands in docs/migrate.md under the same id. Pure.

A rule knows the path and both values, and looks at the rest of both worlds only where it must.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from bench.differential.causes import OUTCOMES
from bench.differential.compare import ABSENT, THERE, WHOLE
from bench.differential.rules import APPS, APPS_EVENTS, READY, SOURCE, SOURCE_EVENTS, Rule, only_flux
from bench.differential.words import WORDS

if TYPE_CHECKING:
    from bench.differential.compare import Difference
    from bench.differential.normalise import Facts
    from bench.differential.rules import Seen

_ARCHIVE = re.compile(r"(?:.*/)?(gitrepository/[^/]+/[^/]+)/([0-9a-f]{40}|[0-9a-f]{64})\.tar\.gz")
_POINTER = re.compile(r"status\.(?:artifact|includedArtifacts\[\d+\])\.(?:path|url)")
_LEASE = re.compile(r"Lease/penstock-(?:fetch|apply)-gitrepository-(?:fleet|lib)")
_TRACES = (
    "ArtifactUpToDate",
    "GarbageCollectionSucceeded",
    "GitOperationSucceeded",
    "NoArtifact",
    "NotFound",
)
_FINISHED = "Reconciliation finished in <time>, next run in "
_UPDATE = " kustomize.toolkit.fluxcd.io/commit_status=update"
_OWNER = "owner(kustomize-controller Apply)"
_KEYED = re.compile(r"\[(\{[^\]]*\})\]")
_VERSION = re.compile(r"kustomize-v[0-9.]+")
_ZEROES = frozenset({"0", "false", '""', "", "{}", "[]", "null"})


def _artifact_path(found: Difference, _: Seen) -> bool:
    """Content-addressed, where Flux's name is the commit."""
    flux, ours = _ARCHIVE.fullmatch(found.flux), _ARCHIVE.fullmatch(found.penstock)
    if found.object != SOURCE or flux is None or ours is None or flux[1] != ours[1]:
        return False
    return _POINTER.fullmatch(found.path) is not None and len(ours[2]) == 64


def _artifact_root(found: Difference, _: Seen) -> bool:
    """Flux's archives begin with a folder `.`."""
    shown = (found.object, found.path, found.flux, found.penstock)
    return shown == ("artifact", "[.].mode", "folder 0750", ABSENT)


def _submodule_files(found: Difference, _: Seen) -> bool:
    """go-git leaves a file `.git` in the folder of a submodule."""
    named = re.fullmatch(r"\[[^\]]+/\.git\]\.(mode|content)", found.path) is not None
    return found.object == "artifact" and named and found.penstock == ABSENT


def _leases(found: Difference, _: Seen) -> bool:
    only_ours = (found.path, found.flux, found.penstock) == (WHOLE, ABSENT, THERE)
    return only_ours and _LEASE.fullmatch(found.object) is not None


def _traces(found: Difference, _: Seen) -> bool:
    """Events about looks that found nothing new or nothing yet; no Alert gets them."""
    told = tuple(f"Normal {reason}" for reason in _TRACES)
    return found.object == SOURCE_EVENTS and found.path.removesuffix(" metadata") in told


def _finished_at_deletion(found: Difference, _: Seen) -> bool:
    """Flux says of an object that is gone when it runs next."""
    if found.step != "delete" or found.object != APPS_EVENTS:
        return False
    more = only_flux(found)
    if found.path == "Normal ReconciliationSucceeded":
        return len(more) == 1 and more[0].startswith(_FINISHED)
    return found.path == "Normal ReconciliationSucceeded metadata" and all(_UPDATE in line for line in more)


def _deleted_absent(found: Difference, _: Seen) -> bool:
    """Flux names as deleted what was not there."""
    more = only_flux(found)
    told = found.path in {"Normal Progressing", "Normal ReconciliationSucceeded"}
    return (
        found.object == APPS_EVENTS and told and bool(more) and all(one.endswith(" deleted") for one in more)
    )


def _announced(found: Difference, seen: Seen) -> bool:
    """The new revision is named before it is fetched; here, of a fetch that failed."""
    if (
        found.object != SOURCE
        or seen.penstock.get(SOURCE, {}).get("status.conditions.FetchFailed.status") != "True"
    ):
        return False
    if found.path == "status.conditions.Reconciling.message":
        return found.penstock.startswith("building artifact: new upstream revision ")
    return found.flux == ABSENT and found.path.startswith("status.conditions.ArtifactOutdated.")


def _taken_over(found: Difference, _: Seen) -> bool:
    """Flux takes an object over from another Kustomization without a word."""
    told = found.path.removesuffix(" metadata") == "Warning TakenOver"
    return found.object == APPS_EVENTS and told and found.flux == ABSENT


def _force_proven(found: Difference, seen: Seen) -> bool:
    """With force, Flux deletes whatever the API server calls invalid, and then cannot make it anew."""
    gone = (found.path, found.flux, found.penstock) == (WHOLE, ABSENT, THERE)
    kind, _, name = found.object.partition("/")
    told = [world.get(APPS, {}).get(READY, "") for world in (seen.flux, seen.penstock)]
    refused = re.compile(rf"{re.escape(kind)}/(?:\S+/)?{re.escape(name)} dry-run failed \(Invalid\): ")
    return gone and bool(name) and all(refused.match(text) is not None for text in told)


def _zeroes(found: Difference, seen: Seen) -> bool:
    """Go's types leave out what is zero; what a manifest says is ours. The server may show neither."""
    if (found.flux, found.penstock) != (ABSENT, "owned") or not found.path.startswith(_OWNER):
        return False
    facts = seen.penstock.get(found.object, {})
    return facts.get(indexed(found.path.removeprefix(_OWNER), facts), ABSENT) in _ZEROES


def indexed(path: str, facts: Facts) -> str:
    """The path of an owned field as that of its value: items of a list by number, in place of their keys."""
    found = _KEYED.search(path)
    if found is None:
        return path
    head, wanted = path[: found.start()], json.loads(found[1])
    for number in range(len(facts)):
        here = f"{head}[{number}]"
        if all(facts.get(f"{here}.{key}") == str(value) for key, value in wanted.items()):
            return indexed(here + path[found.end() :], facts)
    return path


def _managed_by(found: Difference, _: Seen) -> bool:
    """kustomize's buildMetadata names the version of the program that it was built into."""
    named = found.path == "metadata.labels[app.kubernetes.io/managed-by]"
    return named and all(_VERSION.fullmatch(one) is not None for one in (found.flux, found.penstock))


def _flux_held(found: Difference, seen: Seen) -> bool:
    """Flux's own controllers have 0 replicas here, and it is told."""
    if found.object == APPS_EVENTS:
        told = found.path.removesuffix(" metadata") == "Normal FluxControllersHeld"
        return told and found.flux == ABSENT
    part_of = seen.penstock.get(found.object, {}).get("metadata.labels[app.kubernetes.io/part-of]")
    held = found.object.startswith("Deployment/") and part_of == "flux"
    return held and found.path == "spec.replicas" and found.penstock == "0"


def _ignored_together(found: Difference, _: Seen) -> bool:
    """Of rules without a target Flux takes the last one; nothing else of a world tells that this is one."""
    if found.fleet != "ignored-twice":
        return False
    if found.object == APPS_EVENTS:
        return found.path.removesuffix(" metadata") == "Normal Progressing" and found.penstock == ABSENT
    owned = re.fullmatch(r"(owner\((kustomize-controller Apply|by-hand Update)\))?data\.[ab]", found.path)
    return found.object == "ConfigMap/map" and owned is not None


def _no_polling(found: Difference, seen: Seen) -> bool:
    """Flux polls, and says so each time: here one run has them in order, and who waits says so once."""
    told = found.path.removesuffix(" metadata") == "Normal DependencyNotReady"
    flux, ours = (
        world.get(APPS, {}).get("status.conditions.Ready.reason") for world in (seen.flux, seen.penstock)
    )
    ends_well = flux == ours and ours in {"ReconciliationSucceeded", "DependencyNotReady"}
    return found.object == APPS_EVENTS and told and found.penstock == ABSENT and ends_well


RULES = (
    Rule("artifact-path", _artifact_path),
    Rule("artifact-root", _artifact_root),
    Rule("submodule-files", _submodule_files),
    Rule("leases", _leases),
    Rule("source-traces", _traces),
    Rule("finished-at-deletion", _finished_at_deletion),
    Rule("deleted-absent", _deleted_absent),
    Rule("announced-first", _announced),
    Rule("force-proven", _force_proven),
    Rule("zeroes", _zeroes),
    Rule("managed-by", _managed_by),
    Rule("taken-over", _taken_over),
    Rule("flux-held", _flux_held),
    Rule("no-polling", _no_polling),
    Rule("ignored-together", _ignored_together),
    *WORDS,
    *OUTCOMES,
)


def entry(found: Difference, seen: Seen) -> str:
    """The id of the entry that explains the difference; empty if there is none."""
    return next((rule.id for rule in RULES if rule.holds(found, seen)), "")
