"""One record per Flux object: how the last look at it ended. Lost records only make objects due.

They are bound to the cluster by the UID of its kube-system Namespace, so that a replaced cluster behind the
same address starts afresh (threats B-35). A record written by a newer penstock is refused, never rewritten
(threats B-30); one that cannot be read counts as lost.
"""

from collections.abc import Callable
from contextlib import suppress

import msgspec

from penstock.api.refs import ObjectRef
from penstock.api.work import Outcome
from penstock.base.errors import Terminal
from penstock.base.structs import learn
from penstock.store.bucket import Bucket, PreconditionFailed, get_or_drop
from penstock.store.place import Place
from penstock.store.versioned import decoded

VERSION = 1
_TRIES = 4


class NewerRecord(Terminal):
    """The record was written by a newer penstock."""

    reason = "NewerRecord"


class Applied(msgspec.Struct, frozen=True):
    """What a Kustomization last applied to the end: revision, artifact key and digest, how many objects."""

    revision: str
    artifact: str
    digest: str
    objects: int


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last look: when it started and ended (RFC 3339), and how.

    `failures` counts failed looks in a row, this one included; `generation` is the object's
    metadata.generation that was looked at; `pause_s` is how long a server asked to be left alone. `applied`
    outlives failures. `parked` are the kinds that the cluster did not have (penstock.kustomize.parked),
    `watched` the versions of what variables came from (penstock.kustomize.watched).
    """

    checked_at: str
    started_at: str = ""
    ok: bool
    outcome: Outcome | None = None
    failures: int = 0
    generation: int = 0
    pause_s: float = 0.0
    applied: Applied | None = None
    parked: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    version: int = VERSION

    def __post_init__(self) -> None:
        if self.failures < 0 or self.generation < 0:
            raise ValueError("counts are not negative")


learn(Record)


class Records:
    """The records of one cluster; `identity` is as for penstock.store.place.Place."""

    def __init__(self, bucket: Bucket, identity: str | Callable[[], str]) -> None:
        self._bucket = bucket
        self._place = Place("records", identity)

    def read(self, ref: ObjectRef) -> Record | None:
        """The object's record; None if there is none or it is damaged. NewerRecord if it is a newer one."""
        return self._found(self._key(ref))[0]

    def write(self, ref: ObjectRef, record: Record) -> None:
        """Replace the object's record; NewerRecord if a newer penstock wrote the one that is there.

        Only what was seen is replaced: whoever wrote in between is read first (threats B-20).
        """
        key, data = self._key(ref), msgspec.json.encode(record)
        for _ in range(_TRIES):
            _, generation = self._found(key)
            with suppress(PreconditionFailed):
                self._bucket.put(key, data, if_generation=generation)
                return
        raise PreconditionFailed(f"the record of {ref} changes faster than it can be written")

    def delete(self, ref: ObjectRef) -> None:
        """Forget the object."""
        self._bucket.delete(self._key(ref))

    def _found(self, key: str) -> tuple[Record | None, int]:
        """The record and its generation, 0 where there is none; what cannot be a record goes."""
        data, generation = get_or_drop(self._bucket, key)
        return (None if data is None else decoded(data, Record, VERSION, _newer)), generation

    def _key(self, ref: ObjectRef) -> str:
        return f"{self._place.of(ref)}.json"


def _newer(version: int) -> NewerRecord:
    return NewerRecord(
        f"a record in the bucket has version {version}, this penstock reads up to {VERSION}: upgrade"
    )
