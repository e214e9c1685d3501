"""Which GitRepositories a push concerns: by the repository's address in any spelling, and by its ref. Pure.

A hint never chooses what is fetched, only what is looked at (threats A-07, A-12).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.gitrepository import decode
from penstock.api.objects import deleting
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal
from penstock.source.reference import concerns, wanted
from penstock.source.url import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json
    from penstock.api.work import Hint


def concerned(objects: Iterable[Json], hint: Hint) -> tuple[ObjectRef, ...]:
    """The GitRepositories, of those given as JSON, to look at; suspended ones are left alone."""
    addresses = {canonical(url) for url in hint.urls} - {""}
    return tuple(
        sorted(ObjectRef.from_object(obj) for obj in objects if _is_concerned(obj, addresses, hint.ref))
    )


def _is_concerned(obj: Json, addresses: set[str], pushed: str) -> bool:
    """An object that cannot be read is none's concern here: the tick looks at it (threats A-79)."""
    try:
        spec = decode(obj).spec
        known = canonical(spec.url) in addresses and concerns(wanted(spec.ref), pushed)
    except Terminal:
        return False
    return known and not spec.suspend and not deleting(obj)
