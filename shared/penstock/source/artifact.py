"""Where artifacts lie in the bucket, and which of them are no longer needed.

Keys are content-addressed, `<kind>/<namespace>/<name>/<sha256>.tar.gz` with `.files.json` beside it: what a
status points to can be checked against its own name, and a re-made artifact overwrites nothing else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

ARCHIVE = ".tar.gz"
FILES = ".files.json"
MOST = 100
"""Artifacts of one source that are kept because they are young."""
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_ARCHIVE = re.compile(r"[0-9a-f]{64}\.tar\.gz")
_SEGMENT = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


class InvalidArtifact(Terminal):
    """What points to an artifact does not make sense; nothing was read."""

    reason = "ArtifactFailed"


class Stored(Protocol):
    """An object of the bucket; penstock.store.bucket.Entry is one."""

    @property
    def key(self) -> str:
        """Its name."""
        ...

    @property
    def updated(self) -> datetime:
        """When it was last written."""
        ...


def hex_of(digest: str) -> str:
    """The hexadecimal part of a `sha256:` digest; InvalidArtifact for any other (threats A-27)."""
    found = _DIGEST.fullmatch(digest)
    if found is None:
        raise InvalidArtifact(f"the artifact's digest {digest[:80]!r} is not of the form sha256:<hex>")
    return found[1]


def folder(kind: str, namespace: str, name: str) -> str:
    """The prefix of all keys of one source, with a slash at its end."""
    parts = (kind.lower(), namespace, name)
    if not all(_SEGMENT.fullmatch(part) for part in parts):
        raise InvalidArtifact(f"{'/'.join(parts)[:200]!r} is no name of a source")
    return "/".join(parts) + "/"


def archive_key(kind: str, namespace: str, name: str, digest: str) -> str:
    """The key of a source's archive with that digest."""
    return f"{folder(kind, namespace, name)}{hex_of(digest)}{ARCHIVE}"


def files_key(key: str) -> str:
    """The key of the per-file digests of the archive at `key`."""
    return key.removesuffix(ARCHIVE) + FILES


def source_of(key: str) -> tuple[str, str, str] | None:
    """Kind in lower case, namespace and name of the source whose archive has that key; None for others."""
    kind, _, rest = key.partition("/")
    namespace, _, rest = rest.partition("/")
    name, _, file = rest.partition("/")
    if not _ARCHIVE.fullmatch(file) or not all(map(_SEGMENT.fullmatch, (kind, namespace, name))):
        return None
    return kind, namespace, name


def check_pointer(key: str, digest: str, *, kind: str = "", namespace: str = "", name: str = "") -> None:
    """Raise InvalidArtifact unless `key` names an archive of that digest (and, if given, of that source)."""
    if not key.endswith(f"/{hex_of(digest)}{ARCHIVE}"):
        raise InvalidArtifact(f"the artifact's path {key[:300]!r} is not the one of its digest")
    if name and key != archive_key(kind, namespace, name, digest):
        raise InvalidArtifact(f"the artifact's path {key[:300]!r} is not one of {kind} {namespace}/{name}")


def garbage(
    stored: Iterable[Stored], *, used: frozenset[str], now: datetime, keep_count: int, keep_seconds: float
) -> tuple[str, ...]:
    """The keys of one source that may go: older than `keep_seconds` and not of the newest `keep_count`.

    Archives named in `used` never go; of all others at most MOST are left, so that many pushes within a short
    time fill no bucket (threats B-10). Digests whose archive is not there go by age alone.
    """
    found = {entry.key: entry.updated for entry in stored}
    archives = sorted(
        (key for key in found if key.endswith(ARCHIVE)), key=lambda key: found[key], reverse=True
    )
    young = [key for key in archives[:MOST] if _age(found[key], now) <= keep_seconds]
    kept = used.union(archives[:keep_count], young)
    gone = {name for key in archives if key not in kept for name in (key, files_key(key))}
    gone |= {key for key in found if _is_lone(key, found) and _age(found[key], now) > keep_seconds}
    return tuple(sorted(gone & found.keys()))


def _is_lone(key: str, found: Collection[str]) -> bool:
    """Whether it is neither an archive nor the digests of one that is there."""
    return not key.endswith(ARCHIVE) and key.removesuffix(FILES) + ARCHIVE not in found


def _age(updated: datetime, now: datetime) -> float:
    """Seconds since then."""
    return (now - updated).total_seconds()
