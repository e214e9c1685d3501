"""Which GitRepositories include others, and whether these have changed since. Pure.

Reads objects of any shape: what is wrong with one is its own affair (threats A-79).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penstock.api.objects import Json

_SHOWN = 200


def includes(obj: Json, name: str) -> bool:
    """Whether a GitRepository, of any shape, copies from the one of that name in its namespace."""
    return any(_named(one) == name for one in _list(obj, "spec", "include"))


def outdated(obj: Json, artifacts: Mapping[str, tuple[str, str]]) -> bool:
    """Whether what a GitRepository, of any shape, was made with is not what it includes now.

    `artifacts` has revision and digest of what the sources of its namespace offer, by name.
    """
    wanted, made_with = _list(obj, "spec", "include"), _list(obj, "status", "includedArtifacts")
    if len(wanted) != len(made_with):
        return False  # it has not been looked at with this spec
    used = [(one.get("revision"), one.get("digest")) for one in made_with if isinstance(one, dict)]
    now = [artifacts.get(_named(one), ("", "")) for one in wanted]
    return all(revision for revision, _ in now) and now != used


def _named(include: object) -> str:
    found = include.get("repository") if isinstance(include, dict) else None
    return str(found.get("name") or "") if isinstance(found, dict) else ""


def include_problem(names: Sequence[str]) -> str:
    """The words for sources that include each other, in a circle that these names make."""
    circle = " -> ".join(printable(name, _SHOWN) for name in names)
    return f"spec.include leads back to where it began: {circle}: take one of these includes out"


def _list(obj: Json, part: str, key: str) -> list[object]:
    found = obj.get(part)
    items = found.get(key) if isinstance(found, dict) else None
    return items if isinstance(items, list) else []
