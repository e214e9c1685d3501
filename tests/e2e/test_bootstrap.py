"""From nothing to a reconciled cluster: `penstock bootstrap` on a real forge and on plain Git servers.

One cluster for all of it, which has nothing of Flux when the first test begins; nobody ticks.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

import asyncssh
from penstock.forge.port import WantedRepository, Webhook
from penstock.tools.gitserver import GitServer, Login

from tests.e2e.bootstrapping import (
    GITHUB_TOKEN,
    PASSWORD,
    SYSTEM,
    Cluster,
    Forge,
    app,
    check_silence,
)
from tests.e2e.layouts import document, kustomization, repository
from tests.fixtures_git import WorkingCopy
from tests.fixtures_ssh import SSHGitServer, exported, new_key
from tests.forge import github_exchanges
from tests.runtime.requesting import SECRET
from tests.support.exchanges import Asked, Exchanges, Reply
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path


def test_from_nothing_to_a_push_that_the_forge_tells_of_in_all_three_layouts(
    forge: Forge, cluster: Cluster, tmp_path: Path
) -> None:
    ran = forge.bootstrap()
    assert ran.code == 0, ran.stderr
    commit = forge.pull()
    assert forge.copy.git("log", "--format=%an: %s").splitlines() == [
        "Flux: Add Flux sync manifests",
        "Flux: Add Flux v2.9.4 component manifests",
    ]
    assert cluster.the("GitRepository", "flux-system")["spec"]["url"].startswith("ssh://git@127.0.0.1:")
    status = cluster.the("Kustomization", "flux-system")["status"]
    assert status["lastAppliedRevision"] == f"main@sha1:{commit}"
    assert forge.counts() == (1, 1)

    before = cluster.versions()
    again = forge.bootstrap()
    assert again.code == 0, again.stderr
    assert (forge.pull(), cluster.versions(), forge.counts()) == (commit, before, (1, 1))

    # Beside the components.
    resources = (forge.copy.path / SYSTEM / "kustomization.yaml").read_text()
    forge.copy.publish(
        {f"{SYSTEM}/app.yaml": app("1"), f"{SYSTEM}/kustomization.yaml": f"{resources}- app.yaml\n"}
    )
    cluster.wait_value("1")

    # In a directory of their own, through apps-sync.yaml.
    apps = kustomization("apps", "flux-system", "./apps", source="flux-system")
    forge.copy.publish(
        {
            f"{SYSTEM}/app.yaml": None,
            f"{SYSTEM}/apps-sync.yaml": document(apps),
            f"{SYSTEM}/kustomization.yaml": f"{resources}- apps-sync.yaml\n",
            "apps/app.yaml": app("2", "second"),
        }
    )
    cluster.wait_value("2", "second")
    eventually(lambda: cluster.get("ConfigMap", "app") is None, "the end of what went from Git")

    # In a repository of their own, with its own webhook.
    made, _ = forge.api.ensure_repository(WantedRepository(forge.owner, "apps"))
    forge.api.ensure_webhook(made, Webhook(f"{cluster.url}/github", SECRET))
    second = forge.clone("apps", tmp_path / "apps")
    second.publish({"app.yaml": app("3", "third")})
    source = repository("team", "flux-system", made.https_url)
    source["spec"]["secretRef"] = {"name": "team"}
    cluster.kube.post(
        "/api/v1/namespaces/flux-system/secrets",
        {
            "metadata": {"name": "team"},
            "stringData": {
                "username": "git",
                "password": forge.person.token,
                "ca.crt": forge.gitea.ca.decode(),
            },
        },
    )
    team = document(source, kustomization("team", "flux-system", "./", source="team"))
    forge.copy.publish({f"{SYSTEM}/apps-sync.yaml": f"{document(apps)}---\n{team}"})
    cluster.wait_value("3", "third")
    second.publish({"app.yaml": app("4", "third")})
    cluster.wait_value("4", "third")

    # And back from the key to the token, with all of that kept.
    ran = forge.bootstrap("--token-auth", "--interval=5m")
    assert ran.code == 0, ran.stderr
    forge.pull()
    assert "apps-sync.yaml" in (forge.copy.path / SYSTEM / "kustomization.yaml").read_text()
    spec = cluster.the("GitRepository", "flux-system")["spec"]
    assert (spec["interval"], spec["url"].partition("://")[0]) == ("5m0s", "https")
    assert set(cluster.the("Secret", "flux-system")["data"]) == {"username", "password", "ca.crt"}
    cluster.wait_value("4", "third")

    # A branch that the forge protects is left as it is.
    rule = {"branch_name": "main", "enable_push": False}
    assert forge.gitea.ask("POST", f"/repos/{forge.owner}/fleet/branch_protections", rule)[0] == 201
    commit = forge.pull()
    ran = forge.bootstrap("--token-auth", "--interval=7m")
    assert ran.code == 1
    assert "does not let the token push to main: the branch may be protected" in ran.lines[-1]
    assert forge.pull() == commit
    assert cluster.the("GitRepository", "flux-system")["spec"]["interval"] == "5m0s"
    check_silence(cluster, forge.person.token)


def test_github_by_its_written_exchanges_does_the_five_things(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "git/acme").mkdir(parents=True)
    with GitServer(tmp_path / "git") as git, SSHGitServer(tmp_path / "git") as ssh:
        git.create("acme/fleet")
        (tmp_path / "git/acme/fleet").symlink_to("fleet.git")
        with Exchanges(github_exchanges.PREFIX, git.base_url) as github:
            github_exchanges.empty(github, ssh_url=ssh.url("acme/fleet"))

            def added(asked: Asked) -> Reply:
                ssh.accepted.append(asyncssh.import_public_key(asked.body["key"]))
                return Reply(201, github_exchanges.key(asked.body["title"], asked.body["key"]))

            github.write("POST", "/repos/acme/fleet/keys", added)
            ran = cluster.bootstrap(
                *("github", "--owner=acme", "--repository=fleet", "--path=clusters/hub", "--namespace=hub"),
                *("--interval=2m", f"--hostname={github.url}"),
                env={"GITHUB_TOKEN": GITHUB_TOKEN},
            )
            assert ran.code == 0, ran.stderr
        shown = f"{github.url}/acme/fleet"
        # 1. The repository is made, and cloned.
        assert github.bodies("POST", "/orgs/acme/repos")[0]["visibility"] == "private"
        assert {f'✔ repository "{shown}" created', "✔ cloned repository"} <= set(ran.lines)
        # 2. The components are pushed.
        (tmp_path / "copy").mkdir()
        copy = WorkingCopy(tmp_path / "copy", git.url("acme/fleet"))
        copy.git("clone", "--quiet", copy.url, ".")
        assert copy.git("log", "--format=%s").splitlines()[-1] == "Add Flux v2.9.4 component manifests"
    # 3. They are deployed.
    stub = cluster.the("Deployment", "source-controller", "hub")
    assert stub["spec"]["replicas"] == 0
    assert cluster.kube.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/penstock-hub")
    # 4. A deploy key is made, and its public half added to the repository.
    [key] = github.bodies("POST", "/repos/acme/fleet/keys")
    public = b64decode(cluster.the("Secret", "hub", "hub")["data"]["identity.pub"]).decode()
    assert (key["title"], key["key"], key["read_only"]) == (
        "hub-main-hub-./clusters/hub",
        public.strip(),
        True,
    )
    # 5. The repository is looked at every two minutes, and at each push.
    assert cluster.the("GitRepository", "hub", "hub")["spec"]["interval"] == "2m0s"
    [hook] = github.bodies("POST", "/repos/acme/fleet/hooks")
    assert (hook["events"], hook["config"]["url"]) == (["push"], f"{cluster.url}/github")
    assert hook["config"]["secret"] == SECRET
    check_silence(cluster, GITHUB_TOKEN)


def test_a_plain_git_server_over_https_and_over_ssh(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "git").mkdir()
    key = tmp_path / "key"
    with GitServer(tmp_path / "git", login=Login("ada", PASSWORD)) as server:
        url = server.create("fleet")
        arguments = (
            "git",
            "--namespace=gitops",
            "--username=ada",
            "--token-auth",
            "--allow-insecure-http",
            f"--url={url}",
        )
        ran = cluster.bootstrap(*arguments, env={"GIT_PASSWORD": PASSWORD})
        assert ran.code == 0, ran.stderr
        before = cluster.versions("gitops")
        ran = cluster.bootstrap(*arguments, env={"GIT_PASSWORD": PASSWORD})
        assert ran.code == 0, ran.stderr
        assert cluster.versions("gitops") == before
        with SSHGitServer(tmp_path / "git", accepted=[new_key()]) as ssh:
            key.write_bytes(exported(ssh.accepted[0]))
            over_ssh = (
                "git",
                "--namespace=gitops",
                "--silent",
                f"--private-key-file={key}",
                f"--url={ssh.url('fleet')}",
            )
            ran = cluster.bootstrap(*over_ssh)
            assert ran.code == 0, ran.stderr
            assert cluster.the("GitRepository", "gitops", "gitops")["spec"]["url"] == ssh.url("fleet")
            ssh.host_keys[:] = [new_key("ssh-rsa")]
    check_silence(cluster)
