"""The process is killed at one step after the other: the next one goes on, nothing is lost or left over."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.e2e.fleet import Fleet, config_map
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Serve
    from tests.fixtures_git import WorkingCopy
    from tests.support.kube import Kube

STEPS = ("POST /github", "push", "stored artifact", "due", "Applied revision")


def queued(folder: Path) -> list[Path]:
    """What waits in the queue or is being worked on."""
    return [path for name in ("pending", "claimed", "dead") for path in (folder / "queue" / name).iterdir()]


def test_a_push_survives_a_kill_at_every_step(
    serve: Serve, kube: Kube, namespace: str, repository: WorkingCopy, tmp_path: Path
) -> None:
    wanted: dict[str, str | bytes | None] = {}
    with serve(tmp_path, namespaces=namespace) as functions:
        fleet = Fleet(kube, functions, namespace, repository)
        fleet.add_source()
        fleet.add_kustomization()
    for number, step in enumerate(STEPS):
        added = {f"{number}-{n}.yaml": config_map(f"map-{number}-{n}") for n in range(12)}
        with serve(tmp_path, namespaces=namespace) as functions:
            fleet.functions = functions
            commit = fleet.push({**added, **dict.fromkeys(wanted)})
            functions.running.wait_for(step)
            functions.running.end(signal.SIGKILL)
        wanted = dict(added)
        with serve(tmp_path, namespaces=namespace) as functions:
            fleet.functions = functions
            fleet.wait_applied(commit)
            eventually(lambda: not queued(tmp_path), "the end of the work")
        assert set(fleet.names("ConfigMap")) == {f"map-{number}-{n}" for n in range(12)}
    left = fleet.kube.get(fleet.path("ConfigMap")) or {}
    named = {item["metadata"]["name"] for item in left["items"]} - {"kube-root-ca.crt"}
    assert named == set(fleet.names("ConfigMap"))
