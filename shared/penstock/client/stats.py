"""How many objects of each of Flux's kinds run, fail and are suspended, and what their artifacts take. Pure.

Source: flux2 v2.9 cmd/flux/stats.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.client import parts
from penstock.client.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json
    from penstock.client.kinds import Kind
    from penstock.client.rows import Row

_ORDER = (
    "GitRepository",
    "OCIRepository",
    "HelmRepository",
    "HelmChart",
    "Bucket",
    "Kustomization",
    "HelmRelease",
    "Alert",
    "Provider",
    "Receiver",
    "ImageUpdateAutomation",
    "ImagePolicy",
    "ImageRepository",
)
COUNTED: tuple[Kind, ...] = tuple(kind for name in _ORDER for kind in KINDS if kind.kind == name)
"""The kinds that flux counts, in its order."""
HEADS = ("Reconcilers", "Running", "Failing", "Suspended", "Storage")
_UNIT = 1024


@dataclass(frozen=True)
class Seen:
    """What counts of one object; `bytes` is the size of its artifact."""

    suspended: bool
    failing: bool
    bytes: int


def seen(obj: Json) -> Seen:
    """What counts of an object, whatever its shape."""
    size = parts.part(obj, "status", "artifact", "size")
    ready = parts.ready(obj) or {}
    known = size if isinstance(size, int) and not isinstance(size, bool) else 0
    return Seen(parts.suspended(obj), ready.get("status") == "False", known)


def row(kind: Kind, objects: Iterable[Seen]) -> Row:
    """The line of a kind."""
    found = tuple(objects)
    suspended = sum(one.suspended for one in found)
    failing = sum(one.failing for one in found)
    return (
        kind.kind,
        str(len(found) - suspended),
        str(failing),
        str(suspended),
        size(sum(one.bytes for one in found)),
    )


def size(count: int) -> str:
    """Bytes as flux says them: `-` for none, `512 B`, `1.5 KiB`."""
    if count < _UNIT:
        return f"{count} B" if count else "-"
    value, units = float(count), iter("KMGTPE")
    unit = next(units)
    value /= _UNIT
    while int(value) >= _UNIT:
        value, unit = value / _UNIT, next(units, "E")
    return f"{value:.1f} {unit}iB"
