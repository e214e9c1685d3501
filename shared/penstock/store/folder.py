"""A bucket in a local folder, for one machine: crash-safe, and shared by threads and processes.

An object is a file, written aside, synced and renamed into place, so that a crash, a kill or a full disk
leaves the old object or the new one. Its generation is its modification time in nanoseconds, set to grow
with every write of the key; a file that was changed behind our back has another one, too.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from penstock.base.limits import MIB
from penstock.store.bucket import BucketFailed, Entry, PreconditionFailed, TooLarge, check_key

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASIDE = ".aside"
_LOCK = ".lock"
_SECOND_NS = 1_000_000_000
_LEFT_BEHIND_S = 3600.0


class FolderBucket:
    """Implements penstock.store.bucket.Bucket below `root`, which is made if it is missing.

    `base_url` is where the folder is served, if it is; the objects' URLs are file: addresses otherwise.
    Objects of more than `most_bytes` are not read.
    """

    def __init__(self, root: Path, base_url: str = "", *, most_bytes: int = 256 * MIB) -> None:
        self._root = root.absolute()
        self._base_url = base_url.rstrip("/")
        self._most_bytes = most_bytes
        self._thread_lock = threading.Lock()
        with _failing("be made"):
            (self._root / _ASIDE).mkdir(parents=True, exist_ok=True)
            self._clear_aside(time.time() - _LEFT_BEHIND_S)

    def check(self) -> None:
        """Raise BucketFailed unless it can be written, be it one byte."""
        with _failing("be written"), self._aside(b"x"), self._locked():
            pass

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None) -> int:
        """See the port."""
        path = self._path(key)
        with _failing("be written"), self._aside(data) as aside:
            with self._locked():
                current = _generation(path)
                if (if_absent and current) or (if_generation is not None and current != if_generation):
                    raise PreconditionFailed(f"{key} was written by somebody else in between")
                path.parent.mkdir(parents=True, exist_ok=True)
                generation = _stamp(aside, current)
                aside.replace(path)
            # Others need not wait until the disk has it: whatever they see, a crash ends them as well.
            _sync_folder(path.parent)
            return generation

    def get(self, key: str) -> tuple[bytes, int] | None:
        """See the port."""
        path = self._path(key)
        with _failing("be read"):
            try:
                with path.open("rb") as file:
                    return self._whole(file), os.fstat(file.fileno()).st_mtime_ns
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def list(self, prefix: str) -> tuple[Entry, ...]:
        """See the port."""
        start = self._root / prefix.rpartition("/")[0]
        if prefix and not start.resolve().is_relative_to(self._root.resolve()):
            return ()
        with _failing("be listed"):
            found = (self._entry(path) for path in _walk(start))
            entries = [entry for entry in found if entry is not None and entry.key.startswith(prefix)]
        return tuple(sorted(entries, key=lambda entry: entry.key))

    def delete(self, key: str) -> None:
        """See the port."""
        path = self._path(key)
        with _failing("be changed"), self._locked():
            with suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()
            self._drop_empty_folders(path.parent)

    def url(self, key: str) -> str:
        """See the port."""
        path = self._path(key)
        return f"{self._base_url}/{key}" if self._base_url else path.as_uri()

    def _whole(self, file: BinaryIO) -> bytes:
        # A read makes room for all that it asks for, so it asks for what there is.
        data = file.read(min(os.fstat(file.fileno()).st_size, self._most_bytes) + 1)
        if len(data) > self._most_bytes:
            raise TooLarge(self._most_bytes)
        return data

    def _path(self, key: str) -> Path:
        check_key(key)
        return self._root / key

    @contextmanager
    def _aside(self, data: bytes) -> Iterator[Path]:
        """The data in a synced file outside of any key; gone afterwards unless it was renamed."""
        handle, name = tempfile.mkstemp(dir=self._root / _ASIDE)
        aside = Path(name)
        try:
            with open(handle, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield aside
        finally:
            aside.unlink(missing_ok=True)

    def _clear_aside(self, oldest: float) -> None:
        """Remove what processes that were killed left half written."""
        for path in (self._root / _ASIDE).iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Exclusive among threads and, by an advisory file lock, among processes."""
        with self._thread_lock, (self._root / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _entry(self, path: Path) -> Entry | None:
        with suppress(FileNotFoundError):
            stat = path.stat()
            updated = datetime.fromtimestamp(stat.st_mtime, UTC)
            return Entry(path.relative_to(self._root).as_posix(), stat.st_size, updated, stat.st_mtime_ns)
        return None

    def _drop_empty_folders(self, folder: Path) -> None:
        with suppress(OSError):
            while folder != self._root:
                folder.rmdir()
                folder = folder.parent


@contextmanager
def _failing(what: str) -> Iterator[None]:
    """Any failure of the file system as BucketFailed, without the path, which is the machine's business."""
    try:
        yield
    except OSError as error:
        raise BucketFailed(f"the bucket folder could not {what}: {error.strerror or error}") from error


def _generation(path: Path) -> int:
    """The object's generation, 0 if there is none."""
    try:
        return path.stat().st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _stamp(path: Path, current: int) -> int:
    """Give the file a generation above `current`, also on file systems that keep coarse times."""
    wanted = max(time.time_ns(), current + 1)
    while True:
        os.utime(path, ns=(wanted, wanted))
        kept = path.stat().st_mtime_ns
        if kept > current:
            return kept
        wanted += _SECOND_NS


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a crash; a folder that is gone by now has nothing to keep."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _walk(start: Path) -> Iterator[Path]:
    """The files below a folder that can be objects, links not followed; nothing if there is no folder."""
    try:
        found = list(os.scandir(start))
    except (FileNotFoundError, NotADirectoryError):
        return
    for item in found:
        if item.name.startswith("."):
            continue
        if item.is_dir(follow_symlinks=False):
            yield from _walk(Path(item.path))
        elif item.is_file(follow_symlinks=False):
            yield Path(item.path)
