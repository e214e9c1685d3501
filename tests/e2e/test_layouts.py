"""A fleet that describes itself, in the layouts that people have: by push, by webhook, by tick."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.clock import parse_rfc3339

from tests.e2e.fleet import Fleet, condition, ready, revision, tick
from tests.e2e.layouts import CONTROLLERS, SYSTEM, document, kustomization, repository, sync, system
from tests.fixtures_git import clone
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from penstock.tools.controlplane.plane import ControlPlane
    from penstock.tools.gitserver import GitServer

    from tests.e2e.conftest import Serve
    from tests.e2e.fleet import Functions
    from tests.fixtures_git import WorkingCopy
    from tests.support.kube import Kube
    from tests.support.kubectl import Kubectl

OTHER = "clusters/other/flux-system"


class Home(Fleet):
    """A fleet whose two Flux objects are called `flux-system` and stand in its repository."""

    def bootstrap(self, kubectl: Kubectl, files: Mapping[str, str], **how: str) -> str:
        """What `flux bootstrap` does after its commit: gotk-sync.yaml, applied by hand."""
        commit = self.copy.publish(files)
        kubectl("apply", "--server-side", "-f", "-", stdin=sync(self.namespace, self.copy.url, **how))
        return commit

    def wait_all(self, commit: str, *names: str, branch: str = "main") -> None:
        """Returns once these Kustomizations stand at the commit."""
        wanted = ("True", "ReconciliationSucceeded", f"Applied revision: {revision(commit, branch)}")
        for name in names:
            self._wait("Kustomization", name, lambda obj: ready(obj) == wanted)

    def app(self, value: str, name: str = "app") -> str:
        """The manifest of a ConfigMap."""
        meta = {"name": name, "namespace": self.namespace}
        return json.dumps(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"value": value}}
        )

    def spec(self, kind: str, name: str = "flux-system") -> Any:
        """An object's spec."""
        return self.the(kind, name)["spec"]


@pytest.fixture
def home(kube: Kube, functions: Functions, namespace: str, repository: WorkingCopy) -> Home:
    """A fleet that only webhooks tell of: nobody ticks."""
    return Home(kube, functions, namespace, repository)


@pytest.fixture
def ticked(
    serve: Serve, kube: Kube, namespace: str, repository: WorkingCopy, tmp_path: Path
) -> Iterator[Home]:
    """A fleet that nobody tells of: it is found by the tick, every second."""
    with serve(tmp_path, namespaces=namespace, tick_seconds=1) as functions:
        yield Home(kube, functions, namespace, repository)


@pytest.fixture
def alone(
    serve: Serve, kube: Kube, namespace: str, repository: WorkingCopy, tmp_path: Path
) -> Iterator[Home]:
    """A fleet that nobody tells of, and nobody ticks but the test."""
    with serve(tmp_path, namespaces=namespace) as functions:
        yield Home(kube, functions, namespace, repository)


@pytest.fixture
def second(git_server: GitServer, tmp_path: Path) -> WorkingCopy:
    """A repository of its own for the apps."""
    return clone(git_server, f"{tmp_path.parent.name}/{tmp_path.name}-apps", tmp_path / "apps")


def _beside(home: Home, value: str, interval: str = "1h") -> dict[str, str]:
    files = system(home.namespace, home.copy.url, "app.yaml", interval=interval)
    return {**files, f"{SYSTEM}/app.yaml": home.app(value)}


def _separate(home: Home, value: str, interval: str = "1h") -> dict[str, str]:
    """The apps in a directory of their own, through apps-sync.yaml on the same GitRepository."""
    apps = kustomization("apps", home.namespace, "./apps", source="flux-system")
    files = system(home.namespace, home.copy.url, "apps-sync.yaml", interval=interval)
    return {**files, f"{SYSTEM}/apps-sync.yaml": document(apps), "apps/app.yaml": home.app(value)}


def _elsewhere(home: Home, url: str, interval: str = "1h") -> dict[str, str]:
    """The apps in a repository of their own, through apps-sync.yaml with its GitRepository."""
    apps = document(
        repository("apps", home.namespace, url, interval=interval),
        kustomization("apps", home.namespace, "./", source="apps"),
    )
    return {
        **system(home.namespace, home.copy.url, "apps-sync.yaml", interval=interval),
        f"{SYSTEM}/apps-sync.yaml": apps,
    }


