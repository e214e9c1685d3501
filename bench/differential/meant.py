"""Differences that are meant, each as a rule that stands in docs/migrate.md under the same id. Pure.

Most rules know the path and both values and nothing else. Where penstock ends otherwise than Flux on purpose,
the cause is told from the message that says so, and a rule covers what follows, now and in the history.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.differential.compare import ABSENT, THERE, WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.differential.compare import Difference
    from bench.differential.normalise import Facts, World

APPS, SOURCE = "Kustomization/apps", "GitRepository/fleet"
APPS_EVENTS, SOURCE_EVENTS = f"events of {APPS}", f"events of {SOURCE}"
_READY = "status.conditions.Ready.message"
_ARCHIVE = re.compile(r"(?:.*/)?(gitrepository/[^/]+/[^/]+)/([0-9a-f]{40}|[0-9a-f]{64})\.tar\.gz")
_LEASE = re.compile(r"Lease/penstock-(?:fetch|apply)-gitrepository-fleet")
_TRACES = ("ArtifactUpToDate", "GarbageCollectionSucceeded", "GitOperationSucceeded")
_FINISHED = "Reconciliation finished in <time>, next run in "
_UPDATE = " kustomize.toolkit.fluxcd.io/commit_status=update"
_LINKS = re.compile(r"evalsymlink failure on '([^']*)' : lstat \1:")
_NO_PATH = re.compile(r"kustomization path not found: stat (.*): no such file or directory")
_GIT = re.compile(r"failed to checkout and determine revision: unable to (?:list remote for|clone) '[^']*': ")
_HIDDEN = re.compile(r" ?(?:\(content not shown\)|an inline patch).*", re.DOTALL)
_FILE = re.compile(r"[\w./-]+/kustomization\.ya?ml: ")
_PARTIAL = "partial-inventory"
_OWNER = "owner(kustomize-controller Apply)"
_KEYED = re.compile(r"\[(\{[^\]]*\})\]")
_VERSION = re.compile(r"kustomize-v[0-9.]+")
_ZEROES = frozenset({"0", "false", '""', "", "{}", "[]", "null"})
_CONSEQUENCES = re.compile(
    r"status\.(?:conditions\.(?:Ready|Reconciling|Stalled)\.\w+|history\[0\]\.lastReconciledStatus"
    r"|inventory(?:\[.*\])?|lastAppliedRevision|observedGeneration)"
)
_OLD = re.compile(r"status\.history\[[1-4]\]\.lastReconciledStatus")


@dataclass(frozen=True)
class Seen:
    """Both worlds after a step, and the ids of the causes that held at steps before it."""

    flux: World
    penstock: World
    earlier: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rule:
    """An entry of docs/migrate.md: `holds` says whether a difference is this one."""

    id: str
    holds: Callable[[Difference, Seen], bool]


@dataclass(frozen=True)
class Cause:
    """An entry about another outcome: `flux` or `penstock` is what the message of Ready then has in it."""

    id: str
    flux: str = ""
    penstock: str = ""

    def stands(self, seen: Seen) -> bool:
        """Whether this step ended otherwise because of it."""
        return self.flux in _ready(seen.flux) and self.penstock in _ready(seen.penstock)

    def holds(self, found: Difference, seen: Seen) -> bool:
        """Whether the difference follows from it."""
        if self.stands(seen):
            return _follows(found)
        return self.id in seen.earlier and _follows_later(found)


CAUSES = (
    Cause("brake", penstock="deletion held at revision "),
    Cause("numeric-names", penstock="metadata.name is no text"),
    Cause("server-fields", flux="uid mismatch: the provided object specified uid "),
)


def _artifact_path(found: Difference, _: Seen) -> bool:
    """Content-addressed, where Flux's name is the commit."""
    flux, ours = _ARCHIVE.fullmatch(found.flux), _ARCHIVE.fullmatch(found.penstock)
    if found.object != SOURCE or flux is None or ours is None or flux[1] != ours[1]:
        return False
    return found.path in {"status.artifact.path", "status.artifact.url"} and len(ours[2]) == 64


