"""One world for each test of the flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.tools.gitserver import GitServer, Login

from tests.bootstrap.world import NAME, TOKEN, AcceptingForge, World
from tests.fixtures_git import WorkingCopy
from tests.fixtures_ssh import SSHGitServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.tools.upstream import Upstream


@pytest.fixture
def world(tmp_path: Path, real_upstream: Upstream) -> Iterator[World]:
    """A forge whose empty repository is on a real server, to be had with the token or with a deploy key."""
    login = Login("acme", TOKEN)
    (tmp_path / "git").mkdir()
    with GitServer(tmp_path / "git", login=login) as server, SSHGitServer(tmp_path / "git") as ssh:
        server.create(NAME)
        # The addresses of forges for ssh have no .git at their end.
        (tmp_path / "git" / NAME).symlink_to(server.path(NAME).name)
        yield World(server, ssh, real_upstream, AcceptingForge(ssh, https=f"{server.base_url}/"))


@pytest.fixture
def copy(world: World, tmp_path: Path) -> WorkingCopy:
    """A person's clone."""
    url = world.server.url(NAME).replace("://", f"://acme:{TOKEN}@")
    path = tmp_path / "copy"
    path.mkdir()
    made = WorkingCopy(path, url)
    made.git("init", "--quiet", "--initial-branch=main")
    return made
