"""Nobody announces anything: the tick finds it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from penstock.api.meta import REQUESTED_AT

from tests.e2e.fleet import OWNER, Fleet, config_map, ready, tick
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Serve
    from tests.fixtures_git import WorkingCopy
    from tests.support.kube import Kube


@pytest.fixture
def unannounced(
    serve: Serve, kube: Kube, namespace: str, repository: WorkingCopy, tmp_path: Path
) -> Iterator[Fleet]:
    """A fleet in the only namespace that is served; nothing of it is in the cluster yet."""
    with serve(tmp_path, namespaces=namespace) as functions:
        yield Fleet(kube, functions, namespace, repository)


def test_the_timer_finds_a_new_fleet_and_then_each_commit_at_the_interval(
    serve: Serve, kube: Kube, namespace: str, repository: WorkingCopy, tmp_path: Path
) -> None:
    with serve(tmp_path, namespaces=namespace, tick_seconds=1) as functions:
        fleet = Fleet(kube, functions, namespace, repository)
        fleet.add_source(interval="1s")
        fleet.add_kustomization()
        for value in "12":
            fleet.wait_applied(fleet.copy.publish({"a.yaml": config_map("a", x=value)}))
            assert fleet.the("ConfigMap", "a")["data"] == {"x": value}


def test_a_request_is_answered_by_its_token_also_where_it_fails(unannounced: Fleet) -> None:
    fleet = unannounced
    fleet.add_source()
    fleet.add_kustomization()
    fleet.add_kustomization("lost", path="./nowhere")
    commit = fleet.copy.publish({"a.yaml": config_map("a")})
    tick(fleet)
    fleet.wait_applied(commit)
    fleet.wait_failed("ArtifactFailed", "lost")
    asked = {"GitRepository": ("fleet",), "Kustomization": ("apps", "lost")}
    for kind, names in asked.items():
        token = f"2030-01-01T00:00:00.123456789Z-{kind}"
        for name in names:
            fleet.annotate(kind, name, REQUESTED_AT, token)
        tick(fleet)
        for name in names:
            answered = partial(fleet.answered, kind, name, token)
            eventually(answered, f"the answer of {kind} {name}")
    assert [ready(fleet.the("Kustomization", name))[0] for name in ("apps", "lost")] == ["True", "False"]


@pytest.mark.parametrize(
    ("label", "selector"), [("Enabled", None), ("here", "reconcile.fluxcd.io/watch=here")]
)
def test_a_value_that_is_watched_is_followed_by_the_next_tick_and_not_only_at_the_interval(
    serve: Serve,
    kube: Kube,
    namespace: str,
    repository: WorkingCopy,
    tmp_path: Path,
    label: str,
    selector: str | None,
) -> None:
    settings = {} if selector is None else {"watch_configs_label_selector": selector}
    with serve(tmp_path, namespaces=namespace, **settings) as functions:
        fleet = Fleet(kube, functions, namespace, repository)
        meta = {"name": "vars", "labels": {"reconcile.fluxcd.io/watch": label}}
        fleet.kube.post(fleet.path("ConfigMap"), {"metadata": meta, "data": {"colour": "green"}})
        fleet.add_source()
        fleet.add_kustomization(postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]})
        commit = fleet.copy.publish({"a.yaml": config_map("a", colour="${colour}")})
        tick(fleet)
        fleet.wait_applied(commit)
        assert fleet.the("ConfigMap", "a")["data"] == {"colour": "green"}
        fleet.patch("ConfigMap", "vars", {"data": {"colour": "red"}})
        tick(fleet)
        eventually(lambda: fleet.the("ConfigMap", "a")["data"] == {"colour": "red"}, "the other value")


def test_the_tick_sees_to_deletions_first_of_the_objects_then_of_the_artifacts(unannounced: Fleet) -> None:
    fleet = unannounced
    fleet.add_source()
    fleet.add_kustomization()
    commit = fleet.copy.publish({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
    tick(fleet)
    fleet.wait_applied(commit)
    fleet.patch("ConfigMap", "b", {"metadata": {"labels": {f"{OWNER}/name": None}}})
    fleet.kube.delete(fleet.path("Kustomization", "apps"))
    fleet.kube.delete(fleet.path("GitRepository", "fleet"))
    assert fleet.get("ConfigMap", "a")
    tick(fleet)
    eventually(lambda: fleet.get("Kustomization", "apps") is None, "the end of the Kustomization")
    eventually(lambda: fleet.get("GitRepository", "fleet") is None, "the end of the GitRepository")
    assert fleet.get("ConfigMap", "a") is None
    assert fleet.get("ConfigMap", "b"), "it was not ours any more"

    def only_run_records_are_left() -> bool:
        bucket = fleet.functions.bucket
        found = (path.relative_to(bucket) for path in bucket.rglob("*") if path.is_file())
        # Of the tick itself it is noted when it came.
        left = [path for path in found if path.name[0] != "." and path.parts[0] != "ticks"]
        return {path.parts[-4:-1] for path in left} == {("Kustomization", fleet.namespace, "apps")}

    eventually(only_run_records_are_left, "the end of all else in the bucket")


def test_a_suspended_kustomization_only_loses_its_finalizer(unannounced: Fleet) -> None:
    fleet = unannounced
    fleet.add_source()
    fleet.add_kustomization()
    commit = fleet.copy.publish({"a.yaml": config_map("a")})
    tick(fleet)
    fleet.wait_applied(commit)
    fleet.patch("Kustomization", "apps", {"spec": {"suspend": True}})
    fleet.kube.delete(fleet.path("Kustomization", "apps"))
    assert fleet.get("Kustomization", "apps")
    tick(fleet)
    eventually(lambda: fleet.get("Kustomization", "apps") is None, "the end of the Kustomization")
    assert fleet.get("ConfigMap", "a")
