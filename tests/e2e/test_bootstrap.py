"""From nothing to a reconciled cluster: `penstock bootstrap` on a real forge and on plain Git servers.

One cluster for all of it, which has nothing of Flux when the first test begins; nobody ticks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.forge.port import WantedRepository, Webhook
from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.gitserver import GitServer, Login
from penstock.tools.progress import silent

from tests.e2e.bootstrapping import Cluster, app
from tests.e2e.layouts import document, kustomization, repository
from tests.fixtures_git import WorkingCopy
from tests.fixtures_ssh import SSHGitServer, exported, new_key
from tests.forge.logging_in import gitea_of
from tests.runtime.processes import environment, serving
from tests.runtime.requesting import SECRET, TOKEN
from tests.support.kube import Kube
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.bootstrapping import Ran
    from tests.support.gitea_server import GiteaServer, Person

PASSWORD = "password-canary"
SYSTEM = "clusters/prod/flux-system"
TITLE = "flux-system-main-flux-system-./clusters/prod"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of this module's own, and the functions beside it."""
    folder = tmp_path_factory.mktemp("bootstrap")
    with ControlPlane.start(folder / "plane", progress=silent) as plane, Kube(plane) as kube:
        env = environment(
            webhook_secret=SECRET,
            invoke_token=TOKEN,
            kubeconfig=plane.kubeconfig,
            bucket=folder / "bucket",
            queue=folder / "queue",
            tick_seconds=0,
        )
        with serving(env) as (functions, url):
            yield Cluster(plane, kube, functions, url)


class Forge:
    """A repository on Gitea, as its owner works with it."""

    def __init__(
        self, cluster: Cluster, gitea: GiteaServer, person: Person, owner: str, folder: Path
    ) -> None:
        self.cluster, self.gitea, self.person, self.owner = cluster, gitea, person, owner
        self.api = gitea_of(gitea, person.token)
        self.copy = self.clone("fleet", folder)

    def clone(self, name: str, folder: Path) -> WorkingCopy:
        """A clone that pushes with the person's token."""
        login = f"{self.person.login}:{self.person.token}"
        url = f"https://{login}@{self.gitea.hostname}/{self.owner}/{name}.git"
        folder.mkdir()
        copy = WorkingCopy(folder, url)
        copy.git("init", "--quiet", "--initial-branch=main")
        copy.git("config", "http.sslCAInfo", str(self.gitea.ca_file))
        return copy

    def bootstrap(self, *arguments: str, token: str = "") -> Ran:
        """Run the command for the repository `fleet`."""
        return self.cluster.bootstrap(
            *("gitea", f"--owner={self.owner}", "--repository=fleet", "--path=clusters/prod"),
            *(f"--hostname={self.gitea.hostname}", f"--ca-file={self.gitea.ca_file}", *arguments),
            env={"GITEA_TOKEN": token or self.person.token},
        )

    def pull(self) -> str:
        """Bring the clone up to date; the commit."""
        self.copy.git("fetch", "--quiet", self.copy.url, "main")
        self.copy.git("reset", "--quiet", "--hard", "FETCH_HEAD")
        return self.copy.git("rev-parse", "HEAD")

    def counts(self) -> tuple[int, int]:
        """How many deploy keys and webhooks the repository has."""
        keys = self.gitea.ask("GET", f"/repos/{self.owner}/fleet/keys")[1]
        hooks = self.gitea.ask("GET", f"/repos/{self.owner}/fleet/hooks")[1]
        return len(keys), len(hooks)


@pytest.fixture
def forge(cluster: Cluster, gitea: GiteaServer, person: Person, organisation: str, tmp_path: Path) -> Forge:
    """An organisation that has no repository yet."""
    return Forge(cluster, gitea, person, organisation, tmp_path / "fleet")


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
    _check_silence(cluster, forge.person.token, forge.gitea)


def _check_silence(cluster: Cluster, *secrets: object) -> None:
    """Nothing that any command or the functions said has a secret in it."""
    everything = "\n".join((*cluster.said, *cluster.functions.lines))
    for canary in (PASSWORD, SECRET, TOKEN, "PRIVATE KEY", *(one for one in secrets if isinstance(one, str))):
        assert canary not in everything


def test_a_wrong_token_and_a_missing_right_are_told_in_one_message(forge: Forge, gitea: GiteaServer) -> None:
    ran = forge.bootstrap(token="0" * 40)
    assert ran.code == 1
    assert ran.lines[0].startswith("► connecting to 127.0.0.1:")
    assert ran.lines[1].startswith("✗ ")
    assert "GITEA_TOKEN" in ran.lines[1]
    assert len(ran.lines) == 2
    weak = gitea.token(forge.person.login, forge.person.password, "read:user", "read:repository")
    ran = forge.bootstrap(token=weak)
    assert ran.code == 1
    assert "write" in ran.lines[-1]


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
    _check_silence(cluster)
