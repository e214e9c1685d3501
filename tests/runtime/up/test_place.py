"""The folder of `up`: nothing that somebody else put there is ever removed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Terminal
from penstock.cli.main import run
from penstock.runtime.up.place import Place

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "place")


@pytest.mark.parametrize("exists", [False, True])
def test_a_new_or_empty_folder_is_taken(place: Place, exists: bool) -> None:
    if exists:
        place.folder.mkdir()
    place.take()
    note = place.read_note()
    assert note is not None
    assert (note.pid, note.kubeconfig) == (os.getpid(), "")
    place.take()


@pytest.mark.parametrize("name", ["bucket", "control-plane", "precious"])
def test_a_folder_of_somebody_else_is_refused_and_stays(place: Place, name: str) -> None:
    (place.folder / name).mkdir(parents=True)
    with pytest.raises(Terminal, match=r"was not made by `penstock up`: .*--dir"):
        place.take()
    assert (place.folder / name).is_dir()


def test_what_was_brought_to_a_cluster_is_not_forgotten_when_the_folder_is_taken_again(place: Place) -> None:
    place.take()
    place.write_note("/home/me/kubeconfig", "prod")
    place.take()
    note = place.read_note()
    assert note is not None
    assert (note.kubeconfig, note.context) == ("/home/me/kubeconfig", "prod")


def test_clearing_removes_what_is_ours_and_nothing_else(place: Place) -> None:
    place.take()
    for folder in (place.control_plane, place.bucket, place.queue, place.git, place.fleet):
        (folder / "x").mkdir(parents=True)
    place.log_file.touch()
    place.clear()
    assert not place.folder.exists()
    place.take()
    (place.folder / "mine").touch()
    place.clear()
    assert [path.name for path in place.folder.iterdir()] == ["mine"]


def test_down_leaves_a_folder_that_is_not_ours_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("bucket", "precious"):
        (tmp_path / name).mkdir()
    assert run(["down", "--dir", str(tmp_path)]) == 1
    assert "was not made by `penstock up`" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bucket", "precious"]


def test_down_where_nothing_is_has_nothing_to_do(tmp_path: Path) -> None:
    assert run(["down", "--dir", str(tmp_path / "nothing")]) == 0
    assert list(tmp_path.iterdir()) == []
