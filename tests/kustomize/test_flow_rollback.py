"""A rollback: an earlier artifact in place of the offered one, until the source has a newer one."""

from __future__ import annotations

import pytest
from penstock.api.meta import APPROVE_ANNOTATION
from penstock.api.objects import annotations_of
from penstock.api.rollback import ROLLBACK_ANNOTATION
from penstock.api.work import Function, WorkItem
from penstock.kustomize.approve import pending
from penstock.schedule.flow import TickPorts, tick

from tests.kustomize.builders import config_map
from tests.kustomize.rollbacks import BAD, GOOD, NEWER, A, artifact, data_of, roll_back, two_revisions
from tests.kustomize.world import APPS, REPOSITORY, World


def _due(world: World) -> list[str]:
    """What a tick queues for apply."""
    ports = TickPorts(
        cluster=world.cluster,
        records=world.records,
        queue=world.queue,
        claims=world.ports.claims,
        clock=world.clock,
        log=world.ports.log,
    )
    return [item.reason for item in tick(ports, WorkItem(Function.TICK)) if item.function is Function.APPLY]


@pytest.mark.parametrize("quiet", [False, True])
def test_the_earlier_artifact_is_applied_and_stays_while_the_bad_revision_is_offered(quiet: bool) -> None:
    world = World()
    if quiet:
        world.be_quiet()
    world.add()
    good, bad = two_revisions(world)
    assert (data_of(world), world.owned()) == ("bad", ["ConfigMap/default/a", "ConfigMap/default/c"])
    roll_back(world, good, bad)
    assert _due(world) == ["new artifact"]
    assert world.one().revision == good["revision"]
    assert (data_of(world), world.owned()) == ("1", ["ConfigMap/default/a", "ConfigMap/default/b"])
    status = world.status()
    assert status["lastAppliedRevision"] == status["lastAttemptedRevision"] == good["revision"]
    told = f"Applied revision: {good['revision']}; rolled back: {bad['revision']} is kept off"
    assert world.condition()[2].startswith(told)
    assert "RolledBack" in [event.reason for event in world.events.seen]
    assert (_due(world), world.run()) == ([], ())
    world.forget()
    assert world.one(APPS).ok
    assert (world.effects(), world.status_writes()) == ([], [])
    assert "RolledBack" not in [event.reason for event in world.events.seen]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_newer_revision_ends_it(quiet: bool) -> None:
    world = World()
    if quiet:
        world.be_quiet()
    world.add()
    good, bad = two_revisions(world)
    roll_back(world, good, bad)
    world.run()
    newer = world.push({"apps/all.yaml": NEWER})
    assert world.one().revision == newer
    assert data_of(world) == "3"
    assert ROLLBACK_ANNOTATION not in annotations_of(world.get())
    assert world.condition()[2] == f"Applied revision: {newer}"
    assert "RollbackEnded" in [event.reason for event in world.events.seen]
    world.forget()
    assert world.one(APPS).ok
    assert world.effects() == []


def test_a_source_that_is_put_back_to_the_good_revision_ends_it(world: World) -> None:
    """And the status says no more of it."""
    world.add()
    good, bad = two_revisions(world)
    roll_back(world, good, bad)
    world.run()
    world.patch(REPOSITORY, {"status": {"artifact": good}}, "status")
    world.clock.move(3600)
    assert world.one().revision == good["revision"]
    assert world.condition()[2] == f"Applied revision: {good['revision']}"
    assert ROLLBACK_ANNOTATION not in annotations_of(world.get())


def test_taking_it_off_applies_what_is_offered(world: World) -> None:
    world.add()
    good, bad = two_revisions(world)
    roll_back(world, good, bad)
    world.run()
    world.patch(APPS, {"metadata": {"annotations": {ROLLBACK_ANNOTATION: None}}})
    assert _due(world) == ["new artifact"]
    assert world.one().revision == bad["revision"]
    assert (data_of(world), world.condition()[2]) == ("bad", f"Applied revision: {bad['revision']}")


def test_it_says_so_where_nothing_had_to_be_applied(world: World) -> None:
    """The bad revision had failed before anything was written, and the good one stood all the time."""
    world.add()
    world.push({"apps/all.yaml": GOOD})
    good = artifact(world)
    world.run()
    world.push({"apps/all.yaml": [{"kind": "ConfigMap"}]})
    bad = artifact(world)
    assert not world.one().ok
    world.forget()
    roll_back(world, good, bad)
    assert world.one().ok
    assert world.effects() == []
    assert f"rolled back: {bad['revision']} is kept off" in world.condition()[2]
    world.forget()
    assert world.one(APPS).ok
    assert [run.kept_off for _, run in world.runs.newest(APPS)] == [bad["revision"], "", ""]


def test_a_rollback_before_the_bad_revision_was_looked_at_keeps_it_off(world: World) -> None:
    world.add()
    world.push({"apps/all.yaml": GOOD})
    good = artifact(world)
    world.run()
    world.push({"apps/all.yaml": BAD})
    roll_back(world, good, bad := artifact(world))
    world.clock.move(3600)
    assert world.one().ok
    assert data_of(world) == "1"
    assert bad["revision"] in world.condition()[2]


