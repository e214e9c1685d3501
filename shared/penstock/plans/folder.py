"""Local files as an artifact would have them: what a source would leave out is left out here as well."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded, Terminal
from penstock.source.archive import Unpacked
from penstock.source.ignore import IGNORE_FILE, check_ignore_size, ignore_rules
from penstock.source.paths import parents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penstock.base.limits import Limits

_REPOSITORY = ".git"


@dataclass(frozen=True)
class Local:
    """The files of a repository on this disk, and the folder in it that is to be built ("" is its root)."""

    files: Unpacked
    path: str


class OnDisk(Mapping[str, bytes]):
    """The contents of files below a folder by their paths, each read when it is asked for."""

    def __init__(self, root: Path, paths: Sequence[str], limits: Limits) -> None:
        self._root = root
        self._paths = dict.fromkeys(paths)
        self._limits = limits

    def __getitem__(self, path: str) -> bytes:
        if path not in self._paths:
            raise KeyError(path)
        file, most = self._root / path, self._limits.artifact_file_bytes
        if file.stat().st_size > most:
            raise LimitExceeded(f"{file} is larger than {most} bytes", limit="artifact_file_bytes")
        return file.read_bytes()

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def read_folder(folder: Path, limits: Limits, ignored: Sequence[str] = ()) -> Local:
    """The repository that a folder lies in, or the folder alone if it lies in none.

    `ignored` are further patterns in the form of .gitignore, from the folder on. Links are left out, as they
    are in artifacts. Terminal if it is no folder, LimitExceeded if there is too much in it.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise Terminal(f"invalid resource path {str(folder)!r}: it is no folder")
    root = next((one for one in (folder, *folder.parents) if (one / _REPOSITORY).exists()), folder)
    path = folder.relative_to(root).as_posix() if folder != root else ""
    found = tuple(_walk(root, limits))
    rules = ignore_rules(_ignore_files(root, found, path, ignored, limits), None, limits)
    kept = [name for name in found if not rules.excludes(name, is_folder=False)]
    folders = {above for name in kept for above in parents(name)} | (
        {path, *parents(path)} if path else set()
    )
    return Local(Unpacked(OnDisk(root, kept, limits), frozenset(folders)), path)


def _walk(root: Path, limits: Limits) -> Iterator[str]:
    """The paths of all files below the root, in order; links are not followed, nor given."""
    count = 0
    for folder, folders, names in os.walk(root, onerror=_fail):
        folders[:] = sorted(name for name in folders if name != _REPOSITORY)
        for name in sorted(names):
            path = Path(folder, name)
            if not stat.S_ISREG(path.lstat().st_mode):
                continue
            count += 1
            if count > limits.artifact_files:
                raise LimitExceeded(
                    f"there are more than {limits.artifact_files} files below {root}", limit="artifact_files"
                )
            yield path.relative_to(root).as_posix()


def _fail(error: OSError) -> None:
    raise error


def _ignore_files(
    root: Path, found: Sequence[str], path: str, ignored: Sequence[str], limits: Limits
) -> dict[str, bytes]:
    """The .sourceignore files, that of the folder with the further patterns at its end."""
    names = [name for name in found if name.rpartition("/")[2] == IGNORE_FILE]
    for name in names:
        check_ignore_size(name, (root / name).stat().st_size, limits)
    files = {name: (root / name).read_bytes() for name in names}
    if ignored:
        own = f"{path}/{IGNORE_FILE}" if path else IGNORE_FILE
        files[own] = b"\n".join((files.get(own, b""), *(line.encode() for line in ignored)))
    return files
