"""What is scraped from real processes after real work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from penstock.api.work import Function

from tests.runtime.processes import ask, environment, function, serving
from tests.runtime.requesting import PUSH, bearer, pushed, signed
from tests.runtime.test_chain import SECRETS, Fleet
from tests.runtime.test_metrics import series
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.cluster.client import ApiCluster

    from tests.fixtures_git import WorkingCopy


def scraped(url: str) -> dict[tuple[str, ...], float]:
    status, text, headers = ask(url, "/metrics", headers=bearer(), method="GET")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    return series(text)


@pytest.fixture
def env(flux_api: ApiCluster, kubeconfig: Path, tmp_path: Path, namespace: str) -> dict[str, str]:
    del flux_api
    folders = {"bucket": tmp_path / "bucket", "queue": tmp_path / "queue"}
    return environment(**SECRETS, **folders, kubeconfig=kubeconfig, namespaces=namespace, attempts=2)


def test_serve_tells_what_it_did(
    env: dict[str, str], flux_api: ApiCluster, namespace: str, repository: WorkingCopy
) -> None:
    fleet = Fleet(flux_api, namespace, repository)
    commit, body = fleet.publish("one"), fleet.announcement()
    with serving(env, "--tick-seconds", "0") as (started, url):
        assert ask(url, "/metrics", method="GET")[0] == 401
        assert ("penstock_hints_total", "accepted") not in scraped(url)
        assert ask(url, "/github", body, signed(body))[0] == 202
        assert ask(url, "/github", body, signed(body, secret="wrong"))[0] == 401
        eventually(lambda: fleet.applied(commit), "the commit is applied")
        assert ask(url, "/tick", b"", bearer())[0] == 202
        assert ask(url, "/apply", pushed(b"poison"), bearer())[0] == 200
        started.wait_for("done", function="tick")
        eventually(lambda: scraped(url)[("penstock_queue_items", "claimed")] == 0, "the work is done")
        found = scraped(url)
    assert found[("penstock_hints_total", "accepted")] == 1
    assert found[("penstock_hints_total", "refused")] == 1
    assert found[("penstock_hint_to_look_seconds_count",)] == 1
    assert found[("penstock_work_items_total", Function.FETCH, "done")] == 1
    assert found[("penstock_work_items_total", Function.APPLY, "done")] >= 1
    assert found[("penstock_work_items_total", Function.TICK, "done")] == 1
    for kind, name in (("GitRepository", "fleet"), ("Kustomization", "apps")):
        assert found[("gotk_reconcile_duration_seconds_count", kind, name, namespace)] == 1
    assert found[("penstock_queue_items", "waiting")] == 0
    assert found[("penstock_queue_items", "dead")] == 1
    assert found[("penstock_dead_letters_total", Function.APPLY)] == 1
    assert found[("penstock_queue_oldest_seconds",)] == 0
    assert 0 <= found[("penstock_seconds_since_last_tick",)] < 600


def test_webhook_alone_counts_its_hints(tmp_path: Path) -> None:
    body = json.dumps(PUSH).encode()
    with function("webhook", environment(**SECRETS, queue=tmp_path)) as (_, url):
        assert ask(url, "/metrics", method="GET")[0] == 401
        assert ask(url, "/", body, signed(body))[0] == 202
        found = scraped(url)
    assert found[("penstock_hints_total", "accepted")] == 1
    assert ("penstock_queue_items", "waiting") not in found
