"""`penstock bootstrap` as a person runs it, on a cluster that has nothing yet."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.runtime.processes import environment
from tests.runtime.requesting import SECRET, TOKEN
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.tools.controlplane.plane import ControlPlane

    from tests.runtime.processes import Running
    from tests.support.kube import Kube

Json = dict[str, Any]

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
