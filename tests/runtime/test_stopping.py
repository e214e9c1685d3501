"""What a process does that is told to stop, as real processes before a real API server (threats B-08)."""

from __future__ import annotations

import json
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import git_repository
from penstock.store.folder import FolderBucket

from tests.kustomize.builders import config_map
from tests.kustomize.live import Live
from tests.runtime.processes import environment, serving
from tests.runtime.requesting import SECRET, TOKEN
from tests.support.faulty_proxy import FaultyProxy, Seen, drop, slow
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane
    from penstock.tools.upstream import Upstream

OBJECTS = 40
AT_ONCE = 8
"""Requests that apply has under way for one Kustomization."""
PAIRS = [
    (signal.SIGTERM, signal.SIGINT),
    (signal.SIGINT, signal.SIGTERM),
    (signal.SIGTERM, signal.SIGTERM),
    (signal.SIGINT, signal.SIGINT),
]


@pytest.fixture
def proxy(control_plane: ControlPlane, tmp_path: Path) -> Iterator[FaultyProxy]:
    with FaultyProxy(control_plane, tmp_path) as started:
        yield started


@pytest.fixture
def env(flux_api: ApiCluster, proxy: FaultyProxy, tmp_path: Path, namespace: str) -> dict[str, str]:
    """The settings of a process that serves one namespace of its own, through the proxy."""
    del flux_api
    return environment(
        webhook_secret=SECRET,
        invoke_token=TOKEN,
        kubeconfig=proxy.kubeconfig,
        bucket=tmp_path / "bucket",
        queue=tmp_path / "queue",
        namespaces=namespace,
        tick_seconds=600,
    )


@pytest.fixture
def fleet(flux_api: ApiCluster, real_upstream: Upstream, namespace: str, tmp_path: Path) -> Live:
    """A Kustomization of many objects that is due, its artifact in the folder of `env`."""
    live = Live(flux_api, real_upstream, namespace, bucket=FolderBucket(tmp_path / "bucket"))
    live.add()
    names = [f"m{n:03}" for n in range(OBJECTS)]
    live.push({"apps/all.yaml": [config_map(name, namespace, data={"x": "1"}) for name in names]})
    # Nothing is to be fetched: the artifact is what it is.
    live.patch(live.repository, {"spec": {"suspend": True}})
    return live


def create_source(api: ApiCluster, namespace: str, url: str = "https://example.invalid/fleet.git") -> None:
    api.create(
        {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "GitRepository",
            "metadata": {"namespace": namespace, "name": "fleet"},
            "spec": {"url": url, "interval": "10m", "timeout": "1m"},
        }
    )


def commands_with(word: str) -> list[bytes]:
    """The command lines of this machine's processes that hold the word."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found += [line for line in [file.read_bytes()] if word.encode() in line]
    return found


def queued(tmp_path: Path, folder: str) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in (tmp_path / "queue" / folder).iterdir()]


def reading_the_source(seen: Seen) -> bool:
    return seen.path.endswith("/gitrepositories/fleet")


def test_what_runs_is_cut_short_in_time_and_goes_back_to_the_queue_uncounted(
    env: dict[str, str], flux_api: ApiCluster, namespace: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/fleet.git"
        create_source(flux_api, namespace, url)
        with serving({**env, "PENSTOCK_STOP_SECONDS": "2"}) as (started, _):
            connection, _ = silent.accept()
            assert started.end() == 0
            assert not commands_with(url)
            connection.close()
    assert started.logged()[-1]["message"] == "stopped"
    (left,) = queued(tmp_path, "pending")
    assert (left["item"]["name"], left.get("attempts", 0)) == ("fleet", 0)
    found = flux_api.get(git_repository(namespace, "fleet"))
    assert found is not None
    assert "False" not in [one["status"] for one in found.get("status", {}).get("conditions", [])]


def test_what_cannot_be_cut_short_does_not_keep_the_process_and_stays_in_the_queue(
    env: dict[str, str], proxy: FaultyProxy, flux_api: ApiCluster, namespace: str, tmp_path: Path
) -> None:
    create_source(flux_api, namespace)
    proxy.fail(drop, reading_the_source)
    with serving({**env, "PENSTOCK_STOP_SECONDS": "1"}) as (started, _):
        eventually(lambda: any(reading_the_source(seen) for seen in proxy.seen), "the request")
        assert started.end() == 0
    assert started.logged("stopped before all was finished")
    (left,) = queued(tmp_path, "claimed")
    assert left["item"]["name"] == "fleet"


def test_a_run_of_apply_hands_over_and_the_next_start_goes_on_with_it(
    env: dict[str, str], proxy: FaultyProxy, fleet: Live, tmp_path: Path
) -> None:
    def writing(seen: Seen) -> bool:
        return seen.write and "/configmaps/" in seen.path

    proxy.fail(slow, writing)
    with serving(env) as (started, _):
        eventually(lambda: len([seen for seen in proxy.seen if writing(seen)]) == AT_ONCE, "the writes")
        started.process.terminate()
        started.wait_for("stopping")
        proxy.heal()
        assert started.process.wait(60) == 0
    assert len(fleet.owned("ConfigMap")) == AT_ONCE
    assert fleet.ready()[:2] == ("Unknown", "Progressing")
    assert "handed over" in [one["item"]["reason"] for one in queued(tmp_path, "pending")]
    with serving(env) as (started, _):
        eventually(lambda: fleet.ready()[0] == "True", "the rest")
    assert len(fleet.owned("ConfigMap")) == OBJECTS
    assert len([seen for seen in proxy.seen if writing(seen)]) == OBJECTS


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_second_signal_ends_it_at_once_however_soon_it_comes(
    env: dict[str, str],
    proxy: FaultyProxy,
    flux_api: ApiCluster,
    namespace: str,
    tmp_path: Path,
    first: int,
    second: int,
) -> None:
    create_source(flux_api, namespace)
    proxy.fail(drop, reading_the_source)
    with serving({**env, "PENSTOCK_STOP_SECONDS": "600"}) as (started, _):
        eventually(lambda: any(reading_the_source(seen) for seen in proxy.seen), "the request")
        started.process.send_signal(first)
        if first == second:
            # The kernel makes one of two equal ones that nobody has heard yet.
            started.wait_for("stopping")
        assert started.end(second) in {128 + first, 128 + second}
    assert "Traceback" not in started.output
    # A tick may have been under way, too; it names no object.
    left = [one["item"]["name"] for one in queued(tmp_path, "claimed") if "name" in one["item"]]
    assert left == ["fleet"]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_signals_at_once_end_an_idle_process_in_order(
    env: dict[str, str], first: int, second: int
) -> None:
    with serving(env, "--tick-seconds", "0") as (started, _):
        started.process.send_signal(first)
        # Once all is over, signals do again what they do to any process.
        assert started.end(second) in {0, -second, 128 + second}
    assert started.logged("stopped")
