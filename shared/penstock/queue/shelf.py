"""The files of a queue's folder, as one process sees them. No locks here: whoever calls has the turn.

pending/<order>-<not before, ms>-<key>.json     waiting
claimed/<order>-<owner>-<key>.json              being worked on
dead/<order>-<attempts>-<key>.json              given up, with the reason
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from penstock.api.work import WorkItem, decode, encode
from penstock.base.clock import parse_rfc3339, rfc3339_micro
from penstock.base.errors import Terminal
from penstock.base.structs import learn
from penstock.queue.files import write_durably

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

_VERSION = 1
_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{13,32}-[0-9a-f]{40}\.json")
_MOST_DEAD = 1000
"""Ours: so many are kept for people to read."""
_MOST_BYTES = 2 * 1024 * 1024
"""What is read of a file: more than api.work takes as an item, however it is spelt. What is cut is none."""
_KEY_CHARS = 40


class _Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of a file; `attempts` are those before the present one, `since` says when it was put."""

    item: msgspec.Raw
    attempts: int = 0
    since: str = ""
    version: int = _VERSION
    reason: str = ""
    parked_at: str = ""


learn(_Stored)


@dataclass(frozen=True)
class Waiting:
    """A pending file: its name, its place in the order, and the time before which it rests (Unix, ms)."""

    name: str
    order: int
    not_before_ms: int


@dataclass(frozen=True)
class Claimed:
    """An item that is ours until it is done or given back; `attempt` counts from 1.

    `since` is when it was put, if that is known.
    """

    item: WorkItem
    attempt: int
    name: str
    since: datetime | None = None

    @property
    def key(self) -> str:
        """The key in file names."""
        return _parts(self.name)[2]

    @property
    def order(self) -> int:
        """The place that the item had, and has again when it is given back."""
        return _parts(self.name)[0]


