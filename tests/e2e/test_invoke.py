"""Somebody asks for one object to be looked at now, and waits for what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.fleet import config_map, revision

if TYPE_CHECKING:
    from tests.e2e.fleet import Fleet


def test_an_invoke_that_waits_answers_with_what_was_done(fleet: Fleet) -> None:
    fleet.add_source()
    commit = fleet.copy.publish({"a.yaml": config_map("a")})
    status, answer = fleet.invoke("GitRepository", "fleet")
    stored = f"stored artifact for revision '{revision(commit)}'"
    assert (status, answer["outcome"]["message"]) == (200, stored)
    fleet.add_kustomization()
    status, answer = fleet.invoke("Kustomization", "apps")
    assert status == 200
    assert answer["outcome"] == {
        "ok": True,
        "message": f"Applied revision: {revision(commit)}",
        "reason": "ReconciliationSucceeded",
        "revision": revision(commit),
        "changes": [f"ConfigMap/{fleet.namespace}/a created"],
    }


def test_an_invoke_that_waits_answers_with_what_failed(fleet: Fleet) -> None:
    fleet.add_source(url=f"{fleet.copy.url}-that-is-nowhere")
    status, answer = fleet.invoke("GitRepository", "fleet")
    assert (status, answer["outcome"]["reason"]) == (500, "GitOperationFailed")
    assert "repository not found" in answer["outcome"]["message"]
    fleet.add_kustomization()
    status, answer = fleet.invoke("Kustomization", "apps")
    assert (status, answer["outcome"]["reason"]) == (500, "ArtifactFailed")
    assert fleet.invoke("Kustomization", "nobody")[0] == 404


def test_a_suspended_object_is_left_alone(fleet: Fleet) -> None:
    fleet.add_source(suspend=True)
    fleet.add_kustomization(suspend=True)
    for kind, name in (("GitRepository", "fleet"), ("Kustomization", "apps")):
        status, answer = fleet.invoke(kind, name)
        assert (status, "is suspended" in answer["error"]) == (409, True)
        assert fleet.the(kind, name)["status"] == {"observedGeneration": -1}


def test_an_invoke_that_waits_hears_of_the_end_of_what_is_deleted(fleet: Fleet) -> None:
    fleet.add_source()
    fleet.add_kustomization()
    fleet.wait_applied(fleet.push({"a.yaml": config_map("a")}))
    for kind, name in (("Kustomization", "apps"), ("GitRepository", "fleet")):
        fleet.kube.delete(fleet.path(kind, name))
        status, answer = fleet.invoke(kind, name, wait="5s")
        assert status == 200, answer
        assert fleet.get(kind, name) is None
    assert fleet.get("ConfigMap", "a") is None
