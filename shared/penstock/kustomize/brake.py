"""The brake on deletion: a build that lost too much deletes nothing until a person approves. Pure.

Source: architecture decision 9; threats A-53, B-26, B-27; promise C-9. Deleting the Kustomization itself is
never held.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from penstock.api.meta import APPROVE_ANNOTATION
from penstock.kustomize.inventory import difference
from penstock.kustomize.kinds import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.api.refs import ObjectRef
    from penstock.kustomize.inventory import Refs

_MOST_NAMED = 10


@dataclass(frozen=True)
class Brake:
    """From where on deletions are held: more than `objects` and more than `fraction` of what was applied.

    A fraction of 1 switches that off, for empty builds as well. Deletions of `kinds` (`Kind`, or
    `Kind.group`) are always held.
    """

    objects: int = 20
    fraction: float = 0.5
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """The deletions that have to wait, and why; nothing of either if all may go ahead."""

    refs: Refs = ()
    why: str = ""


def hold(
    brake: Brake,
    deletions: Sequence[ObjectRef],
    *,
    applied: int | None,
    built: int,
    revision: str,
    annotations: Mapping[str, str],
) -> Held:
    """Which of the deletions are held at this revision, and why.

    `deletions` are those that would really happen, `built` is how many objects the build gives, `applied` how
    many there were when all was as the source had it (None: nobody knows, then any share is too large).
    """
    if not deletions or annotations.get(APPROVE_ANNOTATION) == revision:
        return Held()
    if why := _too_many(brake, len(deletions), applied, built):
        return Held(tuple(deletions), why)
    if held := _always_held(brake, deletions):
        return Held(held, f"{_counted(held)} would be deleted, which is always held")
    return Held()


def message(held: Held, owner: ObjectRef, revision: str) -> str:
    """What is held and how to let it go ahead, in the form of commands to copy."""
    annotation = quote(f"{APPROVE_ANNOTATION}={revision}")
    ours = f"penstock approve {owner.name} -n {owner.namespace}"
    kubectl = f"kubectl -n {owner.namespace} annotate --overwrite kustomization {owner.name} {annotation}"
    return (
        f"deletion held at revision {revision}: {held.why}. Held: {_named(held.refs)}. "
        f"If that is meant, approve it for this revision: `{ours}`, or `{kubectl}`; "
        "otherwise repair the source"
    )


def by_kind(refs: Iterable[ObjectRef]) -> tuple[tuple[str, int], ...]:
    """How many there are of each kind, the most frequent first."""
    counts = Counter(ref.kind for ref in refs)
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _too_many(brake: Brake, deletions: int, applied: int | None, built: int) -> str:
    """Why so many deletions are held, or empty."""
    if brake.fraction >= 1:
        return ""
    if not built:
        return f"the build is empty and would delete all {deletions} objects"
    if deletions <= brake.objects:
        return ""
    if applied is None:
        return f"the build would delete {deletions} objects, and it is not known how many there were"
    if deletions <= brake.fraction * applied:
        return ""
    return f"the build would delete {deletions} of {max(applied, deletions)} objects"


def _always_held(brake: Brake, deletions: Sequence[ObjectRef]) -> Refs:
    """Objects of the kinds that are always held, and what would take one of these along."""
    held = [ref for ref in deletions if named(ref, brake.kinds)]
    containers = [ref for ref in difference(deletions, held) if any(_contains(ref, one) for one in held)]
    wanted = {*held, *containers}
    return tuple(ref for ref in deletions if ref in wanted)


def _contains(ref: ObjectRef, inner: ObjectRef) -> bool:
    """Whether deleting the one deletes the other: a Namespace, or (its group tells enough) a CRD."""
    if (ref.group, ref.kind) == ("", "Namespace"):
        return inner.namespace == ref.name
    definition = (ref.group, ref.kind) == ("apiextensions.k8s.io", "CustomResourceDefinition")
    return definition and ref.name.partition(".")[2] == inner.group


def _counted(refs: Iterable[ObjectRef]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in by_kind(refs))


def _named(refs: Sequence[ObjectRef]) -> str:
    more = len(refs) - _MOST_NAMED
    named = ", ".join(str(ref) for ref in refs[:_MOST_NAMED])
    if more <= 0:
        return named
    return f"{named} and {more} more ({_counted(refs)} in all)"
