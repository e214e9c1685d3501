"""A real forge: one Gitea per run, started by the first test that asks; `pytest_plugins` loads it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from penstock.tools.gobuild import built_path
from penstock.tools.gotools import GITEA, tool

from tests.support.gitea_server import GiteaServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.gitea_server import Person

_counter = itertools.count(1)


@pytest.fixture(scope="session")
def gitea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GiteaServer]:
    """The server; tests use accounts, organisations and repositories of their own."""
    with GiteaServer(built_path(tool(GITEA)), tmp_path_factory.mktemp("gitea")) as server:
        yield server


@pytest.fixture
def person(gitea: GiteaServer) -> Person:
    """A fresh account, whose token may do everything."""
    return gitea.person(f"ada{next(_counter)}")


@pytest.fixture
def organisation(gitea: GiteaServer, person: Person) -> str:
    """A fresh organisation of that person."""
    name = f"acme{next(_counter)}"
    gitea.organisation(name, person)
    return name
