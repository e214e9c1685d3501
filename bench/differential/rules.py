"""What a rule about differences that are meant is, and what several of them ask. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.differential.compare import Difference
    from bench.differential.normalise import World

APPS, SOURCE = "Kustomization/apps", "GitRepository/fleet"
APPS_EVENTS, SOURCE_EVENTS = f"events of {APPS}", f"events of {SOURCE}"
READY = "status.conditions.Ready.message"


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


def about_failure(found: Difference) -> bool:
    """Whether it is about the words of a failed run, in the condition or in the event."""
    if found.object == APPS:
        return found.path == READY
    reasons = ("ReconciliationFailed", "BuildFailed", "ArtifactFailed")
    return found.object == APPS_EVENTS and found.path in {f"Warning {reason}" for reason in reasons}


def only_flux(found: Difference) -> list[str]:
    """The lines that only Flux has, if penstock has no other ones; nothing otherwise."""
    flux, ours = found.flux.splitlines(), found.penstock.splitlines()
    return [line for line in flux if line not in ours] if set(ours) <= set(flux) else []
