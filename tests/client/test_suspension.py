"""Suspending and resuming one, several and all objects, in flux's words."""

from __future__ import annotations

import pytest
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION
from penstock.client.ports import NotFound
from penstock.client.suspension import resume, suspend
from penstock.cluster.errors import Forbidden, UnknownKind

from tests.client.world import APPS, REVISION, World, conditions, done, flux_object

INFRA = KUSTOMIZATION.ref("apps", "infra")
OTHER = KUSTOMIZATION.ref("default", "other")


@pytest.fixture
def world() -> World:
    return World(*(flux_object(ref, done(ref)) for ref in (APPS, INFRA, OTHER)))


@pytest.fixture
def suspended() -> World:
    return World(*(flux_object(ref, done(ref), suspend=True) for ref in (APPS, INFRA, OTHER)))


def test_one_is_suspended_by_one_patch(world: World) -> None:
    assert suspend(world.ports, KUSTOMIZATION, "apps", ["apps"])
    assert world.tell.lines == [
        "► suspending kustomization apps in apps namespace",
        "✔ kustomization suspended",
    ]
    (write,) = world.cluster.writes()
    assert (write.body, write.manager) == ({"spec": {"suspend": True}}, "penstock")


def test_each_named_one_is_suspended_once_and_the_missing_are_told(world: World) -> None:
    assert not suspend(world.ports, KUSTOMIZATION, "apps", ["nobody", "infra", "apps", "infra"])
    assert world.tell.lines[0] == "✗ Kustomization nobody not found in apps namespace"
    assert [write.ref for write in world.cluster.writes()] == [INFRA, APPS]


def test_all_are_those_of_the_namespace(world: World) -> None:
    assert suspend(world.ports, KUSTOMIZATION, "apps", [])
    assert [write.ref for write in world.cluster.writes()] == [APPS, INFRA]
    with pytest.raises(NotFound, match="no GitRepository objects found in apps namespace"):
        suspend(world.ports, GIT_REPOSITORY, "apps", [])


def test_what_may_not_be_changed_is_told_and_the_others_go_on(world: World) -> None:
    world.cluster.fail(Forbidden("not yours"), lambda call: call.verb == "patch", once=True)
    assert not suspend(world.ports, KUSTOMIZATION, "apps", ["apps", "infra"])
    assert world.tell.lines[1] == "✗ failed suspending Kustomization apps in apps namespace: not yours"
    assert world.the(INFRA)["spec"]["suspend"] is True


def test_one_is_resumed_and_waited_for_at_its_new_generation(suspended: World) -> None:
    suspended.acts = [lambda: None, suspended.finishes(APPS)]
    assert resume(suspended.ports, KUSTOMIZATION, "apps", ["apps"], waits=True)
    assert suspended.tell.lines == [
        "► resuming kustomization apps in apps namespace",
        "✔ kustomization resumed",
        "◎ waiting for Kustomization reconciliation",
        "✔ Kustomization apps reconciliation completed",
        f"✔ applied revision {REVISION}",
    ]
    (write,) = suspended.cluster.writes()
    assert write.body == {"spec": {"suspend": None}}
    assert suspended.the(APPS)["metadata"]["generation"] == 2


def test_several_are_all_resumed_before_the_first_is_waited_for(suspended: World) -> None:
    suspended.acts = [suspended.finishes(APPS), suspended.finishes(INFRA)]
    assert not resume(suspended.ports, KUSTOMIZATION, "apps", ["apps", "nobody", "infra"], waits=True)
    verbs = [line.split()[0] for line in suspended.tell.lines]
    assert verbs == ["►", "✔", "✗", "►", "✔", "◎", "✔", "✔", "◎", "✔", "✔"]
    assert "✗ Kustomization nobody not found in apps namespace" in suspended.tell.lines


def test_nobody_waits_who_does_not_ask_for_it(suspended: World) -> None:
    assert resume(suspended.ports, KUSTOMIZATION, "apps", [], waits=False)
    assert suspended.tell.lines[-1] == "✔ kustomization resumed"
    assert len(suspended.tell.lines) == 4


def test_one_that_fails_does_not_keep_the_others_from_being_waited_for(suspended: World) -> None:
    bad = conditions(2, Stalled=("True", "no such path"), Ready=("False", "no such path"))
    suspended.acts = [
        lambda: suspended.sets(APPS, {"observedGeneration": 2, "conditions": bad}),
        suspended.finishes(INFRA),
    ]
    assert not resume(suspended.ports, KUSTOMIZATION, "apps", ["apps", "infra"], waits=True)
    assert "✗ Kustomization apps reconciliation failed: no such path" in suspended.tell.lines
    assert "✔ Kustomization infra reconciliation completed" in suspended.tell.lines


def test_penstock_is_asked_for_each_that_is_resumed_and_none_that_is_suspended() -> None:
    asked = list[str]()
    world = World(
        *(flux_object(ref, done(ref), suspend=True) for ref in (APPS, INFRA)),
        ask=lambda ref: asked.append(ref.name),
    )
    assert resume(world.ports, KUSTOMIZATION, "apps", ["apps", "infra"], waits=False)
    assert suspend(world.ports, KUSTOMIZATION, "apps", ["apps"])
    assert asked == ["apps", "infra"]


def test_an_object_without_a_revision_is_completed_without_one(suspended: World) -> None:
    ready = {"observedGeneration": 2, "conditions": conditions(2, Ready=("True", "fine"))}
    suspended.acts = [lambda: suspended.sets(APPS, ready)]
    assert resume(suspended.ports, KUSTOMIZATION, "apps", ["apps"], waits=True)
    assert suspended.tell.lines[-1] == "✔ Kustomization apps reconciliation completed"


def test_a_cluster_without_fluxs_kinds_is_told_once() -> None:
    world = World()
    world.cluster.kinds.clear()
    with pytest.raises(UnknownKind, match='no matches for kind "Kustomization"'):
        suspend(world.ports, KUSTOMIZATION, "apps", ["apps", "infra"])
    assert world.tell.lines == []
