"""Artifacts in the bucket: stored by their digest, read back only if every byte is the one that was stored.

Beside each archive lies a JSON of its files' digests; an artifact is complete when both are there, and the
digests are written first, so that whoever sees an archive finds them (threats A-27, B-05, B-20).
"""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec

from penstock.base.errors import LimitExceeded, Transient
from penstock.base.structs import learn
from penstock.source.archive import digest_of
from penstock.source.artifact import (
    ARCHIVE,
    InvalidArtifact,
    archive_key,
    check_pointer,
    files_key,
    folder,
    garbage,
)
from penstock.store.bucket import PreconditionFailed, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from penstock.base.limits import Limits
    from penstock.store.bucket import Bucket, Entry

VERSION = 1
_REMEMBERED = 10_000
_T = TypeVar("_T")


class ArtifactMissing(Transient):
    """The artifact is not in the bucket, or not as it was stored; fetching the source again makes it anew."""

    reason = "ArtifactFailed"


class StoredArtifact(msgspec.Struct, frozen=True):
    """An artifact in the bucket: its key, `sha256:` digest, size in bytes and address."""

    key: str
    digest: str
    size: int
    url: str


class _Files(msgspec.Struct, frozen=True):
    """What lies beside an archive: the sha256 in hex of each file."""

    files: dict[str, str]
    version: int = VERSION


class _Versioned(msgspec.Struct, frozen=True):
    version: int = VERSION


learn(_Files, _Versioned)


class Artifacts:
    """All artifacts of one bucket. Safe to share between threads."""

    def __init__(self, bucket: Bucket, limits: Limits) -> None:
        self._bucket = bucket
        self._limits = limits
        self._verified: dict[str, int] = {}
        self._lock = threading.Lock()

    def store(
        self, kind: str, namespace: str, name: str, archive: bytes, digests: Mapping[str, str]
    ) -> StoredArtifact:
        """Store an archive with its files' digests, and verify it by reading it back.

        What is there is replaced only as it was seen, and digests of a newer penstock not at all.
        """
        if len(archive) > self._limits.artifact_archive_bytes:
            most = self._limits.artifact_archive_bytes
            raise LimitExceeded(f"the archive is larger than {most} bytes", limit="artifact_archive_bytes")
        digest = digest_of(archive)
        key = archive_key(kind, namespace, name, digest)
        there = {entry.key: entry.generation for entry in self._bucket.list(key.removesuffix(ARCHIVE))}
        if not self._newer_files(key):
            files = msgspec.json.encode(_Files(dict(sorted(digests.items()))))
            self._replace(files_key(key), files, there.get(files_key(key), 0))
        self._replace(key, archive, there.get(key, 0))
        self.load(key, digest)
        return StoredArtifact(key, digest, len(archive), self._bucket.url(key))

    def load(self, key: str, digest: str) -> bytes:
        """The archive, verified. ArtifactMissing if it is gone or damaged; damaged ones are removed."""
        check_pointer(key, digest)
        try:
            found = self._bucket.get(key)
        except TooLarge:
            found = (b"", 0)
        if found is None:
            raise ArtifactMissing("the artifact is not in the bucket: its source has to be fetched again")
        data, generation = found
        if digest_of(data) != digest:
            self.discard(key)
            raise ArtifactMissing(
                "the artifact in the bucket is not what was stored: its source has to be fetched again"
            )
        self._remember(key, generation)
        return data

    def files(self, key: str, digest: str) -> Mapping[str, str] | None:
        """The sha256 in hex of each file of an artifact; None if they are lost, which only costs time.

        None as well if a newer penstock wrote them.
        """
        check_pointer(key, digest)
        found = self._decoded(key, _Files)
        return found.files if found is not None and found.version == VERSION else None

    def intact(self, key: str, digest: str, *, kind: str = "", namespace: str = "", name: str = "") -> bool:
        """Whether the artifact is there as it was stored; a pointer that makes no sense points to none.

        Nor does, if the source is given, one to what another source stored. Reads it once; afterwards, as
        long as its generation stays, a listing is enough.
        """
        try:
            check_pointer(key, digest, kind=kind, namespace=namespace, name=name)
        except InvalidArtifact:
            return False
        there = {entry.key: entry for entry in self._bucket.list(key.removesuffix(ARCHIVE))}
        archive = there.get(key)
        if archive is None or files_key(key) not in there:
            return False
        if self._verified.get(key) == archive.generation:
            return True
        try:
            self.load(key, digest)
        except ArtifactMissing:
            return False
        return True

    def url(self, key: str) -> str:
        """Where an artifact is found by those who may read it."""
        return self._bucket.url(key)

    def discard(self, key: str) -> None:
        """Remove an archive and its digests, but for those that a newer penstock wrote."""
        self._forget(key)
        self._bucket.delete(key)
        if not self._newer_files(key):
            self._bucket.delete(files_key(key))

    def _replace(self, key: str, data: bytes, generation: int) -> None:
        """Store over that generation and no other, so that it may be sent twice."""
        with suppress(PreconditionFailed):  # it was sent twice, or somebody else was quicker: it is the same
            self._bucket.put(key, data, if_generation=generation)

    def _newer_files(self, key: str) -> bool:
        """Whether a newer penstock wrote the digests of an archive."""
        found = self._decoded(key, _Versioned)
        return found is not None and found.version > VERSION

    def _decoded(self, key: str, kind: type[_T]) -> _T | None:
        """The digests of an archive, None if they are lost or cannot be read as that."""
        try:
            found = self._bucket.get(files_key(key))
            return None if found is None else msgspec.json.decode(found[0], type=kind)
        except (TooLarge, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def collect(
        self,
        kind: str,
        namespace: str,
        name: str,
        *,
        used: frozenset[str],
        now: datetime,
        keep_count: int,
        keep_seconds: float,
        also_used: Callable[[], frozenset[str]] = frozenset,
    ) -> int:
        """Remove a source's artifacts that are old, many and not `used`; how many archives went.

        `also_used` tells of more that are used, and is asked only if something would go.
        """
        old = partial(
            garbage,
            self._entries(kind, namespace, name),
            now=now,
            keep_count=keep_count,
            keep_seconds=keep_seconds,
        )
        return self._remove(old(used=used | also_used())) if old(used=used) else 0

    def remove_all(self, kind: str, namespace: str, name: str) -> int:
        """Remove all artifacts of a source; how many archives went."""
        return self._remove(tuple(entry.key for entry in self._entries(kind, namespace, name)))

    def _entries(self, kind: str, namespace: str, name: str) -> tuple[Entry, ...]:
        return self._bucket.list(folder(kind, namespace, name))

    def _remove(self, keys: tuple[str, ...]) -> int:
        """Archives go before their digests: an archive is never without them."""
        for key in sorted(keys, reverse=True):
            self._forget(key)
            self._bucket.delete(key)
        return sum(key.endswith(ARCHIVE) for key in keys)

    def _forget(self, key: str) -> None:
        with self._lock:
            self._verified.pop(key, None)

    def _remember(self, key: str, generation: int) -> None:
        with self._lock:
            self._verified[key] = generation
            while len(self._verified) > _REMEMBERED:
                del self._verified[next(iter(self._verified))]
