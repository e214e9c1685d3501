"""Flux's own objects in a fleet, on the real API server: old versions, controllers, and what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef, git_repository

from tests.fakes.queue import FakeQueue
from tests.kustomize.builders import config_map, make

if TYPE_CHECKING:
    from tests.kustomize.live import Live

GROUP = "kustomize.toolkit.fluxcd.io"
OLD = """\
# The apps.
---
apiVersion: kustomize.toolkit.fluxcd.io/v1beta2
kind: Kustomization
metadata:
  name: old
  namespace: {0}
spec: {{interval: 1m, prune: true, sourceRef: {{kind: GitRepository, name: fleet}}}}
---
kind: HelmRelease
apiVersion: helm.toolkit.fluxcd.io/v2beta1
metadata: {{name: release, namespace: {0}}}
"""


def _controller(namespace: str, name: str = "source-controller", replicas: int = 1) -> dict[str, Any]:
    labels = {"app": name, "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": name}
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "manager", "image": f"ghcr.io/fluxcd/{name}:v1.9.0"}]},
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return make("apps/v1", "Deployment", name, namespace, labels=labels, spec=spec)


def _replicas(live: Live) -> int:
    found = live.get("Deployment", "source-controller", "apps")
    assert found is not None
    return int(found["spec"]["replicas"])


def _told(live: Live, reason: str) -> list[str]:
    found = live.cluster.list("", "v1", "Event", live.namespace)
    return [event["message"] for event in found if event["reason"] == reason]


def test_an_old_version_fails_as_in_flux_and_the_message_says_where_it_stands_and_what_to_write(
    live: Live,
) -> None:
    live.add()
    live.push({"apps/sync.yaml": OLD.format(live.namespace), "apps/a.yaml": config_map("a", live.namespace)})
    outcome = live.one()
    assert (outcome.ok, outcome.reason) == (False, "ReconciliationFailed")
    lines = outcome.message.splitlines()
    assert lines.pop() == f"ConfigMap/{live.namespace}/a created", "it is in nobody's way"
    where = f"{live.namespace}/"
    assert lines == [
        (
            f'HelmRelease/{where}release dry-run failed: no matches for kind "HelmRelease" in version '
            '"helm.toolkit.fluxcd.io/v2beta1"; Flux has removed that version: in apps/sync.yaml, line 11, '
            "write helm.toolkit.fluxcd.io/v2 (`penstock migrate -f .` does)"
        ),
        (
            f'Kustomization/{where}old dry-run failed: no matches for kind "Kustomization" in version '
            f'"{GROUP}/v1beta2"; Flux has removed that version: in apps/sync.yaml, line 3, write {GROUP}/v1 '
            "(`penstock migrate -f .` does)"
        ),
    ]


def test_fluxs_controllers_are_applied_with_no_replicas_and_put_back_to_none(live: Live) -> None:
    live.add()
    live.push({"apps/gotk-components.yaml": _controller(live.namespace)})
    assert live.one().ok
    assert _replicas(live) == 0
    name = f"Deployment/{live.namespace}/source-controller"
    said = f"applied with 0 replicas, as penstock does their work: {name}"
    assert _told(live, "FluxControllersHeld") == [said]
    assert live.one(live.apps).changes == ()
    assert _told(live, "FluxControllersHeld") == [said]
    live.patch(ObjectRef.from_object(_controller(live.namespace)), {"spec": {"replicas": 2}})
    assert live.one(live.apps).changes == (f"{name} configured",)
    assert _replicas(live) == 0


def test_where_the_setting_says_so_they_are_applied_as_they_are(live: Live) -> None:
    live.ports = replace(live.ports, hold_flux=False)
    live.add()
    live.push({"apps/gotk-components.yaml": _controller(live.namespace)})
    assert live.one().ok
    assert _replicas(live) == 1
    assert _told(live, "FluxControllersHeld") == []


@pytest.fixture
def queue(live: Live) -> FakeQueue:
    """Where the work goes that a run causes."""
    found = FakeQueue()
    live.ports = replace(live.ports, queue=found)
    return found


def test_flux_objects_that_a_run_writes_or_deletes_are_queued_once(live: Live, queue: FakeQueue) -> None:
    source = make(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        "second",
        live.namespace,
        spec={"url": "https://example.com/second", "interval": "1m"},
    )
    other = make(
        f"{GROUP}/v1",
        "Kustomization",
        "second",
        live.namespace,
        spec={"interval": "1m", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "second"}},
    )
    live.add()
    live.push({"apps/sync.yaml": [other, source]})
    assert live.one().ok
    keys = [f"fetch/GitRepository/{live.namespace}/second", f"apply/GitRepository/{live.namespace}/second"]
    assert [item.key for item in queue.items] == keys
    assert live.one(live.apps).ok
    assert len(queue.items) == 2
    longer = {**other, "spec": {**other["spec"], "interval": "2m"}}
    live.push({"apps/sync.yaml": [longer, config_map("a", live.namespace)]})
    assert live.one().ok
    assert [item.key for item in queue.items[2:]] == keys[1:], "the source is gone, as nobody held it"
    assert live.cluster.get(git_repository(live.namespace, "second")) is None
