"""apply while others change the source or the object (decision 5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from penstock.api.work import Function, WorkItem
from penstock.base.errors import Transient
from penstock.cluster.errors import Conflict
from penstock.kustomize.flow import apply
from penstock.kustomize.owner import owner_labels
from penstock.queue.claims import LocalClaims

from tests.kustomize.builders import changed, config_map, make, ref
from tests.kustomize.world import APPS, REPOSITORY, World

if TYPE_CHECKING:
    from tests.fakes.cluster import Call

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")


def test_a_run_for_an_outdated_revision_writes_nothing(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    pushed: list[str] = []

    def push_meanwhile(call: Call) -> bool:
        if call.dry_run and not pushed:
            pushed.append("")
            pushed[0] = world.push({"apps/b.yaml": B})
        return False

    world.cluster.fail(Transient("never"), push_meanwhile)
    outcome = world.one()
    assert (outcome.ok, outcome.reason) == (False, "Superseded")
    assert f"offers {pushed[0]} now" in outcome.message
    assert world.effects() == []
    assert world.status() == {"observedGeneration": -1}
    assert world.one().changes == ("ConfigMap/default/b created",)


def test_a_spec_that_changes_during_the_run_is_decided_again(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A, "new/b.yaml": B})
    done: list[bool] = []

    def edit(call: Call) -> bool:
        if call.dry_run and not done:
            done.append(True)
            world.patch(APPS, {"spec": {"path": "new"}})
        return False

    world.cluster.fail(Transient("never"), edit)
    assert world.one().changes == ("ConfigMap/default/b created",)
    assert world.owned() == ["ConfigMap/default/b"]
    assert world.status()["observedGeneration"] == world.get()["metadata"]["generation"] == 2


def test_an_object_that_never_stands_still_is_given_up_for_now(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.cluster.fail(Conflict("no"), lambda call: call.subresource == "status")
    with pytest.raises(Transient, match="changes faster than it can be reconciled"):
        world.run()


def test_a_request_during_the_run_does_not_lose_its_outcome(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    done: list[bool] = []

    def annotate(call: Call) -> bool:
        if call.verb == "apply" and not call.dry_run and not done:
            done.append(True)
            world.patch(APPS, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "t"}}})
        return False

    world.cluster.fail(Transient("never"), annotate)
    assert world.one().ok
    assert world.condition()[0] == "True"
    assert "lastHandledReconcileAt" not in world.status()
    assert world.one().ok
    assert world.status()["lastHandledReconcileAt"] == "t"


def test_what_another_instance_did_meanwhile_is_looked_at_again(world: World) -> None:
    theirs = make("v1", "Secret", "y", "default", labels=owner_labels(APPS))
    world.add()
    world.push({"apps/a.yaml": A})
    done: list[bool] = []

    def add_entry(call: Call) -> bool:
        if call.verb == "apply" and not call.dry_run and not done:
            done.append(True)
            world.cluster.seed(theirs)
            entries = [*world.status()["inventory"]["entries"], {"id": "default_y__Secret", "v": "v1"}]
            world.patch(APPS, {"status": {"inventory": {"entries": entries}}}, "status")
        return False

    world.cluster.fail(Transient("never"), add_entry)
    assert world.one().changes == ("Secret/default/y deleted",)
    world.clock.move(600)
    assert world.one().changes == ()
    assert world.inventory() == ["default_a__ConfigMap"]
    assert world.owned() == ["ConfigMap/default/a"]


def test_a_kustomization_that_vanishes_is_no_failure(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    done: list[bool] = []

    def vanish(call: Call) -> bool:
        if call.dry_run and not done:
            done.append(True)
            world.patch(APPS, {"metadata": {"finalizers": None}})
            world.cluster.delete(APPS, uid=None)
        return False

    world.cluster.fail(Transient("never"), vanish)
    outcome = world.one()
    assert (outcome.ok, outcome.message) == (True, f"{APPS} is gone")
    assert world.effects() == []


@pytest.mark.parametrize("later", ["apply", "status"])
def test_an_instance_that_was_paused_does_not_undo_what_came_after_it(world: World, later: str) -> None:
    """Threats B-13: it wakes up after another one has applied a newer revision."""
    world.add()
    world.push({"apps/a.yaml": A, "apps/b.yaml": B})
    done: list[str] = []

    def pause(call: Call) -> bool:
        woken = call.verb == "apply" and not call.dry_run
        if later == "status":
            woken = call.subresource == "status" and "lastAppliedRevision" in str(call.body)
        if not woken or done:
            return False
        done.append("")
        done[0] = world.push({"apps/a.yaml": changed(A, x="2"), "apps/c.yaml": C})
        alive, world.ports = world.ports, replace(world.ports, claims=LocalClaims())
        assert world.one().ok
        world.ports = alive
        world.clock.move(60)
        return False

    world.cluster.fail(Transient("never"), pause)
    outcome = world.one()
    assert outcome.reason == "Superseded"
    assert world.status()["lastAppliedRevision"] == done[0]
    assert "ConfigMap/default/b" not in world.owned()
    world.forget()
    assert world.one().ok
    assert world.owned() == ["ConfigMap/default/a", "ConfigMap/default/c"]
    assert world.get(ref("ConfigMap", "a", "default"))["data"] == {"x": "2"}


def test_work_for_an_older_revision_that_comes_late_does_what_the_source_offers_now(world: World) -> None:
    """Threats B-03: a work item names the revision that it was queued for, and is never taken at its word."""
    world.add()
    older = world.push({"apps/a.yaml": A, "apps/b.yaml": B})
    newer = world.push({"apps/a.yaml": changed(A, x="2")})
    late = WorkItem(Function.APPLY, REPOSITORY.kind, REPOSITORY.namespace, REPOSITORY.name, "push", older)
    assert [outcome.revision for outcome in apply(world.ports, late)] == [newer]
    assert world.owned() == ["ConfigMap/default/a"]
    world.forget()
    apply(world.ports, late)
    assert world.effects() == []
    assert world.status()["lastAppliedRevision"] == newer
