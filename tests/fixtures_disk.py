"""A small file system of a test's own: it can be full, read-only or without room for names (B-24)."""

from __future__ import annotations

import errno
import itertools
import subprocess
from contextlib import contextmanager
from shutil import which
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TROUBLES = {
    "full": "No space left on device",
    "read-only": "Read-only file system",
    "out of names": "No space left on device",
}


class Disk:
    """A file system of 1 MiB and a hundred names below `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def in_trouble(self, trouble: str) -> Iterator[None]:
        """Something is wrong with it, and then it is not any more."""
        begin, end = {
            "full": (self._fill, self._empty),
            "read-only": (lambda: self._remount("ro"), lambda: self._remount("rw")),
            "out of names": (self._take_names, self._empty),
        }[trouble]
        begin()
        try:
            yield
        finally:
            end()

    def names(self) -> set[str]:
        """All files on it, by their path."""
        found = (path for path in self.path.rglob("*") if path.is_file())
        return {path.relative_to(self.path).as_posix() for path in found}

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"

    def _fill(self) -> None:
        self._ballast.mkdir()
        with (self._ballast / "0").open("wb", 0) as file:
            _until_refused(lambda: file.write(bytes(4096)))

    def _take_names(self) -> None:
        self._ballast.mkdir()
        names = map(str, itertools.count())
        _until_refused(lambda: (self._ballast / next(names)).write_bytes(b""))

    def _empty(self) -> None:
        for path in self._ballast.iterdir():
            path.unlink()
        self._ballast.rmdir()

    def _remount(self, mode: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.path)], check=True)


def _until_refused(take: Callable[[], object]) -> None:
    try:
        while True:
            take()
    except OSError as error:
        assert error.errno == errno.ENOSPC  # noqa: PT017 - where it ends is what matters


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk that is gone after the test; the test is skipped where nothing may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    options = "size=1m,nr_inodes=100"
    command = ["mount", "-t", "tmpfs", "-o", options, "penstock-test", str(place)]
    if which("mount") is None or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield Disk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture(params=TROUBLES)
def trouble(request: pytest.FixtureRequest) -> str:
    """Each thing that can be wrong with a disk."""
    return str(request.param)
