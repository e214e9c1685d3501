"""Bringing back what a run deleted, on a cluster in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Terminal
from penstock.base.limits import Limits
from penstock.cluster.errors import Forbidden
from penstock.kustomize.undelete import UndeletePorts, plan, restore
from penstock.kustomize.undeletion import Fate, NothingDeleted

from tests.kustomize.builders import changed, config_map, crd, make, ref
from tests.kustomize.world import APPS, NAMESPACE, World, about

if TYPE_CHECKING:
    from penstock.kustomize.undelete import Plan

GROUP = "kustomize.toolkit.fluxcd.io"
A, B = (config_map(name, data={"x": "1"}) for name in "ab")
SECRET = make("v1", "Secret", "s", "default", stringData={"password": "from-git"})


def _ports(world: World) -> UndeletePorts:
    ports = world.ports
    return UndeletePorts(
        cluster=ports.cluster,
        artifacts=ports.artifacts,
        runs=ports.runs,
        builder=ports.builder,
        limits=Limits(),
        clock=ports.clock,
        log=ports.log,
        masker=ports.masker,
        pause=ports.pause,
        requests=1,
    )


def _lost(world: World) -> str:
    """B and the Secret are deleted; the revision that had them."""
    world.add()
    first = world.push({"apps/a.yaml": [A, B, SECRET]})
    world.one()
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    world.forget()
    return first


def _first(world: World) -> str:
    """The revision of the run before the last that deleted B."""
    runs = [run for _, run in world.runs.newest(APPS, deleting=True)]
    return next(run.revision for run in runs if run.deleted[0].id == "default_b__ConfigMap")


def _fates(planned: Plan) -> list[str]:
    return [f"{item.ref}: {item.fate}" for item in planned.items]


def test_what_is_brought_back_is_neither_deleted_nor_lost_and_adopted_when_git_has_it(world: World) -> None:
    first = _lost(world)
    planned = plan(_ports(world), APPS)
    assert planned.before.revision == first
    assert _fates(planned) == ["ConfigMap/default/b: create", "Secret/default/s: create"]
    assert world.effects() == []
    restored = restore(_ports(world), planned)
    assert (len(restored.refs), restored.problems) == (2, ())
    back = world.get(ref("ConfigMap", "b", "default"))
    assert back["metadata"]["annotations"] == {f"{GROUP}/prune": "disabled"}
    assert back["metadata"]["labels"][f"{GROUP}/name"] == "apps"
    assert back["data"] == {"x": "1"}
    assert world.inventory() == ["default_a__ConfigMap"]
    world.forget()
    assert world.one().changes == ()
    world.push({"apps/a.yaml": A, "other": "x"})
    assert world.one().changes == ()
    assert "ConfigMap/default/b" in world.owned()
    world.push({"apps/a.yaml": [A, B]})
    assert world.one().changes == ("ConfigMap/default/b configured",)
    assert world.get(ref("ConfigMap", "b", "default"))["metadata"].get("annotations", {}) == {}
    assert "default_b__ConfigMap" in world.inventory()
    world.push({"apps/a.yaml": A})
    assert world.one().changes == ("ConfigMap/default/b deleted",)


def test_a_secret_has_the_values_of_the_artifact_and_none_is_stored(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, SECRET]})
    world.one()
    edit = {"data": {"password": "bGl2ZS1jYW5hcnk=", "more": "bGl2ZS1jYW5hcnk="}}
    world.patch(ref("Secret", "s", "default"), edit)
    world.push({"apps/a.yaml": A})
    world.one()
    restore(_ports(world), plan(_ports(world), APPS))
    assert world.get(ref("Secret", "s", "default"))["data"] == {"password": "ZnJvbS1naXQ="}
    kept = b"".join(found[0] for e in world.bucket.list("") if (found := world.bucket.get(e.key)) is not None)
    assert b"live-canary" not in kept
    assert b"bGl2ZS1jYW5hcnk" not in kept


def test_what_exists_is_left_alone(world: World) -> None:
    _lost(world)
    world.cluster.apply(changed(B, x="mine"), field_manager="somebody")
    planned = plan(_ports(world), APPS)
    assert _fates(planned) == ["ConfigMap/default/b: already there", "Secret/default/s: create"]
    restore(_ports(world), planned)
    assert world.get(ref("ConfigMap", "b", "default"))["data"] == {"x": "mine"}


def test_definitions_come_back_before_what_needs_them(world: World) -> None:
    widget = make("example.com/v1", "Widget", "w", "team")
    space, widgets = make("v1", "Namespace", "team"), crd()
    world.add()
    world.push({"apps/a.yaml": [A, widgets, space, widget]})
    world.one()
    world.push({"apps/a.yaml": A})
    world.one()
    world.forget()
    restored = restore(_ports(world), plan(_ports(world), APPS))
    assert restored.problems == ()
    assert [ref.kind for ref in restored.refs] == ["CustomResourceDefinition", "Namespace", "Widget"]


def test_one_that_cannot_come_back_does_not_keep_the_others(world: World) -> None:
    _lost(world)
    planned = plan(_ports(world), APPS)
    world.cluster.fail(Forbidden("policy says no"), about("b", dry_run=False))
    restored = restore(_ports(world), planned)
    assert [str(ref) for ref in restored.refs] == ["Secret/default/s"]
    assert restored.problems == ("ConfigMap/default/b: policy says no",)
    _, run = next(world.runs.newest(APPS))
    assert (run.ok, run.reason, [change.id for change in run.changes]) == (
        False,
        "Undeleted",
        ["default_s__Secret"],
    )


def test_runs_of_one_way_are_brought_back_together_and_one_by_name(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B, SECRET]})
    world.one()
    world.cluster.fail(Forbidden("not yet"), about("b", verb="delete", dry_run=False), once=True)
    world.push({"apps/a.yaml": A})
    world.one()
    world.forget()
    assert world.one().ok
    planned = plan(_ports(world), APPS)
    assert _fates(planned) == ["ConfigMap/default/b: create", "Secret/default/s: create"]
    assert len(planned.runs) == 2
    assert _fates(plan(_ports(world), APPS, run=planned.runs[1])) == ["Secret/default/s: create"]


def test_what_the_spec_no_longer_builds_is_told(world: World) -> None:
    _lost(world)
    world.push({"apps/a.yaml": A, "apps/part/b.yaml": B, "elsewhere/a.yaml": A})
    world.one()
    world.push({"apps/a.yaml": A, "apps/part/c.yaml": config_map("c"), "elsewhere/a.yaml": A})
    world.one()
    world.patch(APPS, {"spec": {"path": "./elsewhere"}})
    assert world.one().ok
    assert {item.fate for item in plan(_ports(world), APPS, revision=_first(world)).items} == {Fate.MISSING}
    world.patch(APPS, {"spec": {"path": "./new"}})
    with pytest.raises(Terminal, match="does not build for Kustomization/flux-system/apps as it is now: "):
        plan(_ports(world), APPS)


def test_an_artifact_that_is_gone_is_told_with_its_revision_and_the_way_by_git(world: World) -> None:
    first = _lost(world)
    _, run = next(world.runs.newest(APPS, deleting=True))
    assert run.before is not None
    world.artifacts.discard(run.before.artifact)
    with pytest.raises(Terminal, match="git revert") as caught:
        plan(_ports(world), APPS)
    assert first in caught.value.message


def test_a_damaged_artifact_is_not_used(world: World) -> None:
    _lost(world)
    _, run = next(world.runs.newest(APPS, deleting=True))
    assert run.before is not None
    world.bucket.put(run.before.artifact, b"something else")
    with pytest.raises(Terminal, match="git revert"):
        plan(_ports(world), APPS)


def test_what_was_applied_before_may_not_be_known(world: World) -> None:
    world.add()
    first = world.push({"apps/a.yaml": [A, B]})
    world.one()
    world.records.delete(APPS)
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    with pytest.raises(NothingDeleted, match="git revert") as caught:
        plan(_ports(world), APPS)
    assert first in caught.value.message


def test_nothing_deleted_and_nobody_there(world: World) -> None:
    with pytest.raises(Terminal, match="create it again"):
        plan(_ports(world), APPS)
    world.add()
    world.push({"apps/a.yaml": A})
    world.one()
    with pytest.raises(NothingDeleted):
        plan(_ports(world), APPS)


def test_what_cannot_be_looked_up_is_not_brought_back_blindly(world: World) -> None:
    _lost(world)
    world.cluster.fail(Forbidden("no"), about("b", verb="get", dry_run=False))
    with pytest.raises(Forbidden):
        plan(_ports(world), APPS)


def test_variables_have_the_values_of_today_and_common_labels_come_too(world: World) -> None:
    world.cluster.seed(config_map("vars", NAMESPACE, data={"x": "old"}))
    spec = {"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}
    ref = world.add(postBuild=spec, commonMetadata={"labels": {"team": "a"}})
    world.push({"apps/a.yaml": [A, config_map("b", data={"x": "${x}"})]})
    world.one()
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    world.cluster.seed(config_map("vars", NAMESPACE, data={"x": "new"}))
    restore(_ports(world), plan(_ports(world), ref))
    (found,) = (one for one in world.cluster.objects("ConfigMap") if one["metadata"]["name"] == "b")
    assert found["data"] == {"x": "new"}
    assert found["metadata"]["labels"]["team"] == "a"
