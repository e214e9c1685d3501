"""apply: a Kustomization that waits, when it is deleted, until its objects are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.kustomize.builders import config_map, ref
from tests.kustomize.world import APPS, World

if TYPE_CHECKING:
    from tests.fakes.cluster import Call


A = config_map("a", data={"x": "1"})
A_REF = ref("ConfigMap", "a", "default")
WAITING = "Waiting for the deleted objects to be gone"
GONE_TOO_LATE = "failed to wait for resources termination"


def being_deleted(world: World, **spec: Any) -> None:
    """The Kustomization is deleted while its one object has a finalizer."""
    world.add(deletionPolicy="WaitForTermination", timeout="1m", **spec)
    world.push({"apps/a.yaml": {**A, "metadata": {**A["metadata"], "finalizers": ["example.com/x"]}}})
    assert world.one().ok
    world.forget()
    world.cluster.delete(APPS, uid=None)


def watched(world: World, *, lets_go_after: int = 1000) -> None:
    """Each watch takes 3 s; so many of them later the finalizer goes."""
    watches: list[Call] = []

    def passes(call: Call) -> bool:
        if call.verb == "watch":
            watches.append(call)
            world.clock.move(3)
            if len(watches) == lets_go_after:
                world.patch(A_REF, {"metadata": {"finalizers": None}})
        return False

    world.cluster.fail(AssertionError(), passes)


def test_the_kustomization_goes_when_its_objects_are_gone(world: World) -> None:
    being_deleted(world)
    watched(world, lets_go_after=4)
    assert world.one().changes == ("ConfigMap/default/a deleted",)
    assert world.cluster.objects("Kustomization") == world.cluster.objects("ConfigMap") == ()
    assert world.events.lines() == [
        "info Kustomization/flux-system/apps ReconciliationSucceeded: ConfigMap/default/a deleted"
    ]


def test_after_the_timeout_it_goes_all_the_same_and_says_so(world: World) -> None:
    being_deleted(world)
    watched(world)
    assert world.one().ok
    assert world.cluster.objects("Kustomization") == ()
    assert world.events.lines()[-1] == (
        f"error Kustomization/flux-system/apps ReconciliationSucceeded: {GONE_TOO_LATE}"
    )


def test_the_wait_goes_on_in_the_next_run_and_the_timeout_counts_over_all(world: World) -> None:
    world = World(budget_seconds=20.0)
    being_deleted(world)
    watched(world)
    started = world.clock.monotonic()
    assert world.one().reason == "HandedOver"
    assert world.condition("Reconciling")[2] == WAITING
    runs = 1
    while world.cluster.objects("Kustomization"):
        runs += 1
        assert world.one().reason in {"HandedOver", "Deleted"}
    assert (3 <= runs <= 6, world.clock.monotonic() - started < 80) == (True, True)
    told = [line for line in world.events.lines() if "deleted" in line]
    assert len(told) == 1
    assert world.events.lines()[-1].endswith(GONE_TOO_LATE)


def test_other_policies_wait_for_nothing(world: World) -> None:
    being_deleted(world)
    world.patch(APPS, {"spec": {"deletionPolicy": "Delete"}})
    assert world.one().ok
    assert world.cluster.objects("Kustomization") == ()
    assert len(world.cluster.objects("ConfigMap")) == 1