def _value(home: Home) -> str:
    return str(home.the("ConfigMap", "app")["data"]["value"])


def test_everything_beside_the_components_and_fluxs_controllers_are_never_started(
    home: Home, workloads: ControlPlane, kubectl: Kubectl
) -> None:
    assert workloads.has_workloads
    home.bootstrap(kubectl, _beside(home, "1"))
    home.announce()
    home.wait_all(home.copy.git("rev-parse", "HEAD"), "flux-system")
    assert _value(home) == "1"
    for name in CONTROLLERS:
        kubectl("rollout", "status", f"deployment/{name}", "-n", home.namespace, "--timeout=60s")
        found = home.the("Deployment", name)
        assert (found["spec"]["replicas"], found["status"].get("readyReplicas", 0)) == (0, 0)
        assert condition(found, "Available")[0] == "True", "so `flux check` is content with it"
    home.wait_all(home.push({f"{SYSTEM}/app.yaml": home.app("2")}), "flux-system")
    assert _value(home) == "2"


def test_a_directory_for_the_apps_is_applied_at_the_push_that_brings_it(home: Home, kubectl: Kubectl) -> None:
    home.bootstrap(kubectl, _separate(home, "1"))
    home.announce()
    commit = home.copy.git("rev-parse", "HEAD")
    home.wait_all(commit, "flux-system", "apps")
    assert set(home.names("ConfigMap")) == {"app"}
    home.wait_all(home.push({"apps/app.yaml": home.app("2")}), "flux-system", "apps")
    assert _value(home) == "2"
    gone = {"resources": ["gotk-components.yaml", "gotk-sync.yaml"]}
    home.push({f"{SYSTEM}/apps-sync.yaml": None, f"{SYSTEM}/kustomization.yaml": json.dumps(gone)})
    eventually(lambda: home.get("Kustomization", "apps") is None, "the end of the Kustomization")
    assert home.get("ConfigMap", "app") is None


def test_a_repository_for_the_apps_is_followed_by_its_own_webhook(
    home: Home, kubectl: Kubectl, second: WorkingCopy
) -> None:
    first = second.publish({"app.yaml": home.app("1")})
    home.bootstrap(kubectl, _elsewhere(home, second.url))
    home.announce()
    home.wait_all(home.copy.git("rev-parse", "HEAD"), "flux-system")
    home.wait_all(first, "apps")
    assert _value(home) == "1"
    commit = second.publish({"app.yaml": home.app("2")})
    assert home.functions.deliver(second.url, "refs/heads/main", commit) == 202
    home.wait_all(commit, "apps")
    assert _value(home) == "2"


@pytest.mark.parametrize("layout", [_beside, _separate])
def test_the_tick_follows_a_fleet_in_one_repository(
    ticked: Home, kubectl: Kubectl, layout: Callable[[Home, str, str], dict[str, str]]
) -> None:
    ticked.wait_all(ticked.bootstrap(kubectl, layout(ticked, "1", "1s"), interval="1s"), "flux-system")
    ticked.wait_all(ticked.copy.publish(layout(ticked, "2", "1s")), "flux-system")
    eventually(lambda: _value(ticked) == "2", "the change")


def test_the_tick_finds_all_of_it_by_itself(ticked: Home, kubectl: Kubectl, second: WorkingCopy) -> None:
    first = second.publish({"app.yaml": ticked.app("1")})
    commit = ticked.bootstrap(kubectl, _elsewhere(ticked, second.url, "1s"), interval="1s")
    ticked.wait_all(commit, "flux-system")
    ticked.wait_all(first, "apps")
    ticked.wait_all(second.publish({"app.yaml": ticked.app("2")}), "apps")
    assert _value(ticked) == "2"
    longer = sync(ticked.namespace, ticked.copy.url, interval="30m")
    commit = ticked.copy.publish({f"{SYSTEM}/gotk-sync.yaml": longer})
    ticked.wait_all(commit, "flux-system")
    eventually(lambda: ticked.spec("GitRepository")["interval"] == "30m", "the interval")