def _artifact_root(found: Difference, _: Seen) -> bool:
    """Flux's archives begin with a folder `.`."""
    shown = (found.object, found.path, found.flux, found.penstock)
    return shown == ("artifact", "[.].mode", "folder 0750", ABSENT)


def _leases(found: Difference, _: Seen) -> bool:
    only_ours = (found.path, found.flux, found.penstock) == (WHOLE, ABSENT, THERE)
    return only_ours and _LEASE.fullmatch(found.object) is not None


def _traces(found: Difference, _: Seen) -> bool:
    """Events about looks that found nothing new; no Alert gets them."""
    told = tuple(f"Normal {reason}" for reason in _TRACES)
    return found.object == SOURCE_EVENTS and found.path.removesuffix(" metadata") in told


def _finished_at_deletion(found: Difference, _: Seen) -> bool:
    """Flux says of an object that is gone when it runs next."""
    if found.step != "delete" or found.object != APPS_EVENTS:
        return False
    more = _more(found)
    if found.path == "Normal ReconciliationSucceeded":
        return len(more) == 1 and more[0].startswith(_FINISHED)
    return found.path == "Normal ReconciliationSucceeded metadata" and all(_UPDATE in line for line in more)


def _deleted_absent(found: Difference, _: Seen) -> bool:
    """Flux names as deleted what was not there."""
    more = _more(found)
    told = found.path in {"Normal Progressing", "Normal ReconciliationSucceeded"}
    return (
        found.object == APPS_EVENTS and told and bool(more) and all(one.endswith(" deleted") for one in more)
    )


def _last_newline(found: Difference, _: Seen) -> bool:
    """Flux puts its change lines below a failure, and leaves the line break where there are none."""
    return _failure(found) and found.flux == f"{found.penstock}\n"


def _file_named(found: Difference, _: Seen) -> bool:
    """The file at fault is named in front."""
    ours = found.penstock.removesuffix(found.flux)
    return _failure(found) and found.flux != ABSENT and _FILE.fullmatch(ours) is not None


def _all_bad(found: Difference, _: Seen) -> bool:
    """Flux stops at the first bad object."""
    ours = found.penstock.splitlines()
    return _failure(found) and len(ours) > 1 and found.flux.removesuffix("\n") in ours


def _secret_values(found: Difference, _: Seen) -> bool:
    """The API server's words about a Secret may quote it."""
    about = found.penstock.partition(": ")[0]
    both = about.startswith("Secret/") and found.flux.startswith(f"{about}: ")
    return _failure(found) and both and found.penstock.endswith("details may quote the Secret")


def _values(found: Difference, _: Seen) -> bool:
    """What kustomize quotes of a manifest is left out, and what comes after it."""
    shown = _HIDDEN.sub("", found.penstock)
    return _failure(found) and shown != found.penstock and found.flux.startswith(shown)


def _links(found: Difference, _: Seen) -> bool:
    """A tree in memory has no links to follow."""
    return _failure(found) and _LINKS.sub(r"stat \1:", found.flux) == found.penstock


def _no_path(found: Difference, _: Seen) -> bool:
    flux = _NO_PATH.fullmatch(found.flux)
    ours = (
        found.penstock == f'kustomization path not found: the artifact has no folder "{flux[1]}"'
        if flux
        else False
    )
    return _failure(found) and ours


def _remote(found: Difference, _: Seen) -> bool:
    return _failure(found) and "remote bases and resources are refused" in found.penstock


def _git_words(found: Difference, _: Seen) -> bool:
    """After the same beginning, git's words in place of go-git's."""
    at = found.path in {_READY, "status.conditions.FetchFailed.message"} and found.object == SOURCE
    at = at or (found.object, found.path) == (SOURCE_EVENTS, "Warning GitOperationFailed")
    flux, ours = _GIT.match(found.flux), _GIT.match(found.penstock)
    return at and flux is not None and ours is not None and flux[0] == ours[0]


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


