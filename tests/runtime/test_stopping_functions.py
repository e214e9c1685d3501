"""A function alone that is told to stop in the middle of its work: under gunicorn, as the clouds run it.

threats B-08: nothing new is begun, what was done is recorded, and the rest is somebody's to do.
"""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from penstock.api.work import Function, WorkItem, decode, encode
from penstock.store.folder import FolderBucket

from tests.kustomize.builders import config_map
from tests.kustomize.live import Live
from tests.queue.test_http import successor
from tests.runtime.processes import ask, environment, function
from tests.runtime.requesting import TOKEN, bearer
from tests.support.faulty_proxy import FaultyProxy, Seen, slow
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane
    from penstock.tools.upstream import Upstream

OBJECTS = 40
AT_ONCE = 8
"""Requests that apply has under way for one Kustomization."""
_SILENCE_S = 4.0


@pytest.fixture
def proxy(control_plane: ControlPlane, tmp_path: Path) -> Iterator[FaultyProxy]:
    with FaultyProxy(control_plane, tmp_path) as started:
        yield started


@pytest.fixture
def fleet(flux_api: ApiCluster, real_upstream: Upstream, namespace: str, tmp_path: Path) -> Live:
    """A Kustomization of many objects that is due, its artifact in a folder."""
    live = Live(flux_api, real_upstream, namespace, bucket=FolderBucket(tmp_path / "bucket"))
    live.add()
    names = [f"m{n:03}" for n in range(OBJECTS)]
    live.push({"apps/all.yaml": [config_map(name, namespace, data={"x": "1"}) for name in names]})
    return live


def settings(fleet: Live, proxy: FaultyProxy, tmp_path: Path, **more: object) -> dict[str, str]:
    return environment(
        invoke_token=TOKEN,
        kubeconfig=proxy.kubeconfig,
        bucket=tmp_path / "bucket",
        namespaces=fleet.namespace,
        log_format="json",
        stop_seconds=60,
        **more,
    )


def writes(proxy: FaultyProxy) -> list[Seen]:
    return [seen for seen in tuple(proxy.seen) if seen.write and "/configmaps/" in seen.path]


def stopped_in_the_middle(fleet: Live, proxy: FaultyProxy, env: dict[str, str]) -> tuple[int, Any, Any]:
    """The answer of apply that hears SIGTERM while its first writes are under way."""
    item = encode(WorkItem(Function.APPLY, "GitRepository", fleet.namespace, "fleet", "test"))
    proxy.fail(slow, lambda seen: seen.write and "/configmaps/" in seen.path)
    with function("apply", env) as (started, url), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, url, "/", item, bearer())
        eventually(lambda: len(writes(proxy)) == AT_ONCE, "the first writes")
        started.process.terminate()
        eventually(lambda: hears_nobody(url), "the server to have heard it")
        proxy.heal()
        result = answer.result(60)
        assert started.process.wait(60) == 0
    assert "Traceback" not in started.output
    return result


def hears_nobody(url: str) -> bool:
    """Whether nobody is served any more, as it is once gunicorn's worker has heard the signal."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=_SILENCE_S)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except OSError:
        return True
    finally:
        connection.close()
    return False


def test_apply_that_hears_sigterm_begins_nothing_new_and_asks_for_the_item_again(
    fleet: Live, proxy: FaultyProxy, tmp_path: Path
) -> None:
    env = settings(fleet, proxy, tmp_path)
    code, body, headers = stopped_in_the_middle(fleet, proxy, env)
    assert (code, headers["Retry-After"]) == (503, "1"), body
    assert len(fleet.owned("ConfigMap")) == len(writes(proxy)) == AT_ONCE
    assert len(fleet.inventory()) == OBJECTS
    assert fleet.ready()[:2] == ("Unknown", "Progressing")
    item = encode(WorkItem(Function.APPLY, "GitRepository", fleet.namespace, "fleet", "again"))
    with function("apply", env) as (_, url):
        assert ask(url, "/", item, bearer())[0] == 200
    assert len(fleet.owned("ConfigMap")) == OBJECTS
    assert len(writes(proxy)) == OBJECTS, "what was written once is not written again"
    assert fleet.ready()[0] == "True"


def test_apply_that_hears_sigterm_hands_over_to_the_url_that_it_was_given(
    fleet: Live, proxy: FaultyProxy, tmp_path: Path
) -> None:
    with successor(200) as another:
        env = settings(fleet, proxy, tmp_path, apply_url=another.url)
        code, body, _ = stopped_in_the_middle(fleet, proxy, env)
    assert code == 200
    (outcome,) = body["outcomes"]
    assert (outcome["ok"], outcome["reason"], len(outcome["changes"])) == (True, "HandedOver", AT_ONCE)
    (handed,) = [decode(content) for _, content in another.got]
    assert (handed.kind, handed.name, handed.reason) == ("GitRepository", "fleet", "handed over")


def test_apply_that_hears_sigterm_hands_over_to_its_queue(
    fleet: Live, proxy: FaultyProxy, tmp_path: Path
) -> None:
    code, _, _ = stopped_in_the_middle(
        fleet, proxy, settings(fleet, proxy, tmp_path, queue=tmp_path / "queue")
    )
    assert code == 200
    (file,) = (tmp_path / "queue" / "pending").iterdir()
    assert json.loads(file.read_text())["item"]["reason"] == "handed over"
