"""Temporary folders that may hold credentials: they go with their use or, after a kill, with the next use."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_YOUNG_S = 60.0
"""So young that its maker may not hold it yet."""


@contextmanager
def scratch(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """A new folder for us alone, below `parent` or where the system keeps such; OSError if none can be made.

    Folders of the same prefix whose process was killed are removed on the occasion.
    """
    sweep(prefix, parent)
    with ExitStack() as stack:
        name = tempfile.TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(name))
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, handle)
        with suppress(OSError):  # a file system without locks, where nothing is swept either
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder


def sweep(prefix: str, parent: Path | None = None, *, young_s: float = _YOUNG_S) -> None:
    """Remove our user's folders of that prefix which nobody holds; what cannot be removed stays."""
    oldest = time.time() - young_s
    with suppress(OSError):
        for entry in os.scandir(parent or tempfile.gettempdir()):
            if entry.name.startswith(prefix):
                with suppress(OSError):
                    _remove_unheld(Path(entry.path), oldest)


def _remove_unheld(folder: Path, oldest: float) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mtime > oldest:
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
