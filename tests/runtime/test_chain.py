"""A push reaches the cluster: through one process or functions alone, told once, many times or never."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.api.work import Function, WorkItem, encode

from tests.runtime.processes import ask, environment, function, serving
from tests.runtime.requesting import SECRET, TOKEN, bearer, signed
from tests.support.faulty_proxy import FaultyProxy
from tests.support.faulty_proxy import status as faulty
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane

    from tests.fixtures_git import WorkingCopy

SECRETS = {"webhook_secret": SECRET, "invoke_token": TOKEN}


class Fleet:
    """A GitRepository and a Kustomization in a namespace, and the repository that they follow."""

    def __init__(self, cluster: ApiCluster, namespace: str, copy: WorkingCopy) -> None:
        self.cluster, self.namespace, self.copy = cluster, namespace, copy
        self.source, self.consumer = git_repository(namespace, "fleet"), kustomization(namespace, "apps")
        branch = {"url": copy.url, "interval": "1h", "ref": {"branch": "main"}}
        reference = {"kind": "GitRepository", "name": "fleet"}
        applied = {"interval": "1h", "prune": True, "sourceRef": reference, "targetNamespace": namespace}
        for ref, spec in ((self.source, branch), (self.consumer, applied)):
            metadata = {"namespace": ref.namespace, "name": ref.name}
            cluster.create(
                {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata, "spec": spec}
            )

    def publish(self, value: str) -> str:
        """Pushes a ConfigMap with this value; the commit."""
        return self.copy.publish(
            {
                "config.yaml": json.dumps(
                    {
                        "apiVersion": "v1",
                        "kind": "ConfigMap",
                        "metadata": {"name": "config"},
                        "data": {"value": value},
                    }
                )
            }
        )

    @property
    def value(self) -> str:
        """What the cluster has."""
        found = self.cluster.get(ObjectRef("", "v1", "ConfigMap", self.namespace, "config"))
        return "" if found is None else str(found["data"]["value"])

    def applied(self, commit: str) -> bool:
        """Whether the Kustomization says that it stands at the commit."""
        status = (self.cluster.get(self.consumer) or {}).get("status") or {}
        ready = [one["status"] for one in status.get("conditions", ()) if one["type"] == "Ready"]
        return ready == ["True"] and status.get("lastAppliedRevision") == f"main@sha1:{commit}"

    def announcement(self) -> bytes:
        """What GitHub would send."""
        return json.dumps({"ref": "refs/heads/main", "repository": {"clone_url": self.copy.url}}).encode()

    def events(self, reason: str) -> list[dict[str, Any]]:
        """The Events about the source."""
        found = self.cluster.list("", "v1", "Event", self.namespace)
        return [one for one in found if one["reason"] == reason and one["involvedObject"]["name"] == "fleet"]


@pytest.fixture
def fleet(flux_api: ApiCluster, namespace: str, repository: WorkingCopy) -> Fleet:
    return Fleet(flux_api, namespace, repository)


@pytest.fixture
def env(kubeconfig: Path, tmp_path: Path, namespace: str) -> dict[str, str]:
    return environment(
        **SECRETS,
        kubeconfig=kubeconfig,
        bucket=tmp_path / "bucket",
        queue=tmp_path / "queue",
        namespaces=namespace,
        tick_seconds=0,
    )


def test_one_push_is_one_artifact_and_one_apply_however_often_it_is_announced(
    fleet: Fleet, env: dict[str, str]
) -> None:
    body = fleet.announcement()
    commit = fleet.publish("one")
    with serving(env) as (started, url):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: ask(url, "/github", body, signed(body))[0], range(25)))
        assert answers == [202] * 25
        started.wait_for("done", function="fetch")
        eventually(lambda: fleet.applied(commit), "the first commit is applied")
        assert fleet.value == "one"
        commit = fleet.publish("two")
        assert ask(url, "/github", body, signed(body))[0] == 202
        eventually(lambda: fleet.applied(commit), "the second commit is applied")
        assert fleet.value == "two"
        assert started.end() == 0
    assert len(fleet.events("NewArtifact")) == 2


def test_a_push_that_nobody_announces_is_found_by_the_tick(fleet: Fleet, env: dict[str, str]) -> None:
    commit = fleet.publish("one")
    with serving(env, "--tick-seconds", "1") as (_, _):
        eventually(lambda: fleet.applied(commit), "the commit is applied")
        asked = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "2030-01-01T00:00:00Z"}}}
        commit = fleet.publish("two")
        fleet.cluster.merge_patch(fleet.source, asked, field_manager="flux")
        eventually(lambda: fleet.applied(commit), "the second commit is applied")
    assert fleet.value == "two"


def test_a_bucket_that_lost_everything_is_filled_again_and_nothing_is_deleted(
    fleet: Fleet, env: dict[str, str], tmp_path: Path
) -> None:
    commit = fleet.publish("one")
    bucket = tmp_path / "bucket"
    with serving(env, "--tick-seconds", "1") as (_, _):
        eventually(
            lambda: fleet.applied(commit) and list(bucket.glob("records/*/Kustomization/*/*")), "applied"
        )
    # Lost while nobody looks: a look that is under way would note that the artifact was there a moment ago.
    before = fleet.cluster.get(ObjectRef("", "v1", "ConfigMap", fleet.namespace, "config"))
    shutil.rmtree(bucket)
    with serving(env, "--tick-seconds", "1") as (_, _):
        eventually(lambda: list(bucket.glob("records/*/Kustomization/*/*")), "it is looked at again")
        eventually(lambda: list(bucket.glob("gitrepository/*/*/*.tar.gz")), "the artifact is back")
    assert fleet.cluster.get(ObjectRef("", "v1", "ConfigMap", fleet.namespace, "config")) == before


def test_an_item_that_keeps_failing_is_parked_and_the_next_commit_is_tried_at_once(
    fleet: Fleet, env: dict[str, str], control_plane: ControlPlane, tmp_path: Path
) -> None:
    with FaultyProxy(control_plane, tmp_path) as proxy:
        env |= {"PENSTOCK_KUBECONFIG": str(proxy.kubeconfig), "PENSTOCK_ATTEMPTS": "2"}
        with serving(env) as (started, url):
            proxy.fail(faulty(503), lambda seen: seen.write and "/kustomizations/" in seen.path)
            fleet.publish("one")
            body = fleet.announcement()
            assert ask(url, "/github", body, signed(body))[0] == 202
            started.wait_for("given up", attempt=2)
            (parked,) = (tmp_path / "queue" / "dead").iterdir()
            assert json.loads(parked.read_text())["reason"]
            proxy.heal()
            commit = fleet.publish("two")
            assert ask(url, "/github", body, signed(body))[0] == 202
            eventually(lambda: fleet.applied(commit), "the second commit is applied")
    assert fleet.value == "two"


def test_who_invokes_and_waits_hears_what_was_applied(fleet: Fleet, env: dict[str, str]) -> None:
    commit = fleet.publish("one")
    body = {"kind": "GitRepository", "namespace": fleet.namespace, "name": "fleet"}
    with serving(env) as (_, url):
        status, answer, _ = ask(url, "/invoke?wait=60s", json.dumps(body).encode(), bearer())
        assert status == 200, answer
        assert answer["outcome"]["revision"] == f"main@sha1:{commit}"
        eventually(lambda: fleet.applied(commit), "the commit is applied")
        body |= {"kind": "Kustomization", "name": "apps"}
        status, answer, _ = ask(url, "/invoke?wait=60s", json.dumps(body).encode(), bearer())
        assert status == 200, answer
        assert answer["outcome"]["message"] == f"Applied revision: main@sha1:{commit}"


def test_functions_alone_hand_a_push_on_until_it_is_applied(
    fleet: Fleet, env: dict[str, str], namespace: str
) -> None:
    commit = fleet.publish("one")
    alone = {
        key: value for key, value in env.items() if key not in ("PENSTOCK_QUEUE", "PENSTOCK_TICK_SECONDS")
    }
    with function("apply", alone) as (_, apply_url):
        urls = {"PENSTOCK_APPLY_URL": apply_url}
        with function("fetch", {**alone, **urls}) as (_, fetch_url):
            urls["PENSTOCK_FETCH_URL"] = fetch_url
            with function("webhook", {**environment(**SECRETS), **urls}) as (_, webhook_url):
                body = fleet.announcement()
                assert ask(webhook_url, "/", body, signed(body))[0] == 202
            assert fleet.applied(commit)
            with function("tick", {**alone, **urls}) as (_, tick_url):
                commit = fleet.publish("two")
                asked = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}}
                fleet.cluster.merge_patch(fleet.source, asked, field_manager="flux")
                assert ask(tick_url, "/", b"", bearer())[0] == 200
            assert fleet.applied(commit)
        item = encode(WorkItem(Function.APPLY, "Kustomization", namespace, "apps"))
        status, answer, _ = ask(apply_url, "/", item, bearer())
    assert (status, answer["outcomes"][0]["ok"]) == (200, True)
