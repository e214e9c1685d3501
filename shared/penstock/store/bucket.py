"""The port: a bucket of objects by key, with generations as preconditions. Shaped after Cloud Storage.

Keys are relative paths of plain characters. Writes are atomic: a reader sees the old object or the new one,
never a part. Failures of the store are Transient (BucketFailed); a bad key is Terminal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from penstock.base.errors import Terminal, Transient, setting_of

if TYPE_CHECKING:
    from datetime import datetime

_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}"  # what a file's name may be, and more than Kubernetes' names
_KEY = re.compile(rf"{_PART}(/{_PART})*")
_LONGEST = 1000
"""Cloud Storage takes 1024 bytes, with the prefix of the bucket."""


class BucketFailed(Transient):
    """The store could not do it now; a write whose answer was lost may have happened nevertheless."""

    reason = "StorageOperationFailed"


class PreconditionFailed(Transient):
    """Somebody else wrote first: read again and decide again."""

    reason = "PreconditionFailed"


class InvalidKey(Terminal):
    """No object can have this key."""

    reason = "InvalidKey"


class TooLarge(Terminal):
    """The object is larger than `most_bytes`, Limits.bucket_object_bytes: none of ours, and not read."""

    reason = "StorageOperationFailed"

    def __init__(self, most_bytes: int) -> None:
        most = f"{most_bytes} bytes{setting_of('bucket_object_bytes')}"
        super().__init__(f"an object of the bucket is larger than {most}")


@dataclass(frozen=True)
class Entry:
    """One object of a listing; size in bytes, `updated` in UTC."""

    key: str
    size: int
    updated: datetime
    generation: int


class Bucket(Protocol):
    """Objects by key. Safe to share between threads and processes."""

    def check(self) -> None:
        """Raise BucketFailed unless it can be used."""
        ...

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None) -> int:
        """Store the object and give its generation, which grows with every write of the key.

        PreconditionFailed if it must be absent and is not, or is not of the generation named.
        """
        ...

    def get(self, key: str) -> tuple[bytes, int] | None:
        """The object and its generation, or None if there is none; TooLarge if it cannot be one of ours."""
        ...

    def list(self, prefix: str) -> tuple[Entry, ...]:
        """All objects whose key starts with `prefix`, by key."""
        ...

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens if it is gone."""
        ...

    def url(self, key: str) -> str:
        """Where the object is found by those who may read it."""
        ...


def get_or_drop(bucket: Bucket, key: str) -> tuple[bytes | None, int]:
    """The object and its generation, None and 0 where there is none; what is too large to be ours goes."""
    try:
        return bucket.get(key) or (None, 0)
    except TooLarge:
        bucket.delete(key)
        return None, 0


def is_key(name: str) -> bool:
    """Whether the name is a relative path of plain characters."""
    return len(name) <= _LONGEST and _KEY.fullmatch(name) is not None


def check_key(key: str) -> None:
    """Raise InvalidKey unless the key is a relative path of plain characters (threats A-30, A-84)."""
    if not is_key(key):
        raise InvalidKey(f"{key[:120]!r} is no key of a bucket: parts of letters, digits, '.', '_' and '-'")
