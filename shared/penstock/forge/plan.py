"""What is to be done so that a forge has what is wanted: from what is there to the steps. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.forge.port import DeployKey, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Key:
    """A deploy key as the forge has it."""

    id: int
    title: str
    public_key: str
    read_only: bool


@dataclass(frozen=True)
class KeyPlan:
    """The ids of keys to remove first, and whether to add the one that is wanted."""

    remove: tuple[int, ...]
    add: bool

    @property
    def outcome(self) -> Outcome:
        """What it comes to."""
        if self.remove:
            return Outcome.UPDATED
        return Outcome.CREATED if self.add else Outcome.UNCHANGED


@dataclass(frozen=True)
class Hook:
    """A webhook as the forge has it; `settled`: what can be seen of it is as wanted."""

    id: int
    url: str
    settled: bool


def key_plan(there: Iterable[Key], wanted: DeployKey) -> KeyPlan:
    """How to come to the wanted key: others of its title go, and so does itself where it is otherwise.

    A forge takes the same key only once, so one with another title or other rights has to go first.
    """
    keys = tuple(there)
    material = _material(wanted.public_key)
    good = [key for key in keys if _is(key, wanted, material)]
    stale = [
        key.id
        for key in keys
        if key not in good and (key.title == wanted.title or _material(key.public_key) == material)
    ]
    return KeyPlan(tuple(stale), add=not good)


def key_of(there: Iterable[Key], title: str) -> DeployKey | None:
    """The first key of that title, None if there is none."""
    found = (DeployKey(key.title, key.public_key, key.read_only) for key in there if key.title == title)
    return next(found, None)


def _is(key: Key, wanted: DeployKey, material: tuple[str, ...]) -> bool:
    same = key.title == wanted.title and key.read_only == wanted.read_only
    return same and _material(key.public_key) == material


def _material(public_key: str) -> tuple[str, ...]:
    """Kind and key, without the comment that some forges leave out."""
    return tuple(public_key.split()[:2])