def test_a_change_of_the_sync_in_git_changes_the_sync_at_that_push(home: Home, kubectl: Kubectl) -> None:
    home.bootstrap(kubectl, _beside(home, "1"))
    home.announce()
    home.wait_all(home.copy.git("rev-parse", "HEAD"), "flux-system")
    longer = sync(home.namespace, home.copy.url, interval="7h")
    home.wait_all(home.push({f"{SYSTEM}/gotk-sync.yaml": longer}), "flux-system")
    assert {home.spec(kind)["interval"] for kind in ("GitRepository", "Kustomization")} == {"7h"}
    eventually(lambda: _observed(home), "what was changed is looked at")

    files = system(home.namespace, home.copy.url, "other.yaml", path=OTHER)
    moved = sync(home.namespace, home.copy.url, path=OTHER)
    other = {f"{OTHER}/other.yaml": home.app("0", "other"), f"{SYSTEM}/gotk-sync.yaml": moved}
    commit = home.push({**files, **other})
    eventually(lambda: home.get("ConfigMap", "other"), "the other path")
    eventually(lambda: home.get("ConfigMap", "app") is None, "the end of what is not there")
    home.wait_all(commit, "flux-system")
    assert home.spec("Kustomization")["path"] == f"./{OTHER}"

    released = sync(home.namespace, home.copy.url, branch="release", path=OTHER)
    home.copy.commit({f"{OTHER}/gotk-sync.yaml": released, f"{OTHER}/other.yaml": home.app("r", "other")})
    home.copy.push("HEAD:refs/heads/release", "HEAD:refs/heads/main")
    home.announce()
    home.wait_all(home.copy.git("rev-parse", "HEAD"), "flux-system", branch="release")
    assert home.the("ConfigMap", "other")["data"] == {"value": "r"}
    commit = home.copy.commit({f"{OTHER}/other.yaml": home.app("s", "other")})
    home.copy.push("HEAD:refs/heads/release")
    home.announce("release")
    home.wait_all(commit, "flux-system", branch="release")
    assert home.the("ConfigMap", "other")["data"] == {"value": "s"}


def test_a_change_of_the_sync_in_git_changes_the_sync_at_one_tick(alone: Home, kubectl: Kubectl) -> None:
    home = alone
    commit = home.bootstrap(kubectl, _beside(home, "1", "1s"), interval="1s")
    tick(home)
    home.wait_all(commit, "flux-system")

    moved = system(home.namespace, home.copy.url, "other.yaml", path=OTHER, interval="1s")
    followed = {f"{SYSTEM}/gotk-sync.yaml": moved[f"{OTHER}/gotk-sync.yaml"]}
    _await_due(home)
    commit = home.copy.publish({**moved, **followed, f"{OTHER}/other.yaml": home.app("0", "other")})
    tick(home)
    eventually(lambda: home.get("ConfigMap", "other"), "the other path")
    eventually(lambda: home.get("ConfigMap", "app") is None, "the end of what is not there")
    home.wait_all(commit, "flux-system")
    assert home.spec("Kustomization")["path"] == f"./{OTHER}"

    released = sync(home.namespace, home.copy.url, branch="release", path=OTHER, interval="1s")
    home.copy.commit({f"{OTHER}/gotk-sync.yaml": released, f"{OTHER}/other.yaml": home.app("r", "other")})
    _await_due(home)
    home.copy.push("HEAD:refs/heads/release", "HEAD:refs/heads/main")
    tick(home)
    home.wait_all(home.copy.git("rev-parse", "HEAD"), "flux-system", branch="release")
    assert home.the("ConfigMap", "other")["data"] == {"value": "r"}


def _await_due(home: Home) -> None:
    """Returns once the interval of a second is over: the next tick is the only one that looks."""
    (file,) = home.functions.bucket.glob(f"records/*/GitRepository/{home.namespace}/flux-system.json")

    def over() -> bool:
        checked = parse_rfc3339(json.loads(file.read_bytes())["checked_at"])
        return datetime.now(UTC) - checked > timedelta(seconds=1)

    eventually(over, "the end of the interval")


def _observed(home: Home) -> bool:
    found = [home.the(kind, "flux-system") for kind in ("GitRepository", "Kustomization")]
    return all(
        obj["status"].get("observedGeneration") == obj["metadata"]["generation"] and ready(obj)[0] == "True"
        for obj in found
    )
