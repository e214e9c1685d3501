"""`penstock bootstrap` as a person runs it, on a cluster that has nothing yet."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fixtures_git import WorkingCopy
from tests.forge.logging_in import gitea_of
from tests.runtime.processes import environment
from tests.runtime.requesting import SECRET, TOKEN
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.tools.controlplane.plane import ControlPlane

    from tests.runtime.processes import Running
    from tests.support.gitea_server import GiteaServer, Person
    from tests.support.kube import Kube

Json = dict[str, Any]

PASSWORD = "password-canary"
GITHUB_TOKEN = "ghp_canary0123456789"
SYSTEM = "clusters/prod/flux-system"
TITLE = "flux-system-main-flux-system-./clusters/prod"
PENSTOCK = str(Path(sys.executable).parent / "penstock")
_OBJECTS = {
    "GitRepository": "/apis/source.toolkit.fluxcd.io/v1/namespaces/{}/gitrepositories/{}",
    "Kustomization": "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{}/kustomizations/{}",
    "Secret": "/api/v1/namespaces/{}/secrets/{}",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps/{}",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments/{}",
}


@dataclass(frozen=True)
class Ran:
    """How a command ended, and all that it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        """What it said to the person."""
        return self.stderr.splitlines()


@dataclass
class Cluster:
    """A cluster of its own with penstock's functions beside it; `said` is all that any command printed."""

    plane: ControlPlane
    kube: Kube
    functions: Running
    url: str
    said: list[str] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """What a person has set who works with this cluster and these functions."""
        return environment(
            kubeconfig=self.plane.kubeconfig, webhook_secret=SECRET, invoke_token=TOKEN, receiver_url=self.url
        )

    def bootstrap(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run the command, whatever comes of it."""
        done = subprocess.run(
            [PENSTOCK, "bootstrap", *arguments, "--timeout=60s"],
            env={**self.settings, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.said.append(done.stdout + done.stderr)
        return Ran(done.returncode, done.stdout, done.stderr)

    def get(self, kind: str, name: str, namespace: str = "flux-system") -> Json | None:
        """An object."""
        return self.kube.get(_OBJECTS[kind].format(namespace, name))

    def the(self, kind: str, name: str, namespace: str = "flux-system") -> Json:
        """An object that has to be there."""
        found = self.get(kind, name, namespace)
        assert found is not None, f"{kind} {namespace}/{name} does not exist"
        return found

    def versions(self, namespace: str = "flux-system") -> dict[str, str]:
        """The resourceVersions of what a second run must not touch."""
        kinds = ("GitRepository", "Kustomization", "Secret")
        return {kind: self.the(kind, namespace, namespace)["metadata"]["resourceVersion"] for kind in kinds}

    def wait_value(self, value: str, name: str = "app", namespace: str = "flux-system") -> None:
        """Returns once the ConfigMap of the app has that value."""

        def there() -> bool:
            found = self.get("ConfigMap", name, namespace)
            return bool(found and found["data"]["value"] == value)

        try:
            eventually(there, f"ConfigMap {name} {value}")
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *self.functions.lines[-20:]])) from None


def app(value: str, name: str = "app", namespace: str = "flux-system") -> str:
    """The manifest of a ConfigMap."""
    meta = f"metadata:\n  name: {name}\n  namespace: {namespace}\n"
    return f"apiVersion: v1\nkind: ConfigMap\n{meta}data:\n  value: {value!r}\n"


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


def check_silence(cluster: Cluster, *secrets: str) -> None:
    """Nothing that any command or the functions said has a secret in it."""
    everything = "\n".join((*cluster.said, *cluster.functions.lines))
    for canary in (PASSWORD, SECRET, TOKEN, "PRIVATE KEY", *secrets):
        assert canary not in everything
