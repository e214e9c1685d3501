"""git and the helper where there is no room, or no place at all, for temporary files (threats B-24)."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.limits import Limits
from penstock.kustomize.overlay import Overlay
from penstock.tools.git import Git, GitFailed, Remote
from penstock.tools.upstream import BuildError, InvalidRange, Upstream, program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_disk import Disk
    from tests.fixtures_git import WorkingCopy


def fetched(place: Path, repository: WorkingCopy, commit: str) -> bool:
    """Whether a session in that place brings the commit."""
    deadline = Deadline.after(SystemClock(), 60)
    with Git(Limits(), temporary=place).session(Remote(repository.url), deadline) as git:
        git.fetch(commit)
        return git.has(commit)


def test_a_fetch_that_finds_no_room_fails_with_one_sentence_and_leaves_nothing(
    disk: Disk, repository: WorkingCopy
) -> None:
    commit = repository.publish({"a": "1"})
    (repository.path / "large").write_bytes(os.urandom(3_000_000))
    large = repository.publish()
    assert fetched(disk.path, repository, commit)
    with pytest.raises(GitFailed, match="No space left on device") as caught:
        fetched(disk.path, repository, large)
    assert str(disk.path) not in caught.value.message
    assert list(disk.path.iterdir()) == []
    assert fetched(disk.path, repository, commit)


def test_a_session_that_finds_a_disk_in_trouble_is_told_and_leaves_nothing(
    disk: Disk, trouble: str, repository: WorkingCopy
) -> None:
    commit = repository.publish({"a": "1"})
    with disk.in_trouble(trouble), pytest.raises(GitFailed) as caught:
        fetched(disk.path, repository, commit)
    assert str(disk.path) not in caught.value.message
    assert list(disk.path.iterdir()) == []
    assert fetched(disk.path, repository, commit)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A place for temporary files that is not there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    return tmp_path / "nowhere"


def test_a_build_without_a_place_for_temporary_files_could_not_begin_and_can_later(nowhere: Path) -> None:
    tree = {"app/a.yaml": b"{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"}
    with Upstream(program()) as upstream:
        said = "'app' could not begin: no temporary file can be made: No such file"
        with pytest.raises(BuildError, match=said):
            upstream.build(tree, "app", overlay=Overlay())
        nowhere.mkdir()
        assert len(upstream.build(tree, "app", overlay=Overlay()).objects) == 1
        assert list(nowhere.iterdir()) == []


def test_versions_are_compared_again_once_there_is_a_place_for_temporary_files(nowhere: Path) -> None:
    with Upstream(program()) as upstream:
        with pytest.raises(Exception, match="no temporary file can be made") as caught:
            upstream.semver(">=1.0.0", ["1.0.0"])
        assert not isinstance(caught.value, InvalidRange)
        nowhere.mkdir()
        assert upstream.semver(">=1.0.0", ["1.0.0"]) == "1.0.0"
