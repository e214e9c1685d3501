"""The server of written exchanges, and the Git server behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from tests.fixtures_git import WorkingCopy, clone
from tests.support.exchanges import UNWRITTEN, Exchanges, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.tools.gitserver import GitServer


def test_replies_are_given_in_turn_and_what_is_not_written_is_named() -> None:
    with Exchanges("/api") as exchanges:
        exchanges.write("GET", "/x", Reply(404), Reply(200, {"a": 1}, {"Link": "next"}))
        answers = [requests.get(f"{exchanges.url}/api/x?page={n}", timeout=9) for n in range(3)]
        assert [answer.status_code for answer in answers] == [404, 200, 200]
        assert (answers[1].json(), answers[1].headers["Link"]) == ({"a": 1}, "next")
        assert [one.query for one in exchanges.asked] == ["page=0", "page=1", "page=2"]
        for address in (f"{exchanges.url}/api/y", f"{exchanges.url}/x"):
            assert requests.post(address, json={"b": 2}, timeout=9).status_code == UNWRITTEN
        assert exchanges.bodies("POST", "/y") == [{"b": 2}]


def test_what_is_not_of_the_api_is_the_git_servers(git_server: GitServer, tmp_path: Path) -> None:
    name = f"{tmp_path.name}/fleet"
    real = clone(git_server, name, tmp_path / "real")
    git = real.url.removesuffix(f"/{name}.git")
    with Exchanges("/api", git) as exchanges:
        copy = WorkingCopy(real.path, f"{exchanges.url}/{name}.git")
        copy.git("config", "http.extraHeader", "Authorization: Bearer x")
        commit = copy.publish({"a.yaml": "a: 1"})
        assert copy.git("ls-remote", real.url, "refs/heads/main").split()[0] == commit
        assert copy.git("ls-remote", copy.url, "refs/heads/main").split()[0] == commit
    assert exchanges.asked == []
