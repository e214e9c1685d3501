"""What differs between two worlds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.differential.normalise import Facts, World

ABSENT = ""
"""A path or an object that is not there."""
WHOLE = "*"
"""The path of a difference about a whole object."""
THERE = "there"


@dataclass(frozen=True)
class Difference:
    """One path of one object after one step, as Flux and as penstock have it; empty where it is absent."""

    fleet: str
    step: str
    object: str
    path: str
    flux: str
    penstock: str


def differences(fleet: str, step: str, flux: World, penstock: World) -> tuple[Difference, ...]:
    """All of them, by object and path."""
    return tuple(
        Difference(fleet, step, name, path, ours, theirs)
        for name in sorted(flux.keys() | penstock.keys())
        for path, ours, theirs in _between(flux.get(name), penstock.get(name))
    )


def _between(flux: Facts | None, penstock: Facts | None) -> Iterator[tuple[str, str, str]]:
    if flux is None or penstock is None:
        yield WHOLE, ABSENT if flux is None else THERE, ABSENT if penstock is None else THERE
        return
    for path in sorted(flux.keys() | penstock.keys()):
        left, right = (_value(facts, path) for facts in (flux, penstock))
        if left != right:
            yield path, left, right


def _value(facts: Facts, path: str) -> str:
    """The value, quoted if it is empty, so that it is not the same as none."""
    return (facts[path] or '""') if path in facts else ABSENT
