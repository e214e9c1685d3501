"""Proposing a rollback, letting it stand, and cancelling it; a run after each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.objects import annotations_of
from penstock.api.refs import kustomization
from penstock.api.rollback import ROLLBACK_ANNOTATION, rollback_of
from penstock.base.errors import Terminal, Transient
from penstock.base.limits import Limits
from penstock.cluster.errors import Conflict
from penstock.plans.preview import look_ahead
from penstock.plans.rollback import NoRollback, RollbackPorts, cancel, hold, job_of, propose
from penstock.plans.rolling import NothingToRollBackTo
from penstock.plans.telling import text
from penstock.store.runs import RunRecord

from tests.kustomize.builders import changed, config_map
from tests.kustomize.world import APPS, REPOSITORY, World

if TYPE_CHECKING:
    from tests.plans.conftest import Planned

A = config_map("a", data={"x": "1"})


def _ports(world: World) -> RollbackPorts:
    return RollbackPorts(world.cluster, world.artifacts, world.runs, Limits())


def _pushed(world: World, x: str, *, run: bool = True) -> str:
    revision = world.push({"apps/a.yaml": changed(A, x=x)})
    if run:
        world.run()
        world.clock.move(60)
    return revision


def _value(world: World) -> str:
    return str(next(iter(world.cluster.objects("ConfigMap")))["data"]["x"])


def test_the_one_before_stands_until_it_is_cancelled(planned: Planned) -> None:
    world = planned.world
    good, bad = _pushed(world, "good"), _pushed(world, "bad")
    proposal = propose(_ports(world), APPS)
    assert (proposal.rollback.revision, proposal.rollback.bad, proposal.suspended) == (good, bad, False)
    outlook, _ = look_ahead(planned.ports(), job_of(_ports(world), proposal))
    assert text(outlook) == "► ConfigMap/default/a drifted\n\ndata.x\n± value change\n- bad\n+ good\n\n"
    assert world.cluster.writes()[-1].subresource == "status"
    hold(world.cluster, APPS, proposal, "token-1")
    assert rollback_of(annotations_of(world.get())) == proposal.rollback
    world.run()
    assert (_value(world), world.status()["lastHandledReconcileAt"]) == ("good", "token-1")
    assert cancel(world.cluster, APPS, "token-2") == proposal.rollback
    world.run()
    assert (_value(world), world.status()["lastHandledReconcileAt"]) == ("bad", "token-2")
    with pytest.raises(NoRollback, match="no rollback holds of Kustomization/flux-system/apps"):
        cancel(world.cluster, APPS, "token-3")


def test_a_second_one_goes_further_back_and_keeps_the_same_revision_off(planned: Planned) -> None:
    world = planned.world
    first, second, bad = (_pushed(world, x) for x in ("first", "second", "bad"))
    hold(world.cluster, APPS, propose(_ports(world), APPS), "t")
    world.run()
    assert _value(world) == "second"
    proposal = propose(_ports(world), APPS)
    assert (proposal.rollback.revision, proposal.rollback.bad) == (first, bad)
    assert proposal.standing is not None
    hold(world.cluster, APPS, proposal, "u")
    world.run()
    assert _value(world) == "first"
    assert propose(_ports(world), APPS, second.rpartition(":")[2][:10]).rollback.revision == second


def test_whose_commits_they_are_is_known_where_fetch_said_it(planned: Planned) -> None:
    world = planned.world
    good, bad = _pushed(world, "good"), _pushed(world, "bad")
    for revision, subject in ((good, "Add a"), (bad, "Break it")):
        stored = RunRecord(
            started_at="", ended_at="", ok=True, reason="", message="", revision=revision, subject=subject
        )
        world.runs.write(REPOSITORY, stored, world.clock.now())
    proposal = propose(_ports(world), APPS)
    assert [proposal.commit(one).subject for one in (good, bad, "other")] == ["Add a", "Break it", ""]


def test_what_stands_in_the_way_is_said_and_nothing_is_written(planned: Planned) -> None:
    world, ports = planned.world, _ports(planned.world)
    with pytest.raises(Terminal, match="Kustomization/flux-system/none not found"):
        propose(ports, kustomization("flux-system", "none"))
    with pytest.raises(Terminal, match="offers no artifact"):
        propose(ports, APPS)
    _pushed(world, "bad")
    with pytest.raises(NothingToRollBackTo, match="an earlier revision was applied"):
        propose(ports, APPS)
    good, _ = _pushed(world, "good"), _pushed(world, "bad")
    artifact = propose(ports, APPS, good).target.artifact
    world.bucket.delete(artifact)
    with pytest.raises(NothingToRollBackTo, match=r"is not in the bucket any more.*git revert"):
        propose(ports, APPS, good)
    assert ROLLBACK_ANNOTATION not in annotations_of(world.get())


def test_damaged_artifacts_are_not_gone_back_to(planned: Planned) -> None:
    world = planned.world
    good, _ = _pushed(world, "good"), _pushed(world, "bad")
    artifact = propose(_ports(world), APPS, good).target.artifact
    world.bucket.put(artifact, b"damaged")
    with pytest.raises(NothingToRollBackTo):
        propose(_ports(world), APPS, good)


def test_an_artifact_that_goes_meanwhile_is_noticed(planned: Planned) -> None:
    world = planned.world
    _pushed(world, "good")
    _pushed(world, "bad")
    proposal = propose(_ports(world), APPS)
    world.bucket.delete(proposal.target.artifact)
    with pytest.raises(NothingToRollBackTo, match="is gone by now"):
        job_of(_ports(world), proposal)


def test_a_kustomization_that_changed_meanwhile_is_not_written(planned: Planned) -> None:
    world = planned.world
    _pushed(world, "good")
    _pushed(world, "bad")
    proposal = propose(_ports(world), APPS)
    world.patch(APPS, {"spec": {"path": "./other"}})
    with pytest.raises(Transient, match="has changed meanwhile: nothing was done"):
        hold(world.cluster, APPS, proposal, "t")
    assert ROLLBACK_ANNOTATION not in annotations_of(world.get())


def test_a_look_in_between_does_not_matter_but_a_newer_revision_does(planned: Planned) -> None:
    world = planned.world
    _pushed(world, "good")
    _pushed(world, "bad")
    proposal = propose(_ports(world), APPS)
    world.patch(APPS, {"status": {"lastHandledReconcileAt": "x"}}, "status")
    hold(world.cluster, APPS, proposal, "t")
    assert rollback_of(annotations_of(world.get())) == proposal.rollback
    cancel(world.cluster, APPS, "u")
    _pushed(world, "newer")
    with pytest.raises(Transient, match="has changed meanwhile"):
        hold(world.cluster, APPS, proposal, "v")


def test_one_that_changes_all_the_time_is_given_up(planned: Planned) -> None:
    world = planned.world
    _pushed(world, "good")
    _pushed(world, "bad")
    proposal = propose(_ports(world), APPS)
    world.cluster.fail(Conflict("no"), lambda call: call.verb == "patch" and call.manager == "penstock")
    with pytest.raises(Transient, match="changes faster than it can be written"):
        hold(world.cluster, APPS, proposal, "t")
    world.patch(APPS, {"metadata": {"annotations": {ROLLBACK_ANNOTATION: "x"}}})
    with pytest.raises(Transient, match="changes faster than it can be written"):
        cancel(world.cluster, APPS, "t")


def test_one_that_is_being_deleted_has_nowhere_to_go(planned: Planned) -> None:
    world = planned.world
    _pushed(world, "good")
    world.cluster.delete(APPS, uid=None)
    with pytest.raises(Terminal, match="is being deleted"):
        propose(_ports(world), APPS)


def test_one_that_cannot_be_read_or_has_ended_is_replaced_and_can_be_cancelled(planned: Planned) -> None:
    world = planned.world
    good, bad = _pushed(world, "good"), _pushed(world, "bad")
    world.patch(APPS, {"metadata": {"annotations": {ROLLBACK_ANNOTATION: "nonsense"}}})
    proposal = propose(_ports(world), APPS)
    assert (proposal.standing, proposal.rollback.revision) == (None, good)
    assert cancel(world.cluster, APPS, "t") is None
    hold(world.cluster, APPS, propose(_ports(world), APPS), "t")
    newest = _pushed(world, "newest", run=False)
    later = propose(_ports(world), APPS)
    assert (later.standing, later.rollback.bad, later.rollback.revision) == (None, newest, bad)


def test_a_suspended_one_may_be_rolled_back_for_when_it_is_resumed(planned: Planned) -> None:
    world = planned.world
    _pushed(world, "good")
    _pushed(world, "bad")
    world.patch(APPS, {"spec": {"suspend": True}})
    assert propose(_ports(world), APPS).suspended


def test_a_source_of_another_kind_offers_nothing(planned: Planned) -> None:
    world = planned.world
    _pushed(world, "good")
    world.patch(APPS, {"spec": {"sourceRef": {"kind": "Bucket", "name": REPOSITORY.name}}})
    with pytest.raises(Terminal, match="offers no artifact"):
        propose(_ports(world), APPS)
