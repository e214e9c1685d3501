"""The floor on the real API server and a real Git server: what is measured happens, and nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import PenstockError

from bench.floor import AGENT, measure, median_s

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_git import WorkingCopy
    from tests.support.audit import Audit
    from tests.support.kube import Kube


def test_it_lists_dry_runs_applies_and_fetches_and_leaves_nothing(
    kubeconfig: Path, kube: Kube, audit: Audit, repository: WorkingCopy, namespace: str
) -> None:
    repository.publish({"a.yaml": "a: 1\n"})
    mark = audit.mark()
    floor = measure(kubeconfig, repository.url, namespace, objects=7, times=3, fetches=2)
    asked = [request for request in audit.since(mark) if request.agent == AGENT]
    patches = [request for request in asked if request.verb == "patch"]
    assert all(request.code in {200, 201, 409} for request in asked)
    assert len([request for request in asked if request.verb == "list"]) == 1 + 3
    assert len([request for request in patches if "dryRun=All" in request.uri]) == 1 + 3
    assert len([request for request in patches if "dryRun" not in request.uri]) == 7 + 1 + 3
    assert (floor.list_objects, floor.times, floor.fetches) == (7, 3, 2)
    assert floor.list_bytes > 7 * 100
    assert min(floor.list_s, floor.dry_run_s, floor.apply_s, floor.fetch_s) > 0
    left = kube.get(f"/api/v1/namespaces/{namespace}/configmaps")
    assert left is not None
    assert [one for one in left["items"] if one["metadata"]["name"].startswith("floor-")] == []


def test_a_missing_namespace_is_made(
    kubeconfig: Path, kube: Kube, repository: WorkingCopy, namespace: str
) -> None:
    repository.publish({"a.yaml": "a: 1\n"})
    measure(kubeconfig, repository.url, f"{namespace}-floor", objects=1, times=1, fetches=1)
    assert kube.get(f"/api/v1/namespaces/{namespace}-floor") is not None
    kube.delete(f"/api/v1/namespaces/{namespace}-floor")


def test_a_repository_that_is_not_there_is_an_error(
    kubeconfig: Path, repository: WorkingCopy, namespace: str
) -> None:
    with pytest.raises(PenstockError):
        measure(kubeconfig, f"{repository.url}.missing", namespace, objects=1, times=1, fetches=1)


def test_the_median_leaves_the_first_time_out() -> None:
    done: list[int] = []
    moments = iter([0.0, 5.0, 10.0, 11.0, 20.0, 22.0])
    assert median_s(lambda: done.append(1), 3, lambda: next(moments)) == 2.0
    assert len(done) == 4
