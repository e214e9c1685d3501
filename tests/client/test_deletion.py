"""Deleting exactly the object that was looked at, after asking."""

from __future__ import annotations

import pytest
from penstock.base.errors import Terminal
from penstock.client.deletion import delete
from penstock.client.kinds import KUSTOMIZATION
from penstock.client.ports import NotFound
from penstock.cluster.errors import Conflict

from tests.client.world import APPS, TIMEOUT_S, World, done, flux_object


def _yes(_question: str) -> None:
    """The person says yes."""


def test_the_person_is_asked_and_the_object_deleted_by_its_uid() -> None:
    world, questions = World(flux_object(APPS, done(APPS))), list[str]()
    uid = world.the(APPS)["metadata"]["uid"]
    delete(world.ports, KUSTOMIZATION, APPS, questions.append)
    assert questions == ["Are you sure you want to delete this kustomization"]
    assert world.tell.lines == ["► deleting kustomization apps in apps namespace", "✔ kustomization deleted"]
    (write,) = world.cluster.writes()
    assert write.body is not None
    assert write.body["uid"] == uid
    assert world.cluster.objects("Kustomization") == ()


def test_who_says_no_keeps_it() -> None:
    world = World(flux_object(APPS))

    def no(_question: str) -> None:
        raise Terminal("nothing was changed")

    with pytest.raises(Terminal, match="nothing was changed"):
        delete(world.ports, KUSTOMIZATION, APPS, no)
    assert world.cluster.writes() == ()


def test_a_missing_one_is_named_before_anybody_is_asked() -> None:
    with pytest.raises(NotFound, match="Kustomization apps not found in apps namespace"):
        delete(World().ports, KUSTOMIZATION, APPS, _yes)


def test_another_object_that_has_the_name_by_now_stays() -> None:
    world = World(flux_object(APPS))

    def replaced(_question: str) -> None:
        world.cluster.delete(APPS, uid=None)
        world.cluster.seed(flux_object(APPS))

    with pytest.raises(Conflict):
        delete(world.ports, KUSTOMIZATION, APPS, replaced)
    assert world.the(APPS)


def test_one_that_went_while_the_person_thought_is_told() -> None:
    world = World(flux_object(APPS))

    def gone(_question: str) -> None:
        world.cluster.delete(APPS, uid=None)

    with pytest.raises(NotFound, match="is gone by now"):
        delete(world.ports, KUSTOMIZATION, APPS, gone)


def test_however_long_the_person_thinks_there_is_time_left() -> None:
    world = World(flux_object(APPS))
    delete(world.ports, KUSTOMIZATION, APPS, lambda _question: world.clock.move(2 * TIMEOUT_S))
    assert world.cluster.objects("Kustomization") == ()


def test_penstock_is_asked_to_end_what_a_finalizer_keeps() -> None:
    asked = list[str]()
    kept = flux_object(APPS)
    kept["metadata"]["finalizers"] = ["finalizers.fluxcd.io"]
    world = World(kept, ask=lambda ref: asked.append(ref.name))
    delete(world.ports, KUSTOMIZATION, APPS, _yes)
    assert asked == ["apps"]
    assert world.the(APPS)["metadata"]["deletionTimestamp"]
