"""The flow with the real client of GitLab's API, against exchanges written from its published description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncssh
from penstock.bootstrap.steps.connecting import Hosted, connect
from penstock.forge.connect import Kind, Login
from penstock.forge.port import WantedRepository
from penstock.tools.gitserver import GitServer

from tests.bootstrap.world import NAME, TOKEN, WEBHOOK_SECRET, AcceptingForge, World
from tests.fixtures_ssh import SSHGitServer
from tests.forge import gitlab_exchanges
from tests.forge.logging_in import asked
from tests.support.exchanges import Asked, Exchanges, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.tools.upstream import Upstream


def test_gitlab_gets_a_project_a_deploy_key_and_a_webhook_with_its_own_path(
    tmp_path: Path, real_upstream: Upstream
) -> None:
    with GitServer(tmp_path) as git, SSHGitServer(tmp_path) as ssh:
        git.create(NAME)
        (tmp_path / NAME).symlink_to("fleet.git")
        with Exchanges(gitlab_exchanges.PREFIX, git.base_url) as gitlab:
            gitlab_exchanges.empty(gitlab, ssh_url_to_repo=ssh.url(NAME), default_branch="main")

            def added(request: Asked) -> Reply:
                ssh.accepted.append(asyncssh.import_public_key(request.body["key"]))
                return Reply(201, gitlab_exchanges.key(request.body["title"], request.body["key"]))

            gitlab.write("POST", "/projects/42/deploy_keys", added)
            world = World(git, ssh, real_upstream, AcceptingForge(ssh, https=f"{git.base_url}/"))
            forge = asked(Kind.GITLAB, Login(TOKEN, gitlab.url))
            owner, name = NAME.split("/")
            hosted = Hosted(forge, "gitlab.test", WantedRepository(owner, name), TOKEN)
            lines = world.run(origin=lambda ports: connect(ports, hosted))
        assert [line for line in lines if line.startswith("⚠️")] == [], "the default branch is one already"
        assert f'✔ repository "{gitlab.url}/{NAME}" created' in lines
        [key] = gitlab.bodies("POST", "/projects/42/deploy_keys")
        assert (key["title"], key["can_push"]) == ("flux-system-main-flux-system-./clusters/prod", False)
        [hook] = gitlab.bodies("POST", "/projects/42/hooks")
        assert (hook["url"], hook["token"]) == ("https://penstock.example.com/gitlab", WEBHOOK_SECRET)
        assert lines[-1] == "✔ all components are healthy"
