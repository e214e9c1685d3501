"""Files that survive a crash, and the lock that several processes on one folder take turns by."""

from __future__ import annotations

import fcntl
import os
import re
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COUNTER_BYTES = 8
_OWNER = re.compile("[0-9a-f]{32}")


def write_durably(path: Path, data: bytes, temporary: Path) -> None:
    """Makes `path` hold `data`, wholly or not at all, and not to be lost by a power failure either."""
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes renames within the folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Turns:
    """A lock between processes (flock), with a counter that tells whether others changed anything."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Holds the lock; the kernel lets go of it if the process dies."""
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def count(self) -> int:
        """How many changes were counted so far; may be read without the lock."""
        return int.from_bytes(os.pread(self._handle, _COUNTER_BYTES, 0))

    def count_up(self) -> int:
        """Counts a change, under the lock; gives the new count."""
        count = self.count() + 1
        os.pwrite(self._handle, count.to_bytes(_COUNTER_BYTES), 0)
        return count

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._handle)


class Owners:
    """Who is alive: every member holds a lock on a file of its own. To be used under Turns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._id = _identity(folder.with_name("id"))
        self.me = uuid.uuid4().hex
        self._handle = os.open(self._path(self.me), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def alive(self, owner: str) -> bool:
        """Whether the process that calls itself so still runs."""
        if owner == self.me:
            return True
        try:
            handle = os.open(self._path(owner), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def gone(self, member: str) -> bool:
        """Whether a process of this folder that called itself `member` does not run any more."""
        folder, _, owner = member.rpartition(".")
        return folder == self._id and _OWNER.fullmatch(owner) is not None and not self.alive(owner)

    @property
    def member(self) -> str:
        """A name for this process that no other has, on this folder or another."""
        return f"{self._id}.{self.me}"

    def bury(self) -> None:
        """Removes the files of those who are gone."""
        for path in self._folder.iterdir():
            if not self.alive(path.name):
                path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Is no longer alive."""
        with suppress(FileNotFoundError):
            self._path(self.me).unlink()
        os.close(self._handle)

    def _path(self, owner: str) -> Path:
        return self._folder / owner


def _identity(path: Path) -> str:
    """What tells this folder from all others, made when it is missing; under Turns."""
    with suppress(FileNotFoundError):
        found = path.read_text()
        if _OWNER.fullmatch(found):
            return found
    made = uuid.uuid4().hex
    write_durably(path, made.encode(), path.with_name(".id"))
    return made
