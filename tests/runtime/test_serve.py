"""`penstock serve` as a real process, with a real API server behind it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef

from tests.fixtures_disk import TROUBLES
from tests.runtime.processes import ask, environment, running, serving
from tests.runtime.requesting import PUSH, SECRET, TOKEN, bearer, signed
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.cluster.client import ApiCluster

    from tests.fixtures_disk import Disk

BODY = json.dumps(PUSH).encode()


@pytest.fixture
def env(flux_api: ApiCluster, kubeconfig: Path, tmp_path: Path, namespace: str) -> dict[str, str]:
    """The settings of a process that serves one namespace of its own."""
    del flux_api
    return environment(
        webhook_secret=SECRET,
        invoke_token=TOKEN,
        kubeconfig=kubeconfig,
        bucket=tmp_path / "bucket",
        queue=tmp_path / "queue",
        namespaces=namespace,
        tick_seconds=1,
    )


def kustomization(namespace: str, **spec: Any) -> dict[str, Any]:
    """One whose source does not exist."""
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"namespace": namespace, "name": "podinfo"},
        "spec": {
            "interval": "10m",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": "nowhere"},
            **spec,
        },
    }


def test_all_functions_answer_behind_one_port_and_the_end_is_orderly(
    env: dict[str, str], namespace: str
) -> None:
    with serving(env) as (started, url):
        assert ask(url, "/healthz", method="GET")[:2] == (200, {"status": "ok"})
        assert ask(url, "/github", BODY, signed(BODY))[0] == 202
        assert ask(url, "/github", BODY, signed(BODY, secret="wrong"))[0] == 401
        assert ask(url, "/tick", b"", bearer())[0] == 202
        assert [ask(url, path)[0] for path in ("/fetch", "/apply", "/tick")] == [401] * 3
        for path in ("/", "/fetch/", "/robots.txt", "/x//github", "/%2e%2e/github", "/" + "a" * 50_000):
            assert ask(url, path, BODY, signed(BODY))[0] == 404
        assert ask(url, "/github", method="BREW")[0] == 405
        started.wait_for("done", function="fetch", item="https://github.com/fluxcd/flux2.git refs/heads/main")
        started.wait_for("done", function="tick")
        assert started.end() == 0
    assert started.wait_for("penstock serves on")["namespaces"] == namespace
    assert started.logged()[-1]["message"] == "stopped"
    assert "canary" not in started.output


def test_the_tick_finds_what_nobody_announced_and_an_invoke_waits_for_its_outcome(
    env: dict[str, str], flux_api: ApiCluster, namespace: str
) -> None:
    obj = flux_api.create(kustomization(namespace))
    asked = json.dumps({"kind": "Kustomization", "namespace": namespace, "name": "podinfo"}).encode()
    with serving(env) as (started, url):
        started.wait_for(
            "done", function="apply", item=f"GitRepository/{namespace}/nowhere", cause="spec changed"
        )
        status, answer, _ = ask(url, "/invoke?wait=60s", asked, bearer())
        assert status == 500
        assert answer["outcome"]["ok"] is False
        assert "nowhere" in answer["outcome"]["message"]
        assert ask(url, "/invoke?wait=60s", asked.replace(b"podinfo", b"other"), bearer())[0] == 404
        assert ask(url, "/invoke", asked.replace(namespace.encode(), b"default"), bearer())[0] == 403
    found = flux_api.get(ObjectRef.from_object(obj))
    assert found is not None
    assert {one["type"]: one["status"] for one in found["status"]["conditions"]}["Ready"] == "False"


@pytest.fixture
def controller_of_flux(flux_api: ApiCluster, namespace: str) -> Iterator[ObjectRef]:
    """A Deployment of Flux with ready replicas."""
    ref = ObjectRef("apps", "v1", "Deployment", namespace, "kustomize-controller")
    labels = {"app.kubernetes.io/part-of": "flux", "app": "kustomize-controller"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "manager", "image": "x:v1"}]}}
    flux_api.create(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"namespace": namespace, "name": ref.name, "labels": labels},
            "spec": {"selector": {"matchLabels": {"app": "kustomize-controller"}}, "template": pod},
        }
    )
    status = {"status": {"readyReplicas": 1, "replicas": 1}}
    flux_api.merge_patch(ref, status, field_manager="test", subresource="status")
    yield ref
    flux_api.delete(ref, uid=None)


def test_beside_a_controller_of_flux_it_stands_down_until_that_is_gone(
    env: dict[str, str], flux_api: ApiCluster, namespace: str, controller_of_flux: ObjectRef
) -> None:
    obj = flux_api.create(kustomization(namespace))
    with serving(env) as (started, _):
        line = started.wait_for("standing down", function="tick")
        assert f"{namespace}/kustomize-controller" in line["message"]
        untouched = flux_api.get(ObjectRef.from_object(obj))
        assert untouched == obj
        flux_api.merge_patch(
            controller_of_flux,
            {"status": {"readyReplicas": 0}},
            field_manager="test",
            subresource="status",
        )
        started.wait_for("done", function="apply")


def test_what_was_accepted_before_the_process_was_killed_is_worked_on_after_its_restart(
    env: dict[str, str], tmp_path: Path
) -> None:
    env = {**env, "PENSTOCK_TICK_SECONDS": "0"}
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text(
        json.dumps(
            {
                "current-context": "x",
                "contexts": [{"name": "x", "context": {"cluster": "x"}}],
                "clusters": [{"name": "x", "cluster": {"server": "https://127.0.0.1:1"}}],
            }
        )
    )
    with serving({**env, "PENSTOCK_KUBECONFIG": str(nowhere)}) as (started, url):
        assert ask(url, "/github", BODY, signed(BODY))[0] == 202
        assert started.end(signal.SIGKILL) == -signal.SIGKILL
    with serving(env) as (started, _):
        started.wait_for("done", function="fetch", item="https://github.com/fluxcd/flux2.git refs/heads/main")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_process_stops_at_once_and_says_zero(env: dict[str, str], number: int) -> None:
    with serving(env, "--tick-seconds", "0") as (started, _):
        assert started.end(number) == 0
    assert started.logged("stopped")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PENSTOCK_WEBHOOK_SECRET": " "}, "PENSTOCK_WEBHOOK_SECRET is blank"),
        ({"PENSTOCK_BUCKET": "gs://b"}, "must be gs://bucket"),
        ({"PENSTOCK_KUBECONFIG": "/nowhere"}, "the kubeconfig at /nowhere cannot be read"),
        ({"PENSTOCK_UPSTREAM_BINARY": "/nowhere"}, "PENSTOCK_UPSTREAM_BINARY (/nowhere)"),
        ({"PENSTOCK_UPSTREAM_BINARY": "/usr"}, "PENSTOCK_UPSTREAM_BINARY (/usr)"),
        ({"PENSTOCK_UPSTREAM_BINARY": "/usr/bin/true"}, "PENSTOCK_UPSTREAM_BINARY (/usr/bin/true)"),
        ({"PENSTOCK_LISTEN_HOST": "192.0.2.1"}, "PENSTOCK_LISTEN_HOST"),
        ({"PENSTOCK_LISTEN_HOST": "no-such-host.invalid"}, "PENSTOCK_LISTEN_HOST"),
        ({"PENSTOCK_BUCKET": "/etc/passwd"}, "PENSTOCK_BUCKET (/etc/passwd)"),
        ({"PENSTOCK_BUCKET": "/proc"}, "PENSTOCK_BUCKET (/proc)"),
        ({"PENSTOCK_QUEUE": "/etc/passwd"}, "PENSTOCK_QUEUE (/etc/passwd)"),
    ],
)
def test_what_is_wrong_with_the_settings_is_said_before_anything_is_begun(
    env: dict[str, str], changes: dict[str, str], said: str
) -> None:
    assert said in refused({**env, **changes})


def refused(env: dict[str, str]) -> str:
    """The one line with which serve says why it does not start."""
    from tests.runtime.processes import _BIN

    with running([str(_BIN / "penstock"), "serve"], env) as started:
        eventually(lambda: started.process.poll() is not None, "the process ends")
        started._reader.join(60)
    assert started.process.returncode == 1
    assert len(started.lines) == 1, started.output
    return started.output


@pytest.mark.parametrize(
    ("setting", "trouble"),
    [*(("BUCKET", trouble) for trouble in TROUBLES), ("QUEUE", "read-only"), ("QUEUE", "out of names")],
    indirect=["trouble"],
)
def test_a_disk_in_trouble_stops_it_before_anything_is_begun_and_no_longer_once_it_is_well(
    env: dict[str, str], disk: Disk, trouble: str, setting: str
) -> None:
    """Threats B-24."""
    place = disk.path / "place"
    env = {**env, f"PENSTOCK_{setting}": str(place)}
    with disk.in_trouble(trouble):
        said = refused(env)
    assert f"PENSTOCK_{setting} ({place}) cannot be used: " in said
    assert TROUBLES[trouble] in said
    with serving(env) as (started, _):
        started.wait_for("done", function="tick")
