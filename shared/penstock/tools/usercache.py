"""The user's cache folder, and the lock that keeps two processes from making the same thing in it."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from penstock.tools.progress import Progress, spent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_POLL_S = 0.2
_QUIET_S = 2.0
_REPEAT_S = 30.0
_PARTIAL = ".partial-"


def cache_folder(env: Mapping[str, str]) -> Path:
    """`$XDG_CACHE_HOME/penstock`, else `~/.cache/penstock`; made if missing.

    XDG base directory specification: a relative XDG_CACHE_HOME is to be ignored.
    """
    xdg = env.get("XDG_CACHE_HOME", "")
    home = Path(env["HOME"]) if env.get("HOME") else Path.home()
    base = Path(xdg) if xdg.startswith("/") else home / ".cache"
    folder = base / "penstock"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextlib.contextmanager
def locked(folder: Path, progress: Progress) -> Iterator[None]:
    """Holds `folder` for this process; says so when another one keeps us waiting. Released by the kernel."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        _acquire(handle, folder, progress)
        yield


def _acquire(handle: IO[str], folder: Path, progress: Progress) -> None:
    started = time.monotonic()
    next_line = started + _QUIET_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            now = time.monotonic()
            if now >= next_line:
                progress(f"waiting for another penstock that works in {folder} ({spent(now - started)})")
                next_line = now + _REPEAT_S
            time.sleep(_POLL_S)
        else:
            return


@contextlib.contextmanager
def made_whole(target: Path) -> Iterator[Path]:
    """An empty folder that becomes `target` when the block ends well, and vanishes when it does not.

    To be used under `locked(target.parent)`: what killed processes left there is swept first.
    """
    for stale in target.parent.glob(f"{_PARTIAL}*"):
        shutil.rmtree(stale, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=target.parent))
    try:
        yield partial
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
