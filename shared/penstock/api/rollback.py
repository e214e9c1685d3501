"""The annotation that keeps a Kustomization at an earlier artifact, and what follows from it. Pure.

It is all that there is of a rollback: who may write it chooses among the artifacts that the Kustomization's
own source has stored (penstock.source.artifact.check_pointer), and each of these is verified by its digest.
"""

from collections.abc import Mapping

import msgspec

from penstock.base.errors import Terminal
from penstock.base.structs import learn

ROLLBACK_ANNOTATION = "penstock.dev/rollback"
_LONGEST = 4096
"""Ours: the annotation in characters; revisions and keys are far shorter."""


class InvalidRollback(Terminal):
    """The annotation cannot be read; nothing is applied until somebody takes it off."""

    reason = "ArtifactFailed"


class Rollback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept off, and what is applied in its place: its revision, the artifact's key and digest."""

    bad: str
    revision: str
    artifact: str
    digest: str

    def __post_init__(self) -> None:
        if not all((self.bad, self.revision, self.artifact, self.digest)):
            raise ValueError("all four have a value")
        if self.bad == self.revision:
            raise ValueError("one revision cannot be kept off and applied")


learn(Rollback)


def written(rollback: Rollback) -> str:
    """The annotation's value."""
    return msgspec.json.encode(rollback).decode()


def rollback_of(annotations: Mapping[str, str]) -> Rollback | None:
    """The rollback in the annotations; None if there is none, InvalidRollback if it cannot be read."""
    text = annotations.get(ROLLBACK_ANNOTATION)
    if text is None:
        return None
    try:
        return msgspec.json.decode(str(text)[:_LONGEST], type=Rollback)
    except (msgspec.DecodeError, ValueError) as error:
        why = str(error).partition(" - at")[0]
        raise InvalidRollback(
            f"the annotation {ROLLBACK_ANNOTATION} cannot be read ({why}): "
            "take it off (`penstock rollback kustomization NAME --cancel`)"
        ) from None


def holds(rollback: Rollback, offered: str) -> bool:
    """Whether it holds while the source offers that revision."""
    return offered == rollback.bad


def ended(rollback: Rollback, offered: str) -> bool:
    """Whether it has ended by that revision: any other one, whatever it is; not by a source without one."""
    return bool(offered) and offered != rollback.bad


def wanted_revision(annotations: Mapping[str, str], offered: str) -> str:
    """The revision that is to be applied while the source offers that one.

    A rollback that cannot be read leaves it as it is: the look that this leads to says what is wrong.
    """
    try:
        found = rollback_of(annotations)
    except InvalidRollback:
        return offered
    return found.revision if found is not None and holds(found, offered) else offered
