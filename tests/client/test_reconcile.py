"""The handshake of a reconcile request (contract C1): what is written when, and what a person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Terminal, Transient
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION
from penstock.client.ports import NotFound
from penstock.client.reconcile import Suspended, reconcile
from penstock.client.waiting import WaitFailed, WaitTimedOut
from penstock.cluster.errors import Forbidden

from tests.client.world import APPS, FLEET, REVISION, World, conditions, done, flux_object

if TYPE_CHECKING:
    from penstock.api.refs import ObjectRef

REQUESTED = "reconcile.fluxcd.io/requestedAt"


@pytest.fixture
def world() -> World:
    return World(flux_object(FLEET, done(FLEET, "t0")), flux_object(APPS, done(APPS, "t0")))


def test_a_source_is_annotated_and_waited_for_in_fluxs_words(world: World) -> None:
    world.acts = [world.finishes(FLEET)]
    reconcile(world.ports, GIT_REPOSITORY, FLEET)
    assert world.tell.lines == [
        "► annotating GitRepository fleet in apps namespace",
        "✔ GitRepository annotated",
        "◎ waiting for GitRepository reconciliation",
        f"✔ fetched revision {REVISION}",
    ]
    (write,) = world.cluster.writes()
    assert write.body == {"metadata": {"annotations": {REQUESTED: "2030-01-01T12:00:00.000000Z"}}}
    assert write.manager == "penstock"


def test_the_source_is_done_before_the_kustomization_is_asked_for(world: World) -> None:
    world.acts = [lambda: None, world.finishes(FLEET), lambda: None, world.finishes(APPS)]
    reconcile(world.ports, KUSTOMIZATION, APPS, with_source=True)
    assert [write.ref for write in world.cluster.writes()] == [FLEET, APPS]
    assert world.tell.lines[3:5] == [
        f"✔ fetched revision {REVISION}",
        "► annotating Kustomization apps in apps namespace",
    ]
    assert world.tell.lines[-1] == f"✔ applied revision {REVISION}"


def test_a_source_that_fails_keeps_the_kustomization_from_being_asked_for(world: World) -> None:
    failed = conditions(1, Stalled=("True", "no such branch"), Ready=("False", "no such branch"))
    status = {"observedGeneration": 1, "conditions": failed, "lastHandledReconcileAt": "now"}
    world.acts = [lambda: world.sets(FLEET, status)]
    with pytest.raises(WaitFailed, match="GitRepository fleet reconciliation failed: no such branch"):
        reconcile(world.ports, KUSTOMIZATION, APPS, with_source=True)
    assert [write.ref for write in world.cluster.writes()] == [FLEET]


def test_the_sources_namespace_is_the_one_that_is_named(world: World) -> None:
    world.cluster.seed(
        flux_object(APPS, sourceRef={"kind": "GitRepository", "name": "x", "namespace": "default"})
    )
    with pytest.raises(NotFound, match="GitRepository x not found in default namespace"):
        reconcile(world.ports, KUSTOMIZATION, APPS, with_source=True)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ({"kind": "Bucket", "name": "x"}, "Bucket is not built here yet"),
        ({}, "it names none"),
    ],
)
def test_a_source_of_a_kind_that_is_not_built_is_said_to_be_one(
    world: World, source: dict[str, str], why: str
) -> None:
    world.cluster.seed(flux_object(APPS, sourceRef=source))
    with pytest.raises(Terminal, match=f"cannot reconcile the source of Kustomization apps: {why}"):
        reconcile(world.ports, KUSTOMIZATION, APPS, with_source=True)
    assert world.cluster.writes() == ()


def test_a_suspended_object_is_not_touched(world: World) -> None:
    world.cluster.seed(flux_object(FLEET, suspend=True))
    with pytest.raises(Suspended, match="`penstock resume source git fleet -n apps` first"):
        reconcile(world.ports, GIT_REPOSITORY, FLEET)
    assert world.cluster.writes() == ()
    assert world.tell.lines == []


def test_a_missing_object_is_named_with_its_namespace(world: World) -> None:
    with pytest.raises(NotFound, match="Kustomization other not found in apps namespace: -n names another"):
        reconcile(world.ports, KUSTOMIZATION, KUSTOMIZATION.ref("apps", "other"))


def test_without_the_right_to_annotate_nothing_is_waited_for(world: World) -> None:
    world.cluster.fail(Forbidden("you may not patch"), lambda call: call.verb == "patch")
    with pytest.raises(Forbidden):
        reconcile(world.ports, GIT_REPOSITORY, FLEET)
    assert world.tell.lines == ["► annotating GitRepository fleet in apps namespace"]


def test_a_ready_object_without_a_revision_is_no_success(world: World) -> None:
    status = {key: value for key, value in done(FLEET, "t1").items() if key != "artifact"}
    world.acts = [lambda: world.sets(FLEET, status)]
    with pytest.raises(WaitFailed, match="it has no revision"):
        reconcile(world.ports, GIT_REPOSITORY, FLEET)


def test_penstock_is_asked_once_the_request_is_written() -> None:
    asked = list[tuple[str, int]]()

    def ask(ref: ObjectRef) -> None:
        asked.append((str(ref), len(asking.cluster.writes())))

    asking = World(flux_object(FLEET, done(FLEET, "t0")), ask=ask)
    asking.acts = [asking.finishes(FLEET)]
    reconcile(asking.ports, GIT_REPOSITORY, FLEET)
    assert asked == [("GitRepository/apps/fleet", 1)]


def test_who_does_not_answer_is_told_of_and_the_tick_waited_for() -> None:
    def deaf(_ref: object) -> None:
        raise Transient("penstock could not be asked at http://127.0.0.1:1/invoke: ConnectionError")

    world = World(flux_object(FLEET, done(FLEET, "t0")), ask=deaf)
    world.acts = [world.finishes(FLEET)]
    reconcile(world.ports, GIT_REPOSITORY, FLEET)
    assert world.tell.lines[2] == (
        "⚠️ penstock could not be asked at http://127.0.0.1:1/invoke: ConnectionError: the next tick looks at "
        "GitRepository fleet"
    )
    assert world.tell.lines[-1].startswith("✔ fetched revision")


def test_who_was_asked_and_does_not_begin_is_told_of() -> None:
    world = World(flux_object(FLEET, done(FLEET, "t0")), ask=lambda _ref: None)
    with pytest.raises(WaitTimedOut):
        reconcile(world.ports, GIT_REPOSITORY, FLEET)
    assert world.tell.lines[-1].startswith("◎ penstock was asked to look at it, and has not begun yet")
