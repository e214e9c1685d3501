"""The manifests in a folder: found, read and written, links never followed."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded, Terminal, setting_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.base.limits import Limits

_ENDINGS = (".yaml", ".yml")
_LEFT_OUT = {".git"}


@dataclass(frozen=True)
class PassedOver:
    """A file that was not looked at, and why in a few words."""

    path: Path
    why: str


def manifests(root: Path, limits: Limits) -> Iterator[Path]:
    """The YAML files below a folder, links among them, in order; the file itself if it is one.

    Terminal if there is nothing of that name; LimitExceeded if there are too many.
    """
    if root.is_file():
        yield root
        return
    if not root.is_dir():
        raise Terminal(f"there is no file and no folder {root}")
    count = 0
    for folder, folders, names in os.walk(root, onerror=_fail):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(names):
            count += 1
            if count > limits.migrate_files:
                raise LimitExceeded(
                    f"there are more than {limits.migrate_files} files below {root}", limit="migrate_files"
                )
            if name.endswith(_ENDINGS):
                yield Path(folder, name)


def _fail(error: OSError) -> None:
    raise error


def read(path: Path, limits: Limits) -> str | PassedOver:
    """The text of a file, line breaks as they are; or why not: a link, no file, too large, no text."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return PassedOver(path, "it is a link" if path.is_symlink() else str(error.strerror))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return PassedOver(path, "it is no regular file")
        data = file.read(limits.migrate_file_bytes + 1)
    if len(data) > limits.migrate_file_bytes:
        most = limits.migrate_file_bytes
        return PassedOver(path, f"it is larger than {most} bytes{setting_of('migrate_file_bytes')}")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return PassedOver(path, "it is no text in UTF-8")


def replace(path: Path, before: str, after: str, limits: Limits) -> None:
    """The file with its new text and its old mode, whole or not at all; Terminal if it has changed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after.encode())
            file.flush()
            os.fsync(handle)
        Path(name).chmod(stat.S_IMODE(path.lstat().st_mode))
        _check_unchanged(path, before, limits)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _check_unchanged(path: Path, before: str, limits: Limits) -> None:
    if read(path, limits) != before:
        raise Terminal(f"{path} was changed meanwhile: it is left as it is")
