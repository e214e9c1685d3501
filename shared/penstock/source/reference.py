"""What spec.ref means: which reference to ask the remote about, and which commit that is. Pure.

Source: contract section 4 and Flux's go-git client: commit wins over name, semver, tag and branch, in this
order, and the branch is master where nothing is named. Tags mean the commit that they lead to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from penstock.api.gitrepository import DEFAULT_BRANCH, GitRepositoryRef
from penstock.base.errors import Terminal, Transient
from penstock.base.text import printable
from penstock.source.refname import is_ref_name, is_short_name
from penstock.source.revision import Revision, is_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

HEADS = "refs/heads/"
TAGS = "refs/tags/"
PEELED = "^{}"
_FAILED = "GitOperationFailed"


class InvalidReference(Terminal):
    """spec.ref names nothing that Git could have."""

    reason = _FAILED


class ReferenceNotFound(Transient):
    """The remote does not have it, at least not now."""

    reason = _FAILED


class Unresolved(ReferenceNotFound):
    """The remote was listed or cloned, but what spec.ref names is not in it."""


class EmptyRepository(Transient):
    """The remote has no reference at all."""

    reason = "EmptyGitRepository"


class Kind(StrEnum):
    """The field of spec.ref that counts."""

    COMMIT = "commit"
    NAME = "name"
    SEMVER = "semver"
    TAG = "tag"
    BRANCH = "branch"


class Semver(Protocol):
    """The highest of versions in a range; penstock.tools.upstream.Upstream is one."""

    def semver(
        self, expression: str, versions: Collection[str], times: Mapping[str, int] | None = None
    ) -> str | None:
        """The version that the range chooses, with the latest of the times (seconds) among equals."""
        ...

    def semver_equals(self, expression: str, versions: Collection[str]) -> tuple[str, ...]:
        """All versions as high as the one that the range chooses; InvalidReference if it is no range."""
        ...


@dataclass(frozen=True)
class Wanted:
    """spec.ref made one value: the kind, its text, the full reference (if one is named outright).

    `revision_name` stands in the revision in front of the commit; semver's is only known later.
    """

    kind: Kind
    value: str
    ref: str = ""
    revision_name: str = ""


@dataclass(frozen=True)
class RemoteRef:
    """A reference that a remote advertises; `peeled` is the commit that an annotated tag leads to."""

    name: str
    hash: str
    peeled: str = ""

    @property
    def commit(self) -> str:
        """The hash of the commit."""
        return self.peeled or self.hash


@dataclass(frozen=True)
class Target:
    """What to fetch: the revision it becomes, and the reference it was found at (empty: by its hash)."""

    revision: Revision
    ref: str


def wanted(ref: GitRepositoryRef | None) -> Wanted:
    """What spec.ref asks for; InvalidReference naming the field if Git can have nothing of that name."""
    spec = ref or GitRepositoryRef()
    if spec.commit:
        return _commit(spec)
    if spec.name:
        if not is_ref_name(spec.name.removesuffix(PEELED)):
            raise _invalid(Kind.NAME, spec.name)
        return Wanted(Kind.NAME, spec.name, spec.name.removesuffix(PEELED), spec.name)
    if spec.semver:
        return Wanted(Kind.SEMVER, spec.semver)
    if spec.tag:
        return _short(Kind.TAG, spec.tag, TAGS)
    return _short(Kind.BRANCH, spec.branch or DEFAULT_BRANCH, HEADS)


def patterns(want: Wanted) -> tuple[str, ...]:
    """The full names of references to ask the remote for; none: all of its tags."""
    return (want.ref, want.ref + PEELED) if want.ref else ()


def concerns(want: Wanted, pushed: str) -> bool:
    """Whether a push to that full reference can change what is wanted."""
    match want.kind:
        case Kind.SEMVER:
            return pushed.startswith(TAGS)
        case Kind.COMMIT:
            return want.ref in {"", pushed}
        case Kind.NAME if want.ref == "HEAD":
            return pushed.startswith(HEADS)
        case Kind.NAME | Kind.TAG | Kind.BRANCH:
            return want.ref == pushed


def resolve(want: Wanted, refs: Iterable[RemoteRef]) -> Target:
    """The commit of a reference that is named outright; ReferenceNotFound if the remote has it not."""
    if want.kind is Kind.COMMIT:
        return Target(Revision(want.revision_name, want.value), want.ref)
    found = next((ref for ref in refs if ref.name == want.ref), None)
    if found is None and want.kind is Kind.NAME:
        raise Unresolved(f"unable to resolve ref '{printable(want.value, 200)}' to a specific commit")
    if found is None:
        raise ReferenceNotFound(f'couldn\'t find remote ref "{printable(want.ref, 200)}"')
    return Target(Revision(want.revision_name, found.commit), found.name)


def candidates(want: Wanted, refs: Iterable[RemoteRef], chooser: Semver) -> tuple[Target, ...]:
    """The tags that stand equally high in a semver range; Unresolved if none is in it."""
    tags = {ref.name.removeprefix(TAGS): ref for ref in refs if ref.name.startswith(TAGS)}
    chosen = chooser.semver_equals(want.value, tags.keys())
    if not chosen:
        raise Unresolved(f"no match found for semver: {printable(want.value, 200)}")
    return tuple(Target(Revision(name, tags[name].commit), tags[name].name) for name in chosen)


def _commit(spec: GitRepositoryRef) -> Wanted:
    commit = spec.commit.lower()
    if not is_hash(commit):
        raise InvalidReference(
            f"spec.ref.commit '{printable(spec.commit, 100)}' is no whole commit hash (40 or 64 hex digits)"
        )
    if spec.branch and not is_short_name(spec.branch):
        raise _invalid(Kind.BRANCH, spec.branch)
    if spec.name and not is_ref_name(spec.name.removesuffix(PEELED)):
        raise _invalid(Kind.NAME, spec.name)
    branch = HEADS + spec.branch if spec.branch else ""
    return Wanted(Kind.COMMIT, commit, branch, spec.name or spec.branch)


def _short(kind: Kind, name: str, prefix: str) -> Wanted:
    if not is_short_name(name):
        raise _invalid(kind, name)
    return Wanted(kind, name, prefix + name, name)


def _invalid(kind: Kind, name: str) -> InvalidReference:
    return InvalidReference(f"spec.ref.{kind} '{printable(name, 100)}' is no valid name of a Git reference")
