"""All fleets by name, and which of them a run is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.errors import Terminal

from bench.differential.fleets.applying import APPLYING
from bench.differential.fleets.builds import BUILDS
from bench.differential.fleets.changing import CHANGING
from bench.differential.fleets.dependent import DEPENDENT
from bench.differential.fleets.flux import FLUX
from bench.differential.fleets.generated import generated
from bench.differential.fleets.healthy import HEALTHY
from bench.differential.fleets.ignoring import IGNORING
from bench.differential.fleets.objects import OBJECTS
from bench.differential.fleets.overlaid import OVERLAID
from bench.differential.fleets.owners import OWNERS
from bench.differential.fleets.public import ABSENT, public
from bench.differential.fleets.sources import SOURCES
from bench.differential.fleets.substituting import SUBSTITUTING
from bench.differential.fleets.whole import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.differential.story import Fleet

GROUPS: dict[str, tuple[Fleet, ...]] = {
    "whole": WHOLE,
    "health": HEALTHY,
    "sources": SOURCES,
    "objects": OBJECTS,
    "owners": OWNERS,
    "flux": FLUX,
    "applying": APPLYING,
    "ignoring": IGNORING,
    "builds": BUILDS,
    "changing": CHANGING,
    "overlaid": OVERLAID,
    "dependent": DEPENDENT,
    "substituting": SUBSTITUTING,
}
"""Those that are written down here; the longest stories first."""
WRITTEN = tuple(fleet for group in GROUPS.values() for fleet in group)


def chosen(names: Sequence[str], start: int, examples: int) -> tuple[tuple[Fleet, ...], tuple[str, ...]]:
    """The fleets of these names or groups (all without any), and what cannot be had, in words.

    `start` is the seed of the generated ones, `examples` how many there are. Terminal if there is none of a
    name.
    """
    groups = {**GROUPS, "public": public(), "generated": generated(start, examples)}
    absent = () if groups["public"] else (ABSENT,)
    known = groups | {fleet.name: (fleet,) for group in groups.values() for fleet in group}
    if unknown := sorted(set(names) - known.keys()):
        raise Terminal(f"no such fleet: {', '.join(unknown)}; there are {', '.join(known)}")
    fleets = (fleet for name in names or groups for fleet in known[name])
    return tuple({fleet.name: fleet for fleet in fleets}.values()), absent
