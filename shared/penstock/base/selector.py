"""Label selectors as Kubernetes writes them: which objects a deployment watches. Pure.

Source: the labels page of Kubernetes' documentation; `--watch-label-selector` of Flux's controllers, with
`!sharding.fluxcd.io/key` for the main ones and `sharding.fluxcd.io/key in (shard1)` for a shard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARD_KEY = "sharding.fluxcd.io/key"
"""The label that gives an object to a shard."""
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_KEY = rf"(?:[a-z0-9](?:[a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_NAME}"
_VALUE = rf"(?:{_NAME})?"
_REQUIREMENT = re.compile(
    rf"(?P<absent>!)?\s*(?P<key>{_KEY})"
    rf"(?:\s*(?P<equals>==|=|!=)\s*(?P<value>{_VALUE})"
    rf"|\s+(?P<set>in|notin)\s*\(\s*(?P<values>{_VALUE}(?:\s*,\s*{_VALUE})*)\s*\))?"
)
_COMMA = re.compile(r",(?![^(]*\))")
_LONGEST = 4096
"""Ours: it is read from a setting."""


@dataclass(frozen=True)
class Requirement:
    """One condition: the label is one of `values` (None: has any value at all), or, if `negated`, is not.

    As in Kubernetes, a label that is not there is not one of any values.
    """

    key: str
    values: frozenset[str] | None
    negated: bool

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it."""
        found = self.key in labels and (self.values is None or labels[self.key] in self.values)
        return found is not self.negated


@dataclass(frozen=True)
class Selector:
    """Conditions that must all hold; without any, everything is selected. `text` is how it was written."""

    requirements: tuple[Requirement, ...] = ()
    text: str = ""

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected."""
        return all(one.holds(labels) for one in self.requirements)

    def __str__(self) -> str:
        return self.text


EVERYTHING = Selector()
MAIN_SHARD = Selector((Requirement(SHARD_KEY, None, negated=True),), f"!{SHARD_KEY}")
"""Everything that is not given to a shard."""
WATCHED_CONFIGS = Selector(
    (Requirement("reconcile.fluxcd.io/watch", frozenset({"Enabled"}), negated=False),),
    "reconcile.fluxcd.io/watch=Enabled",
)
"""The ConfigMaps and Secrets whose change is acted on at once: kustomize-controller's default."""


def parse_selector(text: str) -> Selector:
    """The selector in a text; empty selects everything. ValueError with the part that cannot be read."""
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST} characters")
    parts = [part.strip() for part in _COMMA.split(text)] if text.strip() else []
    return Selector(tuple(_requirement(part) for part in parts), text.strip())


def _requirement(part: str) -> Requirement:
    found = _REQUIREMENT.fullmatch(part)
    if found is None or (found["absent"] and (found["equals"] or found["set"])):
        raise ValueError(
            f"has {part[:100]!r}, which is no condition on a label such as `key in (a, b)` or `!key`"
        )
    if found["set"]:
        values = frozenset(value.strip() for value in found["values"].split(","))
        return Requirement(found["key"], values, found["set"] == "notin")
    if found["equals"]:
        return Requirement(found["key"], frozenset({found["value"]}), found["equals"] == "!=")
    return Requirement(found["key"], None, bool(found["absent"]))