class Shelf:
    """The folder `root`; `me` marks what this process claims and what it is about to write."""

    def __init__(self, root: Path, me: str) -> None:
        self.waiting: dict[str, Waiting] = {}
        self.claimed: dict[str, str] = {}
        self.newest = 0
        self._pending, self._taken, self._dead, self._tmp = (
            root / name for name in ("pending", "claimed", "dead", "tmp")
        )
        self._me = me
        self._written = 0
        for folder in (self._pending, self._taken, self._dead, self._tmp):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def look(self) -> None:
        """Reads the folder anew. A crash within `keep` leaves two files of one key: the earlier one stays."""
        self.waiting, self.claimed = {}, {}
        for name in sorted(_names(self._pending)):
            order, not_before, key = _parts(name)
            if key in self.waiting:
                (self._pending / name).unlink(missing_ok=True)
            else:
                self.waiting[key] = Waiting(name, order, int(not_before))
                self.newest = max(self.newest, order)
        self.claimed = {_parts(name)[2]: name for name in _names(self._taken)}

    def keep(
        self,
        item: WorkItem,
        order: int,
        attempts: int = 0,
        not_before_ms: int = 0,
        since: datetime | None = None,
    ) -> None:
        """Lets the item wait; durable when this returns, and in the place of what waited under its key."""
        key = digest(item)
        name, old = f"{order:020d}-{not_before_ms:013d}-{key}.json", self.waiting.get(key)
        told = "" if since is None else rfc3339_micro(since)
        self._write(self._pending / name, _Stored(msgspec.Raw(encode(item)), attempts, told))
        if old is not None and old.name != name:
            (self._pending / old.name).unlink(missing_ok=True)
        self.waiting[key] = Waiting(name, order, not_before_ms)
        self.newest = max(self.newest, order)

    def item(self, key: str) -> WorkItem | None:
        """What waits under the key; None if nothing does, or nothing that can be read."""
        old = self.waiting.get(key)
        if old is None:
            return None
        try:
            return _read(self._pending / old.name).item
        except Terminal:
            return None

    def since(self, key: str) -> datetime | None:
        """When what waits under the key was first put, if that is known."""
        try:
            return _read(self._pending / self.waiting[key].name).since
        except Terminal:
            return None

    def take(self, key: str) -> Claimed | None:
        """Claims what waits under the key; None if it cannot be read, then it is among the dead."""
        waiting = self.waiting.pop(key)
        source = self._pending / waiting.name
        try:
            read = _read(source)
        except Terminal:
            source.rename(self._dead / waiting.name)
            return None
        name = f"{waiting.order:020d}-{self._me}-{key}.json"
        claimed = Claimed(read.item, read.attempts + 1, name, read.since)
        source.rename(self._taken / claimed.name)
        self.claimed[key] = claimed.name
        return claimed

    def drop(self, claimed: Claimed) -> None:
        """Forgets a claimed item."""
        (self._taken / claimed.name).unlink(missing_ok=True)
        self.claimed.pop(claimed.key, None)

    def give_back(self, claimed: Claimed, attempts: int, not_before_ms: int = 0) -> None:
        """Lets a claimed item wait again; what was put in the meantime stands for it as well."""
        if claimed.key not in self.waiting:
            self.keep(claimed.item, claimed.order, attempts, not_before_ms, claimed.since)
        self.drop(claimed)

    def bury(self, claimed: Claimed, why: str, when: str) -> None:
        """Puts a claimed item among the dead, of which the latest are kept."""
        item = msgspec.Raw(encode(claimed.item))
        stored = _Stored(item, claimed.attempt, reason=why, parked_at=when)
        self._bury(claimed.order, claimed.attempt, claimed.key, stored)
        self.drop(claimed)

    def bury_unread(self, data: bytes, order: int, why: str, when: str) -> None:
        """Puts what is no work item among the dead; as text if it is some, else in base64."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = b64encode(data).decode()
        stored = _Stored(msgspec.Raw(msgspec.json.encode(text)), reason=why, parked_at=when)
        self._bury(order, 0, sha256(data).hexdigest()[:_KEY_CHARS], stored)

    def _bury(self, order: int, attempt: int, key: str, stored: _Stored) -> None:
        self._write(self._dead / f"{order:020d}-{attempt:013d}-{key}.json", stored)
        for path in sorted(self._dead.iterdir())[:-_MOST_DEAD]:
            path.unlink(missing_ok=True)

    def orphans(self, alive: Callable[[str], bool]) -> list[Claimed]:
        """What those who are no longer alive had claimed."""
        names = [name for name in self.claimed.values() if not alive(_parts(name)[1])]
        return [orphan for name in names if (orphan := self._orphan(name)) is not None]

    def sweep(self, alive: Callable[[str], bool]) -> None:
        """Removes what those who are no longer alive had half written."""
        for path in self._tmp.iterdir():
            if not alive(path.name.partition("-")[0]):
                path.unlink(missing_ok=True)

    def dead(self) -> int:
        """How many items were given up and are still kept."""
        return sum(1 for _ in self._dead.iterdir())

    def _orphan(self, name: str) -> Claimed | None:
        try:
            read = _read(self._taken / name)
        except Terminal:
            (self._taken / name).rename(self._dead / name)
            del self.claimed[_parts(name)[2]]
            return None
        return Claimed(read.item, read.attempts + 1, name, read.since)

    def _write(self, path: Path, stored: _Stored) -> None:
        self._written += 1
        write_durably(path, msgspec.json.encode(stored), self._tmp / f"{self._me}-{self._written}")


def digest(item: WorkItem) -> str:
    """The item's key as it appears in file names."""
    return sha256(item.key.encode()).hexdigest()[:_KEY_CHARS]


def _names(folder: Path) -> list[str]:
    """The files that are ours; others may have been left there by people."""
    return [path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)]


def _parts(name: str) -> tuple[int, str, str]:
    """Order, the middle part, key."""
    order, middle, key = name.removesuffix(".json").split("-")
    return int(order), middle, key


class _Read(NamedTuple):
    """An item, the attempts before, and when it was first put."""

    item: WorkItem
    attempts: int
    since: datetime | None


def _read(path: Path) -> _Read:
    """What the file holds; Terminal if it is not one that we can read."""
    try:
        with path.open("rb") as file:
            stored = msgspec.json.decode(file.read(_MOST_BYTES), type=_Stored)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Terminal(f"{path} is no work item") from None
    if stored.version > _VERSION:
        raise Terminal(f"{path} was written by a newer penstock")
    return _Read(decode(bytes(stored.item)), stored.attempts, _moment(stored.since))


def _moment(text: str) -> datetime | None:
    try:
        return parse_rfc3339(text)
    except ValueError:
        return None
