"""Kinds as settings name them: `Kind`, or `Kind.group` for those of one API group. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from penstock.api.refs import ObjectRef

_MOST_NAMED = 20


def named(ref: ObjectRef, kinds: Collection[str]) -> bool:
    """Whether the object is of one of the kinds."""
    return ref.kind in kinds or f"{ref.kind}.{ref.group}" in kinds


def refuse(refs: Iterable[ObjectRef], kinds: Collection[str]) -> None:
    """Terminal naming every object of one of the kinds, which must not be applied here (threats A-53)."""
    found = [str(ref) for ref in refs if named(ref, kinds)]
    if found:
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        listed = ", ".join(found[:_MOST_NAMED])
        raise Terminal(f"PENSTOCK_REFUSED_KINDS does not allow objects of such kinds: {listed}{more}")
