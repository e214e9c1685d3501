"""Rules about the words of a failure, in the condition and in the event. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bench.differential.compare import ABSENT
from bench.differential.rules import APPS, READY, SOURCE, SOURCE_EVENTS, Rule, about_failure

if TYPE_CHECKING:
    from bench.differential.compare import Difference
    from bench.differential.rules import Seen

_LINKS = re.compile(r"evalsymlink failure on '([^']*)' : lstat \1:")
_NO_PATH = re.compile(r"kustomization path not found: stat (.*): no such file or directory")
_GIT = re.compile(r"failed to checkout and determine revision: unable to (?:list remote for|clone) '[^']*': ")
_COPY = re.compile(r"failed to copy '[^']*' include from \S* to \S*: ")
_HIDDEN = re.compile(r" ?(?:\(content not shown\)|an inline patch).*", re.DOTALL)
_ADVICE = re.compile(r"; Flux has removed that version: [^\n]*")
_CIRCLE = re.compile(r": spec\.dependsOn goes round in a circle, [^:]+: take one of them out")
_FILE = re.compile(r"[\w./-]+/kustomization\.ya?ml: ")


def _last_newline(found: Difference, _: Seen) -> bool:
    """Flux puts its change lines below a failure, and leaves the line break where there are none."""
    return about_failure(found) and found.flux == f"{found.penstock}\n"


def _file_named(found: Difference, _: Seen) -> bool:
    """The file at fault is named in front."""
    ours = found.penstock.removesuffix(found.flux)
    return about_failure(found) and found.flux != ABSENT and _FILE.fullmatch(ours) is not None


def _old_versions(found: Difference, _: Seen) -> bool:
    """Of a version that Flux has removed it is said where it stands, and what to write."""
    ours = _ADVICE.sub("", found.penstock)
    stood = ours != found.penstock and found.flux.removesuffix("\n") in ours.splitlines()
    return about_failure(found) and stood


def _all_bad(found: Difference, _: Seen) -> bool:
    """Flux stops at the first bad object."""
    ours, flux = found.penstock.splitlines(), found.flux.removesuffix("\n")
    return about_failure(found) and len(ours) > 1 and any(one == flux or _hidden(one, flux) for one in ours)


def _secret_values(found: Difference, _: Seen) -> bool:
    """The API server's words about a Secret may quote it."""
    return about_failure(found) and _hidden(found.penstock, found.flux)


def _hidden(ours: str, flux: str) -> bool:
    """Whether both are about the same Secret, and ours keeps the server's words to itself."""
    about = ours.partition(": ")[0]
    both = about.startswith("Secret/") and flux.startswith(f"{about}: ")
    return both and ours.endswith("details may quote the Secret")


def _values(found: Difference, _: Seen) -> bool:
    """What kustomize quotes of a manifest is left out, and what comes after it."""
    shown = _HIDDEN.sub("", found.penstock)
    return about_failure(found) and shown != found.penstock and found.flux.startswith(shown)


def _links(found: Difference, _: Seen) -> bool:
    """A tree in memory has no links to follow."""
    return about_failure(found) and _LINKS.sub(r"stat \1:", found.flux) == found.penstock


def _no_path(found: Difference, _: Seen) -> bool:
    flux = _NO_PATH.fullmatch(found.flux)
    ours = (
        found.penstock == f'kustomization path not found: the artifact has no folder "{flux[1]}"'
        if flux
        else False
    )
    return about_failure(found) and ours


def _remote(found: Difference, _: Seen) -> bool:
    return about_failure(found) and "remote bases and resources are refused" in found.penstock


def _git_words(found: Difference, _: Seen) -> bool:
    """After the same beginning, git's words in place of go-git's."""
    at = found.path in {READY, "status.conditions.FetchFailed.message"} and found.object == SOURCE
    at = at or (found.object, found.path) == (SOURCE_EVENTS, "Warning GitOperationFailed")
    flux, ours = _GIT.match(found.flux), _GIT.match(found.penstock)
    return at and flux is not None and ours is not None and flux[0] == ours[0]


def _dependency_told(found: Difference, _: Seen) -> bool:
    """What to do about a dependency that is missing, and where dependencies go round in a circle."""
    if (found.object, found.path) != (APPS, READY) or not found.penstock.startswith(found.flux):
        return False
    more = found.penstock.removeprefix(found.flux)
    remedy = more == ": create it, or take it out of spec.dependsOn"
    return found.flux.startswith("dependency '") and (remedy or _CIRCLE.fullmatch(more) is not None)


def _include_words(found: Difference, _: Seen) -> bool:
    """After the same beginning, what is wrong with an include, in place of the system's words."""
    at = found.path in {READY, "status.conditions.StorageOperationFailed.message"} and found.object == SOURCE
    at = at or (found.object, found.path) == (SOURCE_EVENTS, "Warning CopyFailure")
    flux, ours = _COPY.match(found.flux), _COPY.match(found.penstock)
    return at and flux is not None and ours is not None and flux[0] == ours[0]


WORDS = (
    Rule("last-newline", _last_newline),
    Rule("file-named", _file_named),
    Rule("old-versions", _old_versions),
    Rule("all-bad-at-once", _all_bad),
    Rule("secret-values", _secret_values),
    Rule("values", _values),
    Rule("no-links", _links),
    Rule("missing-path", _no_path),
    Rule("remote-bases", _remote),
    Rule("git-words", _git_words),
    Rule("dependency-told", _dependency_told),
    Rule("include-words", _include_words),
)
