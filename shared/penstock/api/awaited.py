"""A change that was announced before it was stored: how to tell that it is stored by now. Pure.

The API server calls admission hooks first and stores the object then, so whoever hears of a change by such a
call waits a moment for it. What is compared is the generation, and those annotations that ask for something.
The call shows the object as it is stored then, so whatever differs from that is the change, or came after it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from penstock.api.meta import APPROVE_ANNOTATION, REQUESTED_AT
from penstock.api.objects import annotations_of, generation
from penstock.api.rollback import ROLLBACK_ANNOTATION
from penstock.base.structs import learn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json

ASKING = (REQUESTED_AT, APPROVE_ANNOTATION, ROLLBACK_ANNOTATION)
"""The annotations that ask for something."""
MOST = 64
"""Of one work item; of more the latest are waited for."""
_DIGEST = 32


class Awaited(msgspec.Struct, frozen=True, omit_defaults=True):
    """An object that is about to be stored: the generation that it will have, and, if its annotations will
    ask for something else, the digest of what they ask until then.
    """

    kind: str
    namespace: str
    name: str
    generation: int = 0
    before: str = ""


learn(Awaited)


def asks(obj: Json) -> str:
    """The digest of what an object's annotations ask for; their values go nowhere."""
    annotations = annotations_of(obj)
    values = (str(annotations.get(key) or "") for key in ASKING)
    return sha256("\0".join(values).encode(errors="replace")).hexdigest()[:_DIGEST]


def stored(awaited: Awaited, found: Json | None) -> bool:
    """Whether the object as it was just read is what was announced, or newer.

    A new object begins with generation 1, so one that is not there and is to have a higher one is gone.
    """
    if found is None:
        return awaited.generation > 1
    return generation(found) >= awaited.generation and asks(found) != awaited.before


def joined(before: Iterable[Awaited], after: Iterable[Awaited]) -> tuple[Awaited, ...]:
    """What two work items wait for, of which one replaces the other: of each object what came last."""
    known = {(one.kind, one.namespace, one.name): one for one in before}
    for one in after:
        key = (one.kind, one.namespace, one.name)
        known.pop(key, None)
        known[key] = one
    return tuple(known.values())[-MOST:]
