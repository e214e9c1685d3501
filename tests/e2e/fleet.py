"""A fleet as a person has it: a Git repository, two Flux objects that follow it, and penstock beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tests.runtime.processes import ask
from tests.runtime.requesting import bearer, signed
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.fixtures_git import WorkingCopy
    from tests.runtime.processes import Running
    from tests.support.kube import Kube

Json = dict[str, Any]

PLURALS = {
    "GitRepository": ("apis/source.toolkit.fluxcd.io/v1", "gitrepositories"),
    "Kustomization": ("apis/kustomize.toolkit.fluxcd.io/v1", "kustomizations"),
    "ConfigMap": ("api/v1", "configmaps"),
    "Secret": ("api/v1", "secrets"),
    "Event": ("api/v1", "events"),
    "Deployment": ("apis/apps/v1", "deployments"),
    "Service": ("api/v1", "services"),
    "HorizontalPodAutoscaler": ("apis/autoscaling/v2", "horizontalpodautoscalers"),
}
OWNER = "kustomize.toolkit.fluxcd.io"


@dataclass(frozen=True)
class Functions:
    """A running `penstock serve`: the process, its address, and the folders that it keeps."""

    running: Running
    url: str
    bucket: Path
    queue: Path

    def deliver(
        self,
        repository: str,
        ref: str,
        after: str = "0123456789" * 4,
        addresses: Mapping[str, str] = MappingProxyType({}),
    ) -> int:
        """What GitHub sends when somebody has pushed; the status of the answer. `addresses` are the
        repository's own, in place of the URL."""
        body = json.dumps(
            {
                "ref": ref,
                "before": "1" * 40,
                "after": after,
                "created": False,
                "deleted": False,
                "forced": False,
                "repository": {
                    "id": 186853002,
                    "full_name": "example/fleet",
                    "clone_url": repository,
                    "html_url": repository.removesuffix(".git"),
                    **addresses,
                },
                "pusher": {"name": "Ada"},
                "commits": [],
            }
        ).encode()
        return ask(self.url, "/github", body, signed(body))[0]

    def invoke(self, kind: str, namespace: str, name: str, *, wait: str = "60s") -> tuple[int, Json]:
        """A manual invoke that waits; status and body of the answer."""
        body = json.dumps({"kind": kind, "namespace": namespace, "name": name}).encode()
        query = f"?wait={wait}" if wait else ""
        status, answer, _ = ask(self.url, f"/invoke{query}", body, bearer())
        return status, answer


