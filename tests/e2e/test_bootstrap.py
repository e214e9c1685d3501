"""From nothing to a reconciled cluster: `penstock bootstrap` on a real forge and on plain Git servers.

One cluster for all of it, which has nothing of Flux when the first test begins; nobody ticks.
"""

from __future__ import annotations

import signal
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING

import asyncssh
import pytest
import yaml
from penstock.bootstrap.layout import layout
from penstock.bootstrap.sync import Sync, manifest
from penstock.forge.port import WantedRepository, Webhook
from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.gitserver import GitServer, Login
from penstock.tools.progress import silent

from tests.e2e.bootstrapping import PENSTOCK, Cluster, app
from tests.e2e.layouts import components, document, kustomization, repository
from tests.fixtures_git import WorkingCopy, clone
from tests.fixtures_ssh import SSHGitServer, exported, new_key
from tests.forge import github_exchanges
from tests.forge.logging_in import gitea_of
from tests.runtime.processes import environment, running, serving
from tests.runtime.requesting import SECRET, TOKEN
from tests.support.exchanges import Asked, Exchanges, Reply
from tests.support.kube import Kube
from tests.support.kubectl import Kubectl
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.bootstrapping import Ran
    from tests.support.gitea_server import GiteaServer, Person

PASSWORD = "password-canary"
GITHUB_TOKEN = "ghp_canary0123456789"
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

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the command is told of the repository `fleet`."""
        hostname = (f"--hostname={self.gitea.hostname}", f"--ca-file={self.gitea.ca_file}")
        return "gitea", f"--owner={self.owner}", "--repository=fleet", "--path=clusters/prod", *hostname

    def bootstrap(self, *arguments: str, token: str = "") -> Ran:
        """Run the command for the repository `fleet`."""
        return self.cluster.bootstrap(
            *self.arguments,
            *arguments,
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

    # A branch that the forge protects is left as it is.
    rule = {"branch_name": "main", "enable_push": False}
    assert forge.gitea.ask("POST", f"/repos/{forge.owner}/fleet/branch_protections", rule)[0] == 201
    commit = forge.pull()
    ran = forge.bootstrap("--token-auth", "--interval=7m")
    assert ran.code == 1
    assert "does not let the token push to main: the branch may be protected" in ran.lines[-1]
    assert forge.pull() == commit
    assert cluster.the("GitRepository", "flux-system")["spec"]["interval"] == "5m0s"
    _check_silence(cluster, forge.person.token)


def _check_silence(cluster: Cluster, *secrets: str) -> None:
    """Nothing that any command or the functions said has a secret in it."""
    everything = "\n".join((*cluster.said, *cluster.functions.lines))
    for canary in (PASSWORD, SECRET, TOKEN, "PRIVATE KEY", *secrets):
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
    _check_silence(cluster, GITHUB_TOKEN)


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


def test_an_interrupted_run_says_so_and_the_next_one_finishes_it(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "git").mkdir()
    with GitServer(tmp_path / "git") as server:
        arguments = (
            *("git", "--namespace=cut", "--path=cut", "--token-auth", "--allow-insecure-http"),
            *("--password=any", f"--url={server.create('fleet')}"),
        )
        nobody = {**cluster.settings, "PENSTOCK_INVOKE_TOKEN": "another"}
        with running([PENSTOCK, "bootstrap", *arguments], nobody) as started:
            waiting = '◎ waiting for GitRepository "cut/cut" to be reconciled'
            eventually(lambda: waiting in started.lines, waiting)
            assert started.end(signal.SIGINT) == 130
        assert "✗ interrupted: run the same command again, it goes on from there" in started.lines
        ran = cluster.bootstrap(*arguments)
    assert ran.code == 0, ran.stderr
    assert "✔ sync manifests are up to date" in ran.lines


def _tell(leaks: set[str], pid: int, secrets: tuple[str, ...]) -> bool:
    """Add what a process shows of the secrets in its arguments and environment; whether it is a git.

    Between fork and exec a child is a copy of its parent, so that a git counts as one if it is one before and
    after its environment was read.
    """
    place = Path(f"/proc/{pid}")
    try:
        before = (place / "cmdline").read_bytes()
        variables = (place / "environ").read_bytes()
        after = (place / "cmdline").read_bytes()
    except OSError:
        return False
    git = before == after and before.startswith(b"git\0")
    for secret in secrets:
        if secret.encode() in before + after:
            leaks.add(f"argument of {before[:40]!r}")
        if git and secret.encode() in variables:
            leaks.add(f"environment of {before[:40]!r}")
    return git


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_run_that_is_ended_shows_no_secret_to_other_users_and_is_finished_by_the_next(
    forge: Forge, cluster: Cluster, tmp_path: Path, number: signal.Signals
) -> None:
    name = f"ended{int(number)}"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    login = ("--token-auth", f"--namespace={name}", f"--path={name}")
    argv = [PENSTOCK, "bootstrap", *forge.arguments, *login]
    env = {**cluster.settings, "GITEA_TOKEN": forge.person.token, "TMPDIR": str(temporary)}
    secrets = (forge.person.token, SECRET, TOKEN, forge.person.password)
    leaks, gits = set[str](), set[int]()
    with running(argv, env) as started:
        while not any(line.startswith("► installing components") for line in started.lines):
            assert started.process.poll() is None, started.output
            gits |= {pid for pid in _family(started.process.pid) if _tell(leaks, pid, secrets)}
        code = started.end(number)
    assert (leaks, bool(gits)) == (set(), True)
    if number is signal.SIGKILL:
        assert code == -signal.SIGKILL
        assert all(path.stat().st_mode & 0o077 == 0 for path in temporary.iterdir()), "ours alone"
    else:
        assert code == 130
        assert "✗ interrupted: run the same command again, it goes on from there" in started.lines
        assert not list(temporary.iterdir())
    cluster.said.append(started.output)
    ran = forge.bootstrap(*login)
    assert ran.code == 0, ran.stderr
    forge.pull()
    assert len(forge.copy.git("log", "--format=%s").splitlines()) == 2
    assert forge.counts() == (0, 1)
    _check_silence(cluster, *secrets)


def _family(pid: int) -> set[int]:
    """A process and its children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return set()
    return {pid, *map(int, children)}


