"""spec.dependsOn in a running penstock: by one push, and from one source to another, with no timer at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.fleet import config_map, ready
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.e2e.fleet import Fleet


def test_a_chain_follows_one_push(fleet: Fleet) -> None:
    names = ("first", "second", "third")
    fleet.add_source()
    for name, before in zip(names, ("", *names), strict=False):
        fleet.add_kustomization(name, path=f"./{name}", dependsOn=[{"name": before}] if before else [])
    for edition in ("1", "2"):
        commit = fleet.push({f"{name}/x.yaml": config_map(name, edition=edition) for name in names})
        for name in reversed(names):
            fleet.wait_applied(commit, name)
    told = [reason for name in names for _, reason, _ in fleet.events(name)]
    assert "DependencyNotReady" not in told


def test_who_waits_for_another_source_begins_when_that_is_ready(fleet: Fleet) -> None:
    other = {"kind": "GitRepository", "name": "other"}
    fleet.add_source()
    fleet.add_kustomization("infra", path="./infra")
    fleet.push({"infra/x.yaml": "kind: [unclosed\n", "apps/x.yaml": config_map("app")})
    fleet.wait_failed("BuildFailed", "infra")
    fleet.copy.push("HEAD:refs/heads/live")
    spec = {"url": fleet.copy.url, "interval": "1h", "ref": {"branch": "live"}}
    fleet.create("GitRepository", "other", spec)
    fleet.add_kustomization(path="./apps", sourceRef=other, dependsOn=[{"name": "infra"}])
    assert fleet.invoke("GitRepository", "other")[0] == 200
    waits = fleet.wait_failed("DependencyNotReady")
    assert waits == f"dependency '{fleet.namespace}/infra' is not ready"
    assert fleet.names("ConfigMap") == {}
    commit = fleet.push({"infra/x.yaml": config_map("base")})
    fleet.wait_applied(commit, "infra")
    eventually(lambda: ready(fleet.the("Kustomization", "apps"))[0] == "True", "apps, woken")
    assert list(fleet.names("ConfigMap")) == ["app"]