class Fleet:
    """A GitRepository `fleet` and a Kustomization `apps` in a namespace, once they are added."""

    def __init__(self, kube: Kube, functions: Functions, namespace: str, copy: WorkingCopy) -> None:
        self.kube = kube
        self.functions = functions
        self.namespace = namespace
        self.copy = copy

    def add_source(self, **spec: Any) -> None:
        """The GitRepository, following branch main."""
        self.create(
            "GitRepository",
            "fleet",
            {"url": self.copy.url, "interval": "1h", "ref": {"branch": "main"}, **spec},
        )

    def add_kustomization(self, name: str = "apps", **spec: Any) -> None:
        """A Kustomization of it that applies everything into this namespace."""
        defaults = {
            "interval": "1h",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": "fleet"},
            "targetNamespace": self.namespace,
        }
        self.create("Kustomization", name, {**defaults, **spec})

    def push(self, files: Mapping[str, str | bytes | None], message: str = "Change") -> str:
        """Commit, push, and have GitHub tell of it; the commit."""
        commit = self.copy.publish(files, message)
        self.announce()
        return commit

    def announce(self, branch: str = "main") -> None:
        """GitHub's delivery for a push that has happened."""
        assert (
            self.functions.deliver(self.copy.url, f"refs/heads/{branch}", self.copy.git("rev-parse", "HEAD"))
            == 202
        )

    def wait_applied(self, commit: str, name: str = "apps") -> Json:
        """The Kustomization once it says that it stands at the commit."""
        self._wait(
            "Kustomization",
            name,
            lambda obj: (
                ready(obj) == ("True", "ReconciliationSucceeded", f"Applied revision: {revision(commit)}")
            ),
        )
        return self.the("Kustomization", name)

    def wait_stored(self, commit: str) -> Json:
        """The GitRepository once its artifact is of the commit."""
        self._wait(
            "GitRepository",
            "fleet",
            lambda obj: ready(obj)[::2] == ("True", f"stored artifact for revision '{revision(commit)}'"),
        )
        return self.the("GitRepository", "fleet")

    def wait_failed(self, reason: str, name: str = "apps") -> str:
        """The message once the Kustomization says that it failed for this reason."""
        self._wait("Kustomization", name, lambda obj: ready(obj)[:2] == ("False", reason))
        return ready(self.the("Kustomization", name))[2]

    def wait_told(self, reason: str, message: str, name: str = "apps") -> None:
        """Returns once an event warns of that; it comes after the status says so."""
        eventually(lambda: ("Warning", reason, message) in self.events(name), f"the event {reason}")

    def _wait(self, kind: str, name: str, reached: Any) -> None:
        try:
            eventually(lambda: reached(self.get(kind, name) or {}), f"{kind} {name}")
        except AssertionError as error:
            status = json.dumps((self.get(kind, name) or {}).get("status", {}).get("conditions"), indent=1)
            about = [line for line in self.functions.running.lines if f"/{self.namespace}/" in line]
            raise AssertionError("\n".join([str(error), status, *about[-20:]])) from None

    def answered(self, kind: str, name: str, token: str) -> bool:
        """Whether the status says that the request with this token was handled."""
        return bool(self.the(kind, name)["status"].get("lastHandledReconcileAt") == token)

    def invoke(self, kind: str, name: str, *, wait: str = "60s") -> tuple[int, Json]:
        """A manual invoke of an object of this fleet."""
        return self.functions.invoke(kind, self.namespace, name, wait=wait)

    def path(self, kind: str, name: str = "") -> str:
        """The API path of an object or, without a name, of its kind."""
        prefix, plural = PLURALS[kind]
        return f"/{prefix}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def get(self, kind: str, name: str) -> Json | None:
        """An object of this namespace."""
        return self.kube.get(self.path(kind, name))

    def the(self, kind: str, name: str) -> Json:
        """An object that has to be there."""
        found = self.get(kind, name)
        assert found is not None, f"{kind} {name} does not exist"
        return found

    def names(self, kind: str, owner: str = "apps") -> dict[str, str]:
        """The resourceVersions of the objects of a kind that a Kustomization owns, by name."""
        selector = f"{OWNER}%2Fname%3D{owner},{OWNER}%2Fnamespace%3D{self.namespace}"
        found = self.kube.get(f"{self.path(kind)}?labelSelector={selector}") or {}
        return {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in found["items"]}

    def create(self, kind: str, name: str, spec: Json) -> Json:
        """What `kubectl create` does."""
        prefix, _ = PLURALS[kind]
        return self.kube.post(
            self.path(kind),
            {
                "apiVersion": prefix.partition("/")[2],
                "kind": kind,
                "metadata": {"namespace": self.namespace, "name": name},
                "spec": spec,
            },
        )

    def patch(self, kind: str, name: str, patch: Json) -> None:
        """What `kubectl patch --type=merge` does."""
        self.kube.merge(self.path(kind, name), patch)

    def annotate(self, kind: str, name: str, key: str, value: str) -> None:
        """What `kubectl annotate` does."""
        self.patch(kind, name, {"metadata": {"annotations": {key: value}}})

    def events(self, name: str) -> list[tuple[str, str, str]]:
        """Type, reason and message of the Events about an object, the oldest first."""
        found = (self.kube.get(self.path("Event")) or {})["items"]
        about = [one for one in found if one["involvedObject"]["name"] == name]
        about.sort(key=lambda one: (one["firstTimestamp"] or "", int(one["metadata"]["resourceVersion"])))
        return [(one["type"], one["reason"], one["message"]) for one in about]


def tick(fleet: Fleet) -> None:
    """What a scheduler sends."""
    assert ask(fleet.functions.url, "/tick", b"", bearer())[0] == 202


def revision(commit: str, name: str = "main") -> str:
    """A revision as Flux writes it."""
    return f"{name}@sha1:{commit}"


def ready(obj: Json) -> tuple[str, str, str]:
    """Status, reason and message of the Ready condition."""
    return condition(obj, "Ready")


def condition(obj: Json, kind: str) -> tuple[str, str, str]:
    """Status, reason and message of a condition, empty if it is not there."""
    for found in (obj.get("status") or {}).get("conditions") or ():
        if found["type"] == kind:
            return found["status"], found["reason"], found["message"]
    return "", "", ""


def config_map(name: str, **data: str) -> str:
    """A manifest."""
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
