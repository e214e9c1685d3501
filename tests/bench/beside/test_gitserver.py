from pathlib import Path

import pytest

from bench.beside.gitserver import GitProcess
from tests.fixtures_git import clone


def test_the_server_in_a_process_takes_pushes_until_it_is_left(tmp_path: Path) -> None:
    with GitProcess(tmp_path / "git") as server:
        copy = clone(server, "fleet", tmp_path / "copy")
        head = copy.publish({"a.yaml": "a: 1\n"})
        assert copy.git("ls-remote", copy.url, "refs/heads/main").split()[0] == head
        assert Path("/proc", str(server.pid)).exists()
    assert not Path("/proc", str(server.pid)).exists()


def test_a_name_that_is_none_ends_it(tmp_path: Path) -> None:
    with GitProcess(tmp_path / "git") as server, pytest.raises(AssertionError, match="has ended"):
        server.create("../elsewhere")
