"""Which samples a run takes, in which order, and about how long it still takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.samples import Flags, Fleet, Key, Peer, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ORDER = (
    Phase.INSTALL,
    Phase.ONE_FILE,
    Phase.ALL_FILES,
    Phase.FORCED_CHECK,
    Phase.INTERVAL_CHECK,
    Phase.COLD,
    Phase.DELETE,
)
"""Of the phases: each finds what the ones before it left."""

Party = tuple[Peer, Flags]
_EACH_S = {
    Peer.FLUX: {
        Fleet.F100X10: 34.0,
        Fleet.F1X1000: 6.0,
        Fleet.CHAIN10: 200.0,
        Fleet.MONOREPO10K: 30.0,
        Fleet.F1000X2: 1200.0,
    },
    Peer.PENSTOCK: {
        Fleet.F100X10: 4.0,
        Fleet.F1X1000: 4.0,
        Fleet.CHAIN10: 1.0,
        Fleet.MONOREPO10K: 4.0,
        Fleet.F1000X2: 20.0,
    },
}
"""Seconds of a phase, as long as none was seen."""
_AROUND_S = 3.0
_INTERVAL_S = 95.0


@dataclass(frozen=True)
class Plan:
    """How many rounds of each fleet, with which flags of Flux; the interval check takes minutes: in fewer."""

    rounds: Mapping[Fleet, int]
    flux: tuple[Flags, ...]
    interval_rounds: int

    def of(self, fleets: Iterable[Fleet], rounds: int | None = None) -> Plan:
        """The same for these fleets only (all if there are none), with so many rounds."""
        wanted = tuple(fleets) or tuple(self.rounds)
        return replace(self, rounds={fleet: rounds or self.rounds.get(fleet, 1) for fleet in wanted})

    @property
    def parties(self) -> tuple[Party, ...]:
        """Who takes part in every round."""
        return (*((Peer.FLUX, flags) for flags in self.flux), (Peer.PENSTOCK, Flags.DEFAULT))

    def phases(self, number: int) -> tuple[Phase, ...]:
        """The phases of a round."""
        return tuple(
            phase for phase in ORDER if phase is not Phase.INTERVAL_CHECK or number <= self.interval_rounds
        )

    def keys(self, fleet: Fleet, number: int) -> tuple[Key, ...]:
        """The samples of a round."""
        return tuple(
            Key(fleet, phase, peer, flags, number)
            for phase in self.phases(number)
            for peer, flags in self.parties
            if phase in phases_of(peer)
        )

    def all_keys(self) -> tuple[Key, ...]:
        """The samples of all rounds."""
        return tuple(
            key
            for fleet, rounds in self.rounds.items()
            for number in range(1, rounds + 1)
            for key in self.keys(fleet, number)
        )


QUICK = Plan({Fleet.F100X10: 3, Fleet.F1X1000: 3}, (Flags.DEFAULT,), 1)
"""About 20 minutes on two cores."""
FULL = Plan(
    {Fleet.F100X10: 5, Fleet.F1X1000: 5, Fleet.MONOREPO10K: 5, Fleet.CHAIN10: 2, Fleet.F1000X2: 1},
    (Flags.DEFAULT, Flags.TUNED),
    2,
)
"""Hours: of the chain only two rounds, as Flux waits for most of their time."""


def phases_of(peer: Peer) -> tuple[Phase, ...]:
    """Flux has no functions that could be cold."""
    return tuple(phase for phase in ORDER if phase is not Phase.COLD or peer is Peer.PENSTOCK)


def missing(keys: Iterable[Key], there: Iterable[Key]) -> tuple[Key, ...]:
    """The samples that are still to be taken."""
    taken = frozenset(there)
    return tuple(key for key in keys if key not in taken)


def seconds_left(keys: Iterable[Key], took: Mapping[tuple[Fleet, Phase, Peer, Flags], float]) -> float:
    """About how long these samples take, by how long the last one of the same sort took."""
    return sum(took.get((key.fleet, key.phase, key.peer, key.flags), _guess(key)) for key in keys)


def _guess(key: Key) -> float:
    each = _EACH_S[key.peer][key.fleet]
    return _AROUND_S + (_INTERVAL_S + 2 * each if key.phase is Phase.INTERVAL_CHECK else each)