def test_a_person_without_rights_and_a_cluster_that_is_away_are_told_in_one_line(
    cluster: Cluster, tmp_path: Path
) -> None:
    config = yaml.safe_load(cluster.plane.kubeconfig.read_text())
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    cluster.kube.post(accounts, {"metadata": {"name": "nobody"}})
    token = cluster.kube.post(f"{accounts}/nobody/token", {"spec": {}})["status"]["token"]
    config["users"][0]["user"] = {"token": token}
    nobody = tmp_path / "nobody"
    nobody.write_text(yaml.safe_dump(config))
    arguments = ("git", "--url=https://127.0.0.1:1/fleet", "--token-auth", "--password=any")
    ran = cluster.bootstrap(*arguments, f"--kubeconfig={nobody}")
    assert (ran.code, len(ran.lines)) == (1, 1)
    assert "forbidden" in ran.stderr.lower()
    assert "; `penstock check --pre` lists the rights that you lack" in ran.stderr
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    nobody.write_text(yaml.safe_dump(config))
    ran = cluster.bootstrap(*arguments, f"--kubeconfig={nobody}")
    assert (ran.code, len(ran.lines)) == (1, 1)
    assert "127.0.0.1:1" in ran.stderr
    _check_silence(cluster, token)


PATCH = """\
patches:
- target: {kind: Deployment, name: source-controller}
  patch: |
    - {op: add, path: /spec/template/metadata/annotations, value: {mine: kept}}
"""
APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: podinfo, namespace: taken}
spec:
  replicas: 2
  selector: {matchLabels: {app: podinfo}}
  template:
    metadata: {labels: {app: podinfo}}
    spec: {containers: [{name: podinfo, image: "podinfo:6"}]}