def _partial(found: Difference, seen: Seen) -> bool:
    """What a failed apply had applied already is in the inventory, and is deleted with the Kustomization."""
    if found.object == APPS and found.path.startswith("status.inventory"):
        return found.flux == ABSENT and _is_partial(seen)
    if _PARTIAL not in seen.earlier or not found.step.startswith("delete"):
        return False
    if found.object == APPS_EVENTS:
        return found.flux == ABSENT and found.path.startswith("Normal ReconciliationFailed")
    gone = (found.path, found.flux, found.penstock) == (WHOLE, THERE, ABSENT)
    return gone or (
        found.path in {"metadata.deletionTimestamp", "status.phase"} and found.flux != "Terminating"
    )


def _is_partial(seen: Seen) -> bool:
    """Whether both failed, and only penstock knows of what was applied."""
    worlds = (seen.flux, seen.penstock)
    failed = all(world.get(APPS, {}).get("status.conditions.Ready.status") == "False" for world in worlds)
    return failed and ["status.inventory" in world.get(APPS, {}) for world in worlds] == [False, True]


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


def _ready(world: World) -> str:
    return world.get(APPS, {}).get(_READY, "")


def _failure(found: Difference) -> bool:
    """Whether it is about the words of a failed run, in the condition or in the event."""
    if found.object == APPS:
        return found.path == _READY
    reasons = ("ReconciliationFailed", "BuildFailed", "ArtifactFailed")
    return found.object == APPS_EVENTS and found.path in {f"Warning {reason}" for reason in reasons}


def _follows(found: Difference) -> bool:
    """What is otherwise where a run ends otherwise: outcome, what it applied, what it tells."""
    if found.object == APPS:
        return _CONSEQUENCES.fullmatch(found.path) is not None or _OLD.fullmatch(found.path) is not None
    if found.object == APPS_EVENTS:
        return True
    return found.path == WHOLE and found.object.startswith("ConfigMap/")


def _follows_later(found: Difference) -> bool:
    """What is left of that at later steps: the history, and what is done only then."""
    if found.object == APPS:
        return _OLD.fullmatch(found.path) is not None
    return found.object == APPS_EVENTS and found.path == "Normal Progressing"


def _more(found: Difference) -> list[str]:
    """The lines that only Flux has, if penstock has no other ones; nothing otherwise."""
    flux, ours = found.flux.splitlines(), found.penstock.splitlines()
    return [line for line in flux if line not in ours] if set(ours) <= set(flux) else []


RULES = (
    Rule("artifact-path", _artifact_path),
    Rule("artifact-root", _artifact_root),
    Rule("leases", _leases),
    Rule("source-traces", _traces),
    Rule("finished-at-deletion", _finished_at_deletion),
    Rule("deleted-absent", _deleted_absent),
    Rule("last-newline", _last_newline),
    Rule("file-named", _file_named),
    Rule("all-bad-at-once", _all_bad),
    Rule("secret-values", _secret_values),
    Rule("values", _values),
    Rule("no-links", _links),
    Rule("missing-path", _no_path),
    Rule("remote-bases", _remote),
    Rule("git-words", _git_words),
    Rule("announced-first", _announced),
    Rule(_PARTIAL, _partial),
    Rule("zeroes", _zeroes),
    Rule("managed-by", _managed_by),
    *(Rule(cause.id, cause.holds) for cause in CAUSES),
)


def entry(found: Difference, seen: Seen) -> str:
    """The id of the entry that explains the difference; empty if there is none."""
    return next((rule.id for rule in RULES if rule.holds(found, seen)), "")


def standing(seen: Seen) -> frozenset[str]:
    """The causes that hold at this step or did before."""
    partial = {_PARTIAL} if _is_partial(seen) else set[str]()
    return seen.earlier | partial | {cause.id for cause in CAUSES if cause.stands(seen)}
