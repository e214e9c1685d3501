"""What a run deleted, and what is to be brought back of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from penstock.api.objects import annotations_of, deleting, metadata
from penstock.base.errors import Terminal
from penstock.kustomize.inventory import object_id, parse_id
from penstock.kustomize.order import sort_key
from penstock.kustomize.owner import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.inventory import Refs
    from penstock.kustomize.scope import Target

_SHORTEST_COMMIT = 7


class Named(Protocol):
    """An object by its inventory id and version; penstock.store.runs.RunChange is one."""

    @property
    def id(self) -> str:
        """The inventory id."""
        ...

    @property
    def version(self) -> str:
        """The API version without the group."""
        ...


class Deleting(Protocol):
    """A run that deleted; penstock.store.runs.RunRecord is one."""

    @property
    def revision(self) -> str:
        """What it worked with."""
        ...

    @property
    def before(self) -> object:
        """What was applied before it."""
        ...


R = TypeVar("R", bound=Deleting)


class NothingDeleted(Terminal):
    """No run record tells of a deletion, or not the one that was asked for."""

    reason = "NothingDeleted"


class Fate(StrEnum):
    """What becomes of an object that a run deleted."""

    CREATE = "create"
    """It is brought back."""
    THERE = "already there"
    """An object of that name exists: it is left alone."""
    ENDING = "still being deleted"
    """It has to be gone before it can come back."""
    MISSING = "not in the artifact"
    """What was applied before does not have it, or does not build to it any more."""


@dataclass(frozen=True)
class Item:
    """A deleted object, what becomes of it, and what is applied to bring it back."""

    ref: ObjectRef
    fate: Fate
    obj: Json | None = None


def choose(runs: Iterable[tuple[str, R]], *, run: str = "", revision: str = "") -> tuple[tuple[str, R], ...]:
    """The runs whose deletions are meant, of those that deleted (the newest first).

    That of the id `run`, those at the revision (or at its commit, of which 7 digits will do), or the newest
    and those that went before it on the same way from one revision to the next. NothingDeleted if there are
    none.
    """
    found = tuple(runs)
    if run:
        chosen = tuple(one for one in found if one[0] == run)
    elif revision:
        chosen = tuple(one for one in found if _is_of(one[1].revision, revision))
    else:
        chosen = tuple(one for one in found if _same_way(one[1], found[0][1]))
    if not chosen:
        known = ", ".join(name for name, _ in found[:5])
        asked = f" of {run or revision}" if run or revision else ""
        raise NothingDeleted(
            f"no run record{asked} tells of a deletion" + (f"; there are {known}" if known else "")
        )
    return chosen


def refs_of(changes: Iterable[Named]) -> Refs:
    """The objects of changes; ids that name none are left out."""
    found: list[ObjectRef] = []
    for change in changes:
        try:
            found.append(parse_id(change.id, change.version))
        except ValueError:
            continue
    return tuple(found)


def sort_out(
    wanted: Sequence[ObjectRef], built: Sequence[Target], live: Mapping[ObjectRef, Json]
) -> tuple[Item, ...]:
    """What becomes of each wanted object, in the order of applying. `live` are those that exist."""
    made = {object_id(target.ref): target for target in built}
    items = (_item(ref, made.get(object_id(ref)), live.get(ref)) for ref in wanted)
    return tuple(sorted(items, key=lambda item: sort_key(item.ref)))


def kept(obj: Json) -> Json:
    """The object with the mark that keeps Kustomizations from deleting it.

    Once Git has it again it is applied without the mark, by the same manager, and so the mark goes.
    """
    key, _, value = Mark.PRUNE_DISABLED.partition("=")
    return {**obj, "metadata": {**metadata(obj), "annotations": {**annotations_of(obj), key: value}}}


def _item(ref: ObjectRef, target: Target | None, live: Json | None) -> Item:
    if live is not None:
        return Item(ref, Fate.ENDING if deleting(live) else Fate.THERE)
    if target is None:
        return Item(ref, Fate.MISSING)
    return Item(target.ref, Fate.CREATE, kept(target.obj))


def _is_of(revision: str, asked: str) -> bool:
    commit = revision.rpartition(":")[2]
    return revision == asked or (len(asked) >= _SHORTEST_COMMIT and commit.startswith(asked))


def _same_way(one: Deleting, other: Deleting) -> bool:
    return (one.revision, one.before) == (other.revision, other.before)