def test_another_artifact_of_another_source_is_not_applied(world: World) -> None:
    world.add()
    good, bad = two_revisions(world)
    path = str(good["path"]).replace("/fleet/", "/other/")
    roll_back(world, {**good, "path": path}, bad)
    outcome = world.one()
    assert (outcome.ok, outcome.reason, data_of(world)) == (False, "ArtifactFailed", "bad")
    assert "is not one of GitRepository flux-system/fleet" in outcome.message


def test_an_artifact_that_is_gone_changes_nothing_and_says_what_to_do(world: World) -> None:
    world.add()
    good, bad = two_revisions(world)
    world.bucket.delete(good["path"])
    roll_back(world, good, bad)
    outcome = world.one()
    assert (outcome.ok, outcome.reason, data_of(world)) == (False, "ArtifactFailed", "bad")
    assert "not in the bucket any more" in outcome.message
    assert "--cancel" in outcome.message
    assert len(world.inventory()) == 2


@pytest.mark.parametrize("quiet", [False, True])
def test_one_that_cannot_be_read_stops_the_kustomization_until_it_is_taken_off(quiet: bool) -> None:
    world = World()
    if quiet:
        world.be_quiet()
    world.add()
    two_revisions(world)
    world.patch(APPS, {"metadata": {"annotations": {ROLLBACK_ANNOTATION: "main@sha1:good"}}})
    world.forget()
    outcome = world.one(APPS)
    assert (outcome.ok, outcome.reason) == (False, "ArtifactFailed")
    assert "cannot be read" in world.condition()[2]
    assert world.effects() == []


def test_the_brake_holds_its_deletions_at_the_earlier_revision_and_an_approval_is_for_that(
    world: World,
) -> None:
    world.add()
    world.push({"apps/all.yaml": [A]})
    good = artifact(world)
    world.run()
    many = [config_map(f"m{i}") for i in range(30)]
    world.push({"apps/all.yaml": [A, *many]})
    bad = artifact(world)
    world.run()
    roll_back(world, good, bad)
    outcome = world.one()
    assert (outcome.ok, outcome.reason, len(world.owned())) == (False, "PruneFailed", 31)
    assert f"deletion held at revision {good['revision']}" in outcome.message
    assert f"rolled back: {bad['revision']} is kept off" in outcome.message
    assert pending(world.cluster, APPS, world.runs).revision == good["revision"]
    world.patch(APPS, {"metadata": {"annotations": {APPROVE_ANNOTATION: good["revision"]}}})
    assert world.one().ok
    assert world.owned() == ["ConfigMap/default/a"]


def test_others_of_the_source_go_on_and_those_that_depend_on_it_are_not_blocked(world: World) -> None:
    """One Kustomization is kept back; what depends on it takes that for up to date."""
    world.add()
    web = world.add("web", dependsOn=[{"name": "apps"}])
    good, bad = two_revisions(world, "apps", "web")
    roll_back(world, good, bad)
    world.run()
    world.clock.move(3600)
    outcomes = world.run()
    assert {outcome.revision for outcome in outcomes} == {good["revision"], bad["revision"]}
    assert all(outcome.ok for outcome in outcomes)
    assert world.status(web)["lastAppliedRevision"] == bad["revision"]


def test_a_rolled_back_one_depends_on_what_the_source_offers(world: World) -> None:
    world.add()
    web = world.add("web", dependsOn=[{"name": "apps"}])
    good, bad = two_revisions(world, "apps", "web")
    roll_back(world, good, bad, web)
    outcomes = world.run()
    assert [(outcome.ok, outcome.revision) for outcome in outcomes] == [(True, good["revision"])]


def test_a_suspended_one_is_rolled_back_when_it_is_resumed(world: World) -> None:
    world.add()
    good, bad = two_revisions(world)
    world.patch(APPS, {"spec": {"suspend": True}})
    roll_back(world, good, bad)
    world.clock.move(3600)
    world.run()
    assert data_of(world) == "bad"
    world.patch(APPS, {"spec": {"suspend": False}})
    world.one(APPS)
    assert data_of(world) == "1"


def test_a_source_that_moves_on_meanwhile_ends_the_run_before_it_writes(world: World) -> None:
    world.add()
    good, bad = two_revisions(world)
    roll_back(world, good, bad)
    moved: list[str] = []

    def moves(call: object) -> bool:
        if getattr(call, "dry_run", False) and not moved:
            moved.append("")
            moved[0] = world.push({"apps/all.yaml": NEWER})
        return False

    world.cluster.fail(AssertionError(), moves)
    assert world.one().reason == "Superseded"
    assert data_of(world) == "bad"
    world.clock.move(3600)
    assert world.one().revision == moved[0]


def test_run_records_tell_of_both(world: World) -> None:
    world.add()
    good, bad = two_revisions(world)
    roll_back(world, good, bad)
    world.run()
    revisions = [run.revision for _, run in world.runs.newest(APPS)]
    assert revisions == [good["revision"], bad["revision"], good["revision"]]
    newest = next(run for _, run in world.runs.newest(APPS))
    assert (newest.artifact, newest.digest) == (good["path"], good["digest"])
    kept_off = [run.kept_off for _, run in world.runs.newest(APPS)]
    assert kept_off == [bad["revision"], "", ""]


def test_a_deleted_kustomization_takes_its_objects_whatever_is_rolled_back(world: World) -> None:
    world.add()
    good, bad = two_revisions(world)
    roll_back(world, good, bad)
    world.run()
    world.cluster.delete(APPS, uid=None)
    world.run()
    assert world.owned() == []
