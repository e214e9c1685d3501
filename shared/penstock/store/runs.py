"""One immutable record per run that mattered: what was there, what was done, what was deleted (promise C-26).

A run record never changes and holds no content: names, versions, revisions, digests, and what people are
told. Keys are `runs/<cluster identity>/<kind>/<namespace>/<name>/<id>.json`; ids sort by time. A record
written by a newer penstock is refused, never rewritten (threats B-30).
"""

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal
from penstock.base.structs import learn
from penstock.store.bucket import Bucket, PreconditionFailed, TooLarge
from penstock.store.place import Place
from penstock.store.records import Applied
from penstock.store.versioned import decoded

VERSION = 1
KEEP_COUNT = 100
"""Run records kept of one object; as many more of those that deleted something."""
GONE = "gone"
"""So stands what was not there any more after a run that was cut off: that one deleted it, most likely."""
_DELETING = "deletes"
_ID = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}(-deletes)?")


class NewerRun(Terminal):
    """The run record was written by a newer penstock."""

    reason = "NewerRecord"


class RunChange(msgspec.Struct, frozen=True):
    """An object, by its inventory id and version, and what was done to it."""

    id: str
    version: str
    action: str


class RunRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run: when it started and ended (RFC 3339), with what, and how.

    `revision`, `artifact` (its key) and `digest` are what it worked with, `build_digest` that of what was
    built; `before` is what was applied, or stored, before. `changes` are those that changed something, `held`
    the deletions that wait for approval. `author` and `subject` are those of a commit that was stored,
    `kept_off` the revision in whose place a rollback had this one.
    """

    started_at: str
    ended_at: str
    ok: bool
    reason: str
    message: str
    revision: str = ""
    artifact: str = ""
    digest: str = ""
    build_digest: str = ""
    before: Applied | None = None
    changes: tuple[RunChange, ...] = ()
    held: tuple[RunChange, ...] = ()
    author: str = ""
    subject: str = ""
    kept_off: str = ""
    version: int = VERSION

    @property
    def deleted(self) -> tuple[RunChange, ...]:
        """What the run deleted, or one that was cut off before it."""
        return tuple(change for change in self.changes if change.action in {"deleted", GONE})


learn(RunRecord)


class Runs:
    """The run records of one cluster, whose `identity` is as for penstock.store.place.Place.

    `token` gives 8 hexadecimal digits that nobody else gives.
    """

    def __init__(
        self,
        bucket: Bucket,
        identity: str | Callable[[], str],
        *,
        keep_count: int = KEEP_COUNT,
        token: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        self._bucket = bucket
        self._place = Place("runs", identity)
        self._keep_count = keep_count
        self._token = token

    def write(self, ref: ObjectRef, run: RunRecord, now: datetime) -> str:
        """Keep the record of a run of the object, and only the newest ones beside it; its id."""
        mark = f"-{_DELETING}" if run.deleted else ""
        name = f"{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{self._token()}{mark}"
        self._create(self._key(ref, name), msgspec.json.encode(run))
        self._collect(ref)
        return name

    def _create(self, key: str, data: bytes) -> None:
        """Store what is not there; PreconditionFailed if something else is."""
        try:
            self._bucket.put(key, data, if_absent=True)
        except PreconditionFailed:
            found = self._bucket.get(key)
            if found is None or found[0] != data:  # else it was us, and the answer was lost
                raise

    def ids(self, ref: ObjectRef) -> tuple[str, ...]:
        """The ids of the object's run records, the newest first."""
        prefix = self._folder(ref)
        found = (entry.key.removeprefix(prefix).removesuffix(".json") for entry in self._bucket.list(prefix))
        return tuple(sorted((name for name in found if _ID.fullmatch(name)), reverse=True))

    def read(self, ref: ObjectRef, name: str) -> RunRecord | None:
        """The record of that id; None if there is none or it is damaged. NewerRun if it is a newer one."""
        if not _ID.fullmatch(name):
            return None
        try:
            found = self._bucket.get(self._key(ref, name))
        except TooLarge:
            return None
        return None if found is None else decoded(found[0], RunRecord, VERSION, _newer)

    def newest(self, ref: ObjectRef, *, deleting: bool = False) -> Iterator[tuple[str, RunRecord]]:
        """The object's runs that can be read, the newest first; with `deleting` those that deleted."""
        for name in self.ids(ref):
            if deleting and not name.endswith(_DELETING):
                continue
            run = self.read(ref, name)
            if run is not None:
                yield name, run

    def forget(self, ref: ObjectRef, *, keep: int = 0) -> None:
        """Remove the object's run records, all but the newest."""
        for name in self.ids(ref)[keep:]:
            self._bucket.delete(self._key(ref, name))

    def _collect(self, ref: ObjectRef) -> None:
        """Remove all but the newest; those that deleted something outlive others, for `penstock undelete`."""
        names = self.ids(ref)
        deleting = [name for name in names if name.endswith(_DELETING)]
        kept = {*names[: self._keep_count], *deleting[: self._keep_count]}
        for name in names:
            if name not in kept:
                self._bucket.delete(self._key(ref, name))

    def _folder(self, ref: ObjectRef) -> str:
        return f"{self._place.of(ref)}/"

    def _key(self, ref: ObjectRef, name: str) -> str:
        return f"{self._folder(ref)}{name}.json"


def _newer(version: int) -> NewerRun:
    return NewerRun(f"a run record has version {version}, this penstock reads up to {VERSION}: upgrade")
