"""Functions alone, the bucket on Cloud Storage: a push is applied, and events of the bucket add nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from penstock.api.work import Function, WorkItem, encode
from penstock.base.limits import Limits
from penstock.source.archive import Member, pack
from penstock.store.artifacts import Artifacts
from penstock.store.gcs import EMULATOR

from tests.e2e.fleet import config_map
from tests.runtime.eventing import finalized
from tests.runtime.processes import ask, environment, function, serving
from tests.runtime.requesting import SECRET, TOKEN, bearer, signed
from tests.runtime.test_chain import Fleet
from tests.store.cloud import cloud_bucket, make_place
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from penstock.base.location import CloudBucket
    from penstock.cluster.client import ApiCluster

    from tests.fixtures_git import WorkingCopy
    from tests.support.audit import Audit

SECRETS = {"webhook_secret": SECRET, "invoke_token": TOKEN}


@pytest.fixture
def fleet(flux_api: ApiCluster, namespace: str, repository: WorkingCopy) -> Fleet:
    return Fleet(flux_api, namespace, repository)


@pytest.fixture
def place(gcs_emulator: str) -> CloudBucket:
    return make_place(gcs_emulator, "prod/")


@pytest.fixture
def env(kubeconfig: Path, gcs_emulator: str, place: CloudBucket, namespace: str) -> dict[str, str]:
    told = environment(**SECRETS, kubeconfig=kubeconfig, bucket=place, namespaces=namespace)
    return {**told, EMULATOR: gcs_emulator}


def written(audit: Audit, mark: int, namespace: str) -> int:
    """How often the fleet's ConfigMap was written."""
    there = f"/api/v1/namespaces/{namespace}/configmaps"
    return sum(one.writes and one.uri.startswith(there) for one in audit.since(mark))


def tell(url: str, place: CloudBucket, key: str, *, structured: bool = False) -> tuple[int, object]:
    """The bucket's event for an object of that key."""
    headers, body = finalized(place.name, place.prefix + key, structured=structured)
    status, answer, _ = ask(url, "/events", body, {**headers, **bearer()})
    return status, answer


def path_of(fleet: Fleet) -> str:
    """The key of the artifact that the status names."""
    found = fleet.cluster.get(fleet.source)
    assert found is not None
    return str(found["status"]["artifact"]["path"])


def test_a_push_is_applied_once_however_often_the_bucket_tells_of_it(
    fleet: Fleet, env: dict[str, str], place: CloudBucket, audit: Audit, gcs_emulator: str
) -> None:
    with function("apply", env) as (_, apply_url):
        urls = {"PENSTOCK_APPLY_URL": apply_url}
        with function("fetch", {**env, **urls}) as (_, fetch_url):
            urls["PENSTOCK_FETCH_URL"] = fetch_url
            with function("webhook", {**environment(**SECRETS), **urls}) as (_, webhook_url):
                for value in ("one", "two"):
                    commit, mark = fleet.publish(value), audit.mark()
                    body = fleet.announcement()
                    assert ask(webhook_url, "/", body, signed(body))[0] == 202
                    assert fleet.applied(commit)
                    assert fleet.value == value
                    assert written(audit, mark, fleet.namespace) == 1
                    for structured in (False, True):
                        assert tell(apply_url, place, path_of(fleet), structured=structured)[0] == 200
                    assert written(audit, mark, fleet.namespace) == 1
    keys = [entry.key for entry in cloud_bucket(gcs_emulator, place).list("gitrepository/")]
    assert len(keys) == 4
    artifact = (fleet.cluster.get(fleet.source) or {})["status"]["artifact"]
    assert artifact["url"] == f"{gcs_emulator}/{place.name}/prod/{artifact['path']}"


def test_all_in_one_process_keep_what_the_bucket_tells_for_a_worker(
    fleet: Fleet, env: dict[str, str], place: CloudBucket, audit: Audit, tmp_path: Path
) -> None:
    commit, mark = fleet.publish("one"), audit.mark()
    kept = {"PENSTOCK_QUEUE": str(tmp_path), "PENSTOCK_TICK_SECONDS": "0"}
    with serving({**env, **kept}) as (started, url):
        body = fleet.announcement()
        assert ask(url, "/github", body, signed(body))[0] == 202
        eventually(lambda: fleet.applied(commit), "the commit is applied")
        assert tell(url, place, path_of(fleet)) == (202, {"status": "accepted"})
        started.wait_for("done", function="apply", cause="artifact written")
    assert written(audit, mark, fleet.namespace) == 1


def test_a_bucket_that_cannot_be_used_is_told_at_the_start(
    env: dict[str, str], gcs_emulator: str, tmp_path: Path
) -> None:
    told = {"PENSTOCK_QUEUE": str(tmp_path), "PENSTOCK_BUCKET": "gs://nowhere/prod"}
    argv = [str(Path(sys.executable).with_name("penstock")), "serve", "--port", "0"]
    done = subprocess.run(argv, env={**env, **told}, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "PENSTOCK_BUCKET (gs://nowhere/prod) cannot be used" in done.stderr
    assert "does not exist" in done.stderr
    assert gcs_emulator not in done.stderr


def test_what_the_bucket_tells_is_enough_and_the_queued_work_then_adds_nothing(
    fleet: Fleet, env: dict[str, str], place: CloudBucket, audit: Audit, tmp_path: Path
) -> None:
    commit, mark = fleet.publish("one"), audit.mark()
    item = encode(WorkItem(Function.FETCH, "GitRepository", fleet.namespace, "fleet", "test"))
    with function("fetch", {**env, "PENSTOCK_QUEUE": str(tmp_path)}) as (_, fetch_url):
        assert ask(fetch_url, "/", item, bearer())[0] == 200
    (kept,) = (tmp_path / "pending").iterdir()
    with function("apply", env) as (_, apply_url):
        assert tell(apply_url, place, path_of(fleet))[0] == 200
        assert fleet.applied(commit)
        item = json.dumps(json.loads(kept.read_text())["item"]).encode()
        assert ask(apply_url, "/", item, bearer())[:2] == (200, {"outcomes": []})
    assert fleet.value == "one"
    assert written(audit, mark, fleet.namespace) == 1


def test_an_artifact_that_the_status_does_not_name_is_not_applied_because_the_bucket_tells_of_it(
    fleet: Fleet, env: dict[str, str], place: CloudBucket, audit: Audit, gcs_emulator: str
) -> None:
    commit = fleet.publish("one")
    with function("apply", env) as (_, apply_url):
        with function("fetch", {**env, "PENSTOCK_APPLY_URL": apply_url}) as (_, fetch_url):
            item = encode(WorkItem(Function.FETCH, "GitRepository", fleet.namespace, "fleet", "test"))
            assert ask(fetch_url, "/", item, bearer())[0] == 200
        assert fleet.applied(commit)
        mark = audit.mark()
        other = pack([Member("config.yaml", config_map("config", value="x").encode())], Limits())
        artifacts = Artifacts(cloud_bucket(gcs_emulator, place), Limits())
        stored = artifacts.store("GitRepository", fleet.namespace, "fleet", other.data, other.files)
        assert tell(apply_url, place, stored.key) == (200, {"outcomes": []})
        assert written(audit, mark, fleet.namespace) == 0
    assert fleet.value == "one"
