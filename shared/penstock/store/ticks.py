"""When the last tick has looked at everything, kept in the bucket: so that others can see whether ticks come.

One small object for each cluster and each deployment that serves a part of it, written once a tick.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from penstock.base.structs import learn
from penstock.store.bucket import get_or_drop
from penstock.store.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penstock.base.selector import Selector
    from penstock.store.bucket import Bucket

_DIGITS = 16


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A tick that had the time to look at everything: when it ended (RFC 3339), at how many objects, and how
    many work items it queued."""

    at: str
    objects: int = 0
    queued: int = 0


learn(Tick)


class Ticks:
    """The last tick of a deployment, by what it serves; `identity` is as for penstock.store.place.Place."""

    def __init__(
        self,
        bucket: Bucket,
        identity: str | Callable[[], str],
        namespaces: Sequence[str],
        selector: Selector,
    ) -> None:
        self._bucket = bucket
        self._place = Place("ticks", identity)
        served = "\0".join((*sorted(namespaces), "", str(selector)))
        self._name = sha256(served.encode()).hexdigest()[:_DIGITS]

    def write(self, tick: Tick) -> None:
        """Replace what is there; BucketFailed if that cannot be done."""
        self._bucket.put(self._key(), msgspec.json.encode(tick))

    def read(self) -> Tick | None:
        """The last one; None if there is none, or none that can be read."""
        data, _ = get_or_drop(self._bucket, self._key())
        try:
            return None if data is None else msgspec.json.decode(data, type=Tick)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _key(self) -> str:
        return f"{self._place.named(self._name)}.json"
