"""apply: what makes a look a full pass, and what such a pass finds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal
from penstock.base.limits import Limits

from tests.kustomize.builders import changed, make
from tests.kustomize.world import APPS, World

if TYPE_CHECKING:
    from collections.abc import Callable

from tests.kustomize.quietly import FILES, QUIET, A, cost_of, later, run_cost

BASELINE = "baselines/11111111-2222-3333-4444-555555555555/Kustomization/flux-system/apps.json"
FULL = (1, 2)


def test_changes_that_are_pushed_all_the_time_put_off_no_full_pass(quiet: World) -> None:
    for value in range(5):
        quiet.push({**FILES, "apps/a.yaml": changed(A, x=f"v{value}")})
        assert quiet.one().changes
        later(quiet, 500)
    dry_runs = []
    for value in range(5):
        quiet.push({**FILES, "apps/a.yaml": changed(A, x=f"w{value}")})
        assert quiet.one().changes
        dry_runs.append(cost_of(quiet)[1])
        later(quiet, 500)
    assert dry_runs.count(2) == 1
    assert set(dry_runs) == {1, 2}


def _respec(world: World) -> None:
    world.patch(APPS, {"spec": {"interval": "9m"}})


def _other_helper(world: World) -> None:
    world.builder.made_of = "another kustomize"


def _other_settings(world: World) -> None:
    world.ports = replace(world.ports, refused_kinds=("Pod",))


def _other_limits(world: World) -> None:
    world.ports = replace(world.ports, limits=Limits(build_objects=7))


def _lost(world: World) -> None:
    world.bucket.delete(BASELINE)


def _damaged(world: World) -> None:
    world.bucket.put(BASELINE, b'{"at": 7}')


def _without_a_time(world: World) -> None:
    data = (world.bucket.get(BASELINE) or (b"",))[0]
    world.bucket.put(BASELINE, data.replace(b'"at":"2030', b'"at":"soon'))


def _failed(world: World) -> None:
    ready = {"type": "Ready", "status": "False", "reason": "ReconciliationFailed", "message": "no"}
    _say(world, ready)


def _cut_off(world: World) -> None:
    _say(world, {"type": "Reconciling", "status": "True", "reason": "Progressing", "message": "doing"})


def _say(world: World, condition: dict[str, Any]) -> None:
    kept = [one for one in world.status()["conditions"] if one["type"] != condition["type"]]
    stamp = {"lastTransitionTime": "2030-01-01T00:00:00Z", "observedGeneration": 1}
    world.patch(APPS, {"status": {"conditions": [*kept, {**condition, **stamp}]}}, "status")


@pytest.mark.parametrize(
    "differs",
    [
        _respec,
        _other_helper,
        _other_settings,
        _other_limits,
        _lost,
        _damaged,
        _without_a_time,
        _failed,
        _cut_off,
    ],
)
def test_whatever_else_differs_makes_a_full_pass_and_the_next_look_is_quiet(
    quiet: World, differs: Callable[[World], None]
) -> None:
    differs(quiet)
    later(quiet)
    assert run_cost(quiet) == FULL
    assert quiet.effects() == []
    later(quiet)
    assert run_cost(quiet) == QUIET


def test_a_cluster_that_took_the_others_place_is_applied_to_in_full(quiet: World) -> None:
    quiet.cluster.uid = "22222222-2222-3333-4444-555555555555"
    assert run_cost(quiet) == FULL


def test_a_full_pass_is_made_now_and_then(quiet: World) -> None:
    quiet.clock.move(3600)
    assert run_cost(quiet) == FULL
    later(quiet)
    assert run_cost(quiet) == QUIET
    assert not [line for line in quiet.logged() if "quiet looks had missed" in line["message"]]


def test_a_clock_that_was_set_back_makes_a_full_pass(quiet: World) -> None:
    quiet.clock.set_back(86_400)
    assert run_cost(quiet) == FULL


def test_a_full_pass_that_finds_what_quiet_looks_missed_says_so(quiet: World) -> None:
    """As when an admission webhook began to change what is applied."""
    webhook = {"metadata": {"annotations": {"injected": "yes"}}}
    apply = quiet.cluster.apply

    def mutated(obj: Any, **how: Any) -> Any:
        return apply({**obj, "metadata": {**obj["metadata"], **webhook["metadata"]}}, **how)

    quiet.ports = replace(quiet.ports, cluster=_Mutating(quiet.cluster, mutated))
    assert run_cost(quiet) == QUIET
    quiet.clock.move(3600)
    assert quiet.one().changes
    (line,) = [line for line in quiet.logged() if "quiet looks had missed" in line["message"]]
    assert (line["object"], line["changes"]) == ("Kustomization/flux-system/apps", 2)


class _Mutating:
    """The cluster with an admission webhook that changes every apply."""

    def __init__(self, cluster: Any, apply: Callable[..., Any]) -> None:
        self._cluster = cluster
        self.apply = apply

    def within(self, _deadline: object) -> _Mutating:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)


def test_a_namespace_that_is_being_deleted_is_not_passed_over(world: World) -> None:
    world.be_quiet()
    world.add()
    world.push({"apps/n.yaml": make("v1", "Namespace", "team")})
    assert world.one().ok
    world.patch(ObjectRef("", "v1", "Namespace", "", "team"), {"metadata": {"finalizers": ["x"]}})
    world.cluster.delete(ObjectRef("", "v1", "Namespace", "", "team"), uid=None)
    later(world)
    assert "is being deleted" in world.one().message


def test_objects_that_a_list_does_not_show_leave_no_baseline(world: World) -> None:
    """As what somebody has marked in the cluster so that it is left alone: it never gets our labels."""
    mark = {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}
    world.cluster.seed({**A, "metadata": {**A["metadata"], "annotations": mark}})
    world.be_quiet()
    world.add()
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    assert world.bucket.get(BASELINE) is None


def test_a_kustomization_that_is_deleted_takes_its_baseline_along(quiet: World) -> None:
    assert quiet.bucket.get(BASELINE) is not None
    quiet.cluster.delete(APPS, uid=None)
    quiet.run()
    assert quiet.bucket.get(BASELINE) is None


def test_a_bucket_that_takes_no_baseline_fails_no_run(world: World) -> None:
    world.be_quiet()
    world.add()
    world.push(FILES)
    world.ports = replace(world.ports, baselines=_Full())  # type: ignore[arg-type] # as far as it is used
    assert world.one().ok
    assert [line for line in world.logged() if "could not be written" in line["message"]]


class _Full:
    def read(self, _ref: ObjectRef) -> None:
        return None

    def write(self, *_: object) -> None:
        raise Terminal("the bucket is full")
