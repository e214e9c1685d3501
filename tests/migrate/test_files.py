"""Manifests are written whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import PenstockError
from penstock.base.limits import Limits
from penstock.migrate.files import manifests, read, replace

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.fixtures_disk import Disk

OLD = "apiVersion: kustomize.toolkit.fluxcd.io/v1beta2\nkind: Kustomization\nmetadata: {name: a}\n"
NEW = OLD.replace("v1beta2", "v1")
FILES = 100


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A file to migrate, with nothing beside it."""
    path = tmp_path / "sync.yaml"
    path.write_text(OLD)
    return path


def test_a_file_that_changed_after_it_was_read_is_left_as_it_is(manifest: Path) -> None:
    manifest.write_text("other")
    with pytest.raises(PenstockError, match="was changed meanwhile"):
        replace(manifest, OLD, NEW, Limits())
    assert manifest.read_text() == "other"
    assert [one.name for one in manifest.parent.iterdir()] == [manifest.name]


def test_whoever_reads_a_file_meanwhile_sees_all_of_the_old_or_all_of_the_new(manifest: Path) -> None:
    texts = [OLD + "# x\n" * 500_000, NEW + "# y\n" * 500_000]
    manifest.write_text(texts[0])
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.add(manifest.read_text())

    reader = threading.Thread(target=look)
    reader.start()
    try:
        eventually(lambda: seen, "the first look")
        for number in range(30):
            before, after = texts if number % 2 == 0 else reversed(texts)
            replace(manifest, before, after, Limits())
    finally:
        over.set()
        reader.join()
    assert seen <= set(texts)


def test_a_disk_in_trouble_leaves_the_file_as_it_was(disk: Disk, trouble: str) -> None:
    path = disk.path / "sync.yaml"
    path.write_text(OLD)
    with disk.in_trouble(trouble):
        with pytest.raises(OSError, match=r"No space left|Read-only"):
            replace(path, OLD, NEW + "#" * 100_000, Limits())
        assert path.read_text() == OLD
    assert disk.names() == {"sync.yaml"}
    replace(path, OLD, NEW, Limits())
    assert path.read_text() == NEW


def test_a_process_that_is_killed_leaves_each_file_old_or_new_and_the_next_one_finishes(
    tmp_path: Path,
) -> None:
    for number in range(FILES):
        (tmp_path / f"{number:03}.yaml").write_text(OLD)
    command = [str(Path(sys.executable).parent / "penstock"), "migrate", "-f", str(tmp_path)]
    with subprocess.Popen([*command, "--yes"], stdout=subprocess.DEVNULL) as killed:
        eventually(lambda: (tmp_path / "000.yaml").read_text() == NEW, "the first file")
        killed.kill()
    texts = [read(path, Limits()) for path in manifests(tmp_path, Limits())]
    assert (len(texts), set(texts) <= {OLD, NEW}) == (FILES, True)
    subprocess.run([*command, "--yes"], check=True, stdout=subprocess.DEVNULL)
    assert {read(path, Limits()) for path in manifests(tmp_path, Limits())} == {NEW}
