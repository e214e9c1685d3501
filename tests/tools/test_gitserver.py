"""The Git server that the embedded default and the tests use."""

import subprocess
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from penstock.tools.gitserver import GitServer, Login, RefUpdate

from tests.fixtures_git import WorkingCopy, clone


def test_what_is_pushed_can_be_cloned(repository: WorkingCopy, git_server: GitServer, tmp_path: Path) -> None:
    big = bytes(range(256)) * 20_000
    repository.publish({"a": "1", "big": big})
    repository.git("clone", "--quiet", repository.url, str(tmp_path / "other"))
    assert (tmp_path / "other" / "big").read_bytes() == big
    assert repository.url.startswith(f"{git_server.base_url}/")


def test_every_push_that_changes_something_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, tuple[RefUpdate, ...]]] = []
    with GitServer(tmp_path, on_push=lambda name, updates: told.append((name, updates))) as server:
        copy = clone(server, "team/fleet", tmp_path / "copy")
        first = copy.publish({"a": "1"})
        second = copy.commit({"a": "2"})
        copy.push("main", "HEAD:refs/heads/x")
        copy.push("main")
        copy.push(":refs/heads/x")
    assert told == [
        ("team/fleet", (RefUpdate("refs/heads/main", "", first),)),
        (
            "team/fleet",
            (RefUpdate("refs/heads/main", first, second), RefUpdate("refs/heads/x", "", second)),
        ),
        ("team/fleet", (RefUpdate("refs/heads/x", second, ""),)),
    ]


@pytest.mark.parametrize("login", [Login("ada", "pässword"), Login(token="abc")])
def test_only_who_logs_in_may_read_and_push(tmp_path: Path, login: Login) -> None:
    with GitServer(tmp_path, login=login) as server:
        copy = clone(server, "fleet", tmp_path / "copy")
        copy.commit()
        with pytest.raises(subprocess.CalledProcessError):
            copy.push()
        copy.git("config", "http.extraHeader", f"Authorization: {login.header()}")
        copy.push()
        copy.git("config", "http.extraHeader", "Authorization: Basic eDp5")
        with pytest.raises(subprocess.CalledProcessError):
            copy.git("ls-remote", copy.url)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/fleet.git/config", "/fleet.git/HEAD", "/fleet.git/objects/info/packs", "/no/info/refs"),
        *(
            "/../fleet.git/info/refs",
            "/.hidden/info/refs",
            "/fleet.git/../../etc/passwd",
            "/fleet.git/hooks/x",
        ),
    ],
)
def test_nothing_but_the_smart_protocol_of_a_repository_is_served(git_server: GitServer, path: str) -> None:
    git_server.create("fleet")
    with closing(HTTPConnection(urlsplit(git_server.base_url).netloc)) as connection:
        connection.request("GET", path)
        assert connection.getresponse().status == 404


@pytest.mark.parametrize("name", ["", "../x", "/x", "a b", ".x", "a/.git"])
def test_a_repository_has_a_plain_name(git_server: GitServer, name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        git_server.create(name)


def test_creating_a_repository_again_keeps_what_is_in_it(
    git_server: GitServer, repository: WorkingCopy
) -> None:
    commit = repository.publish()
    name = repository.url.removeprefix(f"{git_server.base_url}/").removesuffix(".git")
    assert git_server.create(name) == repository.url
    assert git_server.refs(name) == {"refs/heads/main": commit}
