"""What was done to an object, in the words of Flux's change lines. Pure.

Source: fluxcd/pkg/ssa changeset.go; kustomize-controller HasChanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.refs import ObjectRef


class Action(StrEnum):
    """What was done; Flux's words."""

    CREATED = "created"
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Change:
    """One object and what was done to it."""

    ref: ObjectRef
    action: Action

    @property
    def effective(self) -> bool:
        """Whether the cluster is another one after it."""
        return self.action not in {Action.UNCHANGED, Action.SKIPPED}

    def __str__(self) -> str:
        return f"{self.ref} {self.action}"


def effective(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes that changed something."""
    return tuple(change for change in changes if change.effective)


def lines(changes: Iterable[Change]) -> str:
    """One line per change: `Kind/namespace/name created`."""
    return "\n".join(str(change) for change in changes)
