"""What the soak came to: what should be there, what is there, and the difference. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN = 10


@dataclass(frozen=True)
class Verdict:
    """`orphans` are there and should not be, `lost` should be there and are not; the rest is as it says."""

    orphans: tuple[str, ...]
    lost: tuple[str, ...]
    wrong: tuple[str, ...]
    unlisted: tuple[str, ...]
    """In the cluster, and in no inventory."""
    ghosts: tuple[str, ...]
    """In an inventory, and not in the cluster."""

    @property
    def good(self) -> bool:
        """Whether nothing is amiss."""
        return not (self.orphans or self.lost or self.wrong or self.unlisted or self.ghosts)

    def __str__(self) -> str:
        parts = (f"{len(getattr(self, name))} {name}{_some(getattr(self, name))}" for name in _FIELDS)
        return ", ".join(parts)


_FIELDS = ("orphans", "lost", "wrong", "unlisted", "ghosts")


def judge(
    expected: Mapping[str, tuple[str, str]],
    found: Mapping[str, tuple[str, str]],
    listed: Mapping[str, str],
) -> Verdict:
    """Compares `Kind/name` -> (owner, value) as wanted and as found, and `listed`: Kind/name -> inventory."""
    both = expected.keys() & found.keys()
    return Verdict(
        orphans=tuple(sorted(found.keys() - expected.keys())),
        lost=tuple(sorted(expected.keys() - found.keys())),
        wrong=tuple(sorted(key for key in both if expected[key] != found[key])),
        unlisted=tuple(sorted(key for key, (owner, _) in found.items() if listed.get(key) != owner)),
        ghosts=tuple(sorted(listed.keys() - found.keys())),
    )


def _some(names: tuple[str, ...]) -> str:
    return f" ({', '.join(names[:_SHOWN])})" if names else ""