"""


def _bootstrapped_by_flux(url: str) -> dict[str, str]:
    """What `flux bootstrap git --token-auth` leaves, with a patch and an app of the person's."""
    head = "---\n# This manifest was generated by flux. DO NOT EDIT.\n# Flux Version: v2.8.0\n"
    resources = "resources:\n- gotk-components.yaml\n- gotk-sync.yaml\n"
    followed = Sync(layout("clusters/prod", "taken"), url, "main", 60, "taken")
    return {
        "clusters/prod/taken/gotk-components.yaml": f"{head}---\n{components('taken')}",
        "clusters/prod/taken/gotk-sync.yaml": manifest(followed),
        "clusters/prod/taken/kustomization.yaml": resources + PATCH,
        "clusters/prod/podinfo.yaml": APP,
        "clusters/prod/kustomization.yaml": "resources: [taken, podinfo.yaml]\n",
    }


def _pods(cluster: Cluster) -> set[str]:
    found = cluster.kube.get("/api/v1/namespaces/taken/pods?labelSelector=app%3Dpodinfo")
    return {pod["metadata"]["uid"] for pod in (found or {"items": []})["items"]}


def _ready(cluster: Cluster, name: str) -> int:
    found = cluster.get("Deployment", name, "taken")
    return int((found or {}).get("status", {}).get("readyReplicas", 0))


def test_a_cluster_that_flux_runs_is_taken_over_with_consent_and_no_pod_restarts(
    cluster: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "git").mkdir()
    cluster.plane.start_workloads()
    kubectl = Kubectl(cluster.plane.kubectl, cluster.plane.kubeconfig)
    with GitServer(tmp_path / "git") as server:
        copy = clone(server, "fleet", tmp_path / "copy")
        commit = copy.publish(_bootstrapped_by_flux(copy.url))
        apply = ("apply", "--server-side", "--force-conflicts", "--field-manager=kustomize-controller")
        folder = str(copy.path / "clusters/prod")
        eventually(lambda: kubectl.run(*apply, "-k", folder).returncode == 0, "what Flux has applied")
        status = {"lastAppliedRevision": f"main@sha1:{commit}", "observedGeneration": 1, "conditions": []}
        path = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/taken/kustomizations/taken"
        cluster.kube.merge(f"{path}/status", {"status": status})
        eventually(lambda: _ready(cluster, "podinfo") == 2 and _ready(cluster, "source-controller"), "pods")
        pods = _pods(cluster)

        arguments = (
            *("git", "--namespace=taken", "--path=clusters/prod", "--token-auth", "--allow-insecure-http"),
            *("--password=any", f"--url={copy.url}"),
        )
        ran = cluster.bootstrap(*arguments)
        assert ran.code == 1
        assert ran.lines[-1].startswith("✗ nothing was changed: there is no terminal to ask on")
        assert _ready(cluster, "source-controller") == 1

        ran = cluster.bootstrap(*arguments, "--yes")
        assert ran.code == 0, ran.stderr
        assert "► scaling Flux's own controllers to 0" in ran.lines
        assert server.refs("fleet")["refs/heads/main"] == commit, "nothing had to be pushed"
    held = cluster.the("Deployment", "source-controller", "taken")
    assert held["spec"]["replicas"] == 0
    assert held["spec"]["template"]["metadata"]["annotations"] == {"mine": "kept"}
    assert _pods(cluster) == pods
    eventually(lambda: not running_controllers_of(kubectl), "the end of Flux's pods")


def running_controllers_of(kubectl: Kubectl) -> str:
    """What is left of the pods of Flux's controllers."""
    return kubectl("get", "pods", "-n", "taken", "-l", "app=source-controller", "-o", "name").strip()
