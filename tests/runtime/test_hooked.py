"""The listener of the API server's calls, on a real API server and without one."""

from __future__ import annotations

import io
import re
import threading
from typing import TYPE_CHECKING

import pytest
from penstock.admission.configuration import ref
from penstock.admission.flow import ensure, probe, remove
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.options import Role
from penstock.base.settings import read_settings
from penstock.runtime.hooked import listening
from penstock.runtime.wiring import Wiring

from tests.runtime.processes import free_port
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.api.objects import Json
    from penstock.cluster.client import ApiCluster


def wired(tmp_path: Path, kubeconfig: Path, stream: io.StringIO, **settings: object) -> Wiring:
    given = {
        "webhook_secret": "hook-canary",
        "invoke_token": "invoke-canary",
        "bucket": tmp_path / "bucket",
        "queue": tmp_path / "queue",
        "kubeconfig": kubeconfig,
        "log_format": "json",
        **settings,
    }
    env = {f"PENSTOCK_{key.upper()}": str(value) for key, value in given.items()}
    return Wiring(read_settings(env, Role.SERVE), {}, stream=stream)


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def seconds(number: float) -> Deadline:
    return Deadline.after(SystemClock(), number)


def test_without_a_port_there_is_none(tmp_path: Path, kubeconfig: Path) -> None:
    assert listening(wired(tmp_path, kubeconfig, io.StringIO())) is None


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("penstock.apps.svc", "https://penstock.apps.svc:"),
        ("::1", "https://[::1]:"),
        ("", "https://127.0.0.1:"),
    ],
)
def test_the_address_is_the_one_that_the_api_server_is_to_call(
    kubeconfig: Path, tmp_path: Path, host: str, address: str
) -> None:
    named = {"admission_host": host} if host else {}
    hooked = listening(wired(tmp_path, kubeconfig, io.StringIO(), admission_port=0, **named))
    assert hooked is not None
    assert hooked.url == f"{address}{hooked.server.port}"
    hooked.server.server_close()


def test_each_start_brings_the_hook_up_to_date_and_the_api_server_reaches_it(
    flux_api: ApiCluster, kubeconfig: Path, tmp_path: Path, namespace: str, stop: threading.Event
) -> None:
    stream = io.StringIO()
    wiring = wired(tmp_path, kubeconfig, stream, namespaces=namespace, admission_port=0)
    assert not probe(flux_api, seconds(0), wiring.scope).installed
    bundles = set()
    for _ in range(2):
        hooked = listening(wiring)
        assert hooked is not None
        hooked.start(wiring, stop)
        eventually(lambda ca=hooked.url: ca in _client(flux_api, wiring)["url"], "the hook")  # type: ignore[misc] # mypy does not infer defaults of lambdas
        assert probe(flux_api, seconds(30), wiring.scope).reached
        bundles.add(_client(flux_api, wiring)["caBundle"])
        hooked.close()
    assert len(bundles) == 2
    assert not probe(flux_api, seconds(0), wiring.scope).reached
    assert "canary" not in stream.getvalue()
    assert wiring.hook_parts[0] not in stream.getvalue()
    assert remove(flux_api, wiring.scope)


def test_a_certificate_that_is_not_trusted_is_not_reached(
    flux_api: ApiCluster, kubeconfig: Path, tmp_path: Path, namespace: str, stop: threading.Event
) -> None:
    wiring = wired(tmp_path, kubeconfig, io.StringIO(), namespaces=namespace, admission_port=0)
    first, second = listening(wiring), listening(wiring)
    assert first is not None
    assert second is not None
    first.start(wiring, stop)
    eventually(lambda: probe(flux_api, seconds(30), wiring.scope).reached, "the hook")
    ensure(flux_api, _client(flux_api, wiring)["url"], second.ca, wiring.scope)
    eventually(lambda: not probe(flux_api, seconds(0), wiring.scope).reached, "the other authority")
    first.close()
    second.server.server_close()
    remove(flux_api, wiring.scope)


def test_a_cluster_that_refuses_the_hook_is_told_of_once(
    flux_api: ApiCluster, kubeconfig: Path, tmp_path: Path, namespace: str, stop: threading.Event
) -> None:
    stream = io.StringIO()
    wiring = wired(tmp_path, kubeconfig, stream, namespaces=namespace, admission_port=0)
    where = ref(wiring.scope)
    flux_api.create(
        {
            "apiVersion": where.api_version,
            "kind": where.kind,
            "metadata": {"name": where.name},
            "webhooks": [],
        }
    )
    hooked = listening(wiring)
    assert hooked is not None
    hooked.start(wiring, stop)
    eventually(lambda: "is not penstock's" in stream.getvalue(), "the log line")
    hooked.close()
    flux_api.delete(where, uid=None)


def test_a_cluster_that_does_not_answer_yet_is_tried_again(
    kubeconfig: Path, tmp_path: Path, stop: threading.Event
) -> None:
    nowhere = tmp_path / "kubeconfig"
    address = f"server: https://127.0.0.1:{free_port()}"
    nowhere.write_text(re.sub(r"server: .*", address, kubeconfig.read_text()))
    stream = io.StringIO()
    wiring = wired(tmp_path, nowhere, stream, admission_port=0)
    hooked = listening(wiring)
    assert hooked is not None
    hooked.start(wiring, stop)
    eventually(lambda: "there is no admission hook yet" in stream.getvalue(), "the log line")
    hooked.close()


def _client(cluster: ApiCluster, wiring: Wiring) -> Json:
    found = cluster.get(ref(wiring.scope)) or {"webhooks": [{"clientConfig": {"url": ""}}]}
    client: Json = found["webhooks"][0]["clientConfig"]
    return client
