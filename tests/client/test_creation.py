"""Objects are made or changed, then waited for (contract C3), in flux's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.errors import Terminal, Transient
from penstock.client.creation import create_git_repository, create_git_secret, create_kustomization
from penstock.client.gitsecret import secret
from penstock.client.manifests import (
    NewGitRepository,
    NewKustomization,
    git_repository_of,
    kustomization_of,
)
from penstock.client.ports import NotFound
from penstock.client.upsert import upsert
from penstock.client.waiting import WaitFailed
from penstock.cluster.errors import AlreadyExists, Conflict, Forbidden

from tests.client.world import APPS, FLEET, REVISION, TIMEOUT_S, World, conditions, done, flux_object

if TYPE_CHECKING:
    from penstock.api.objects import Json

SSH = {"identity": "PRIVATE", "identity.pub": "ssh-ed25519 AAAA\n", "known_hosts": "h ssh-ed25519 AAAA"}


def _git(**given: Any) -> Json:
    wanted: dict[str, Any] = {
        "name": "fleet",
        "namespace": "apps",
        "url": "https://example.com/fleet",
        "branch": "main",
    }
    return git_repository_of(NewGitRepository(**(wanted | given)))


def _kustomization() -> Json:
    return kustomization_of(NewKustomization(name="apps", namespace="apps", source="fleet"))


def _yes(_question: str) -> None:
    """The person says yes."""


def test_a_new_source_is_written_and_waited_for() -> None:
    world = World()
    world.acts = [world.finishes(FLEET)]
    create_git_repository(world.ports, _git(), {}, _yes)
    assert world.tell.lines == [
        "► applying GitRepository source",
        "✔ GitRepository source created",
        "◎ waiting for GitRepository source reconciliation",
        "✔ GitRepository source reconciliation completed",
        f"✔ fetched revision: {REVISION}",
    ]


def test_one_that_is_there_gets_exactly_the_new_spec_and_keeps_its_labels() -> None:
    old = flux_object(FLEET, done(FLEET), url="https://old", ignore="*", suspend=True, ref={"tag": "v1"})
    old["metadata"]["labels"] = {"team": "a"}
    world = World(old)
    world.acts = [lambda: None, world.finishes(FLEET)]
    obj = _git()
    obj["metadata"]["labels"] = {"stage": "x"}
    create_git_repository(world.ports, obj, {}, _yes)
    assert "✔ GitRepository source updated" in world.tell.lines
    assert world.the(FLEET)["spec"] == obj["spec"]
    assert world.the(FLEET)["metadata"]["labels"] == {"team": "a", "stage": "x"}


def test_the_same_again_writes_nothing() -> None:
    world = World()
    assert upsert(world.ports, _git())
    writes = len(world.cluster.writes())
    assert not upsert(world.ports, _git())
    assert len(world.cluster.writes()) == writes


def test_what_it_logs_in_with_is_written_before_it() -> None:
    world, questions = World(), list[str]()
    world.acts = [world.finishes(FLEET)]
    create_git_repository(world.ports, _git(), SSH, questions.append)
    assert [write.ref.kind for write in world.cluster.writes()] == ["Secret", "GitRepository"]
    assert questions == ["Have you added the deploy key to your repository"]
    assert world.the(FLEET)["spec"]["secretRef"] == {"name": "fleet"}
    assert world.tell.lines[:5] == [
        "✔ collected public key from SSH server:\nh ssh-ed25519 AAAA",
        "✚ deploy key: ssh-ed25519 AAAA\n",
        "► applying secret with repository credentials",
        "✔ authentication configured",
        "► applying GitRepository source",
    ]
    assert "PRIVATE" not in "".join(world.tell.lines)


def test_nobody_is_asked_about_a_password() -> None:
    world, questions = World(), list[str]()
    world.acts = [world.finishes(FLEET)]
    create_git_repository(world.ports, _git(), {"username": "ada", "password": "hunter2"}, questions.append)
    assert questions == []
    assert "hunter2" not in "".join(world.tell.lines)


def test_without_the_deploy_key_in_place_nothing_is_written() -> None:
    world = World()

    def no(_question: str) -> None:
        raise Terminal("nothing was changed")

    with pytest.raises(Terminal, match="nothing was changed"):
        create_git_repository(world.ports, _git(), SSH, no)
    assert world.cluster.writes() == ()


def test_however_long_adding_the_key_takes_there_is_time_left() -> None:
    world = World()
    world.acts = [world.finishes(FLEET)]
    create_git_repository(world.ports, _git(), SSH, lambda _: world.clock.move(2 * TIMEOUT_S))
    assert world.tell.lines[-1] == f"✔ fetched revision: {REVISION}"


def test_a_ready_source_without_an_artifact_is_no_success() -> None:
    world = World()
    status = {"observedGeneration": 1, "conditions": conditions(1, Ready=("True", "fine"))}
    world.acts = [lambda: world.sets(FLEET, status)]
    with pytest.raises(WaitFailed, match="completed but no artifact was found"):
        create_git_repository(world.ports, _git(), {}, _yes)


def test_a_kustomization_is_told_to_be_ready() -> None:
    world = World()
    world.acts = [world.finishes(APPS)]
    create_kustomization(world.ports, _kustomization())
    assert world.tell.lines == [
        "► applying Kustomization",
        "✔ Kustomization created",
        "◎ waiting for Kustomization reconciliation",
        "✔ Kustomization apps is ready",
        f"✔ applied revision {REVISION}",
    ]


def test_one_that_has_nothing_to_apply_is_ready_without_a_revision() -> None:
    world = World()
    status = {"observedGeneration": 1, "conditions": conditions(1, Ready=("True", "fine"))}
    world.acts = [lambda: world.sets(APPS, status)]
    create_kustomization(world.ports, _kustomization())
    assert world.tell.lines[-1] == "✔ Kustomization apps is ready"


def test_a_secret_is_told_by_its_public_key() -> None:
    world = World()
    create_git_secret(world.ports, secret("apps", "auth", SSH))
    assert world.tell.lines[-1] == "► git secret 'auth' created in 'apps' namespace"
    assert "PRIVATE" not in "".join(world.tell.lines)


def test_a_secret_that_is_there_keeps_what_is_not_given() -> None:
    world = World(secret("apps", "auth", {}) | {"data": {"other": "eA=="}})
    create_git_secret(world.ports, secret("apps", "auth", {"password": "x"}, ("a=b",)))
    (write,) = world.cluster.writes()
    assert write.body is not None
    assert write.body["stringData"] == {"password": "x"}
    assert write.body["metadata"]["labels"] == {"a": "b"}


def test_a_missing_namespace_is_named() -> None:
    world = World()
    wanted = 'GitRepository fleet could not be created in nowhere namespace: namespaces "nowhere" not found'
    with pytest.raises(NotFound, match=wanted):
        create_git_repository(world.ports, _git(namespace="nowhere"), {}, _yes)


def test_somebody_who_writes_at_the_same_time_is_written_over() -> None:
    world = World()
    world.cluster.fail(AlreadyExists("it is"), lambda call: call.verb == "create", once=True)
    assert upsert(world.ports, _git())
    world.cluster.fail(Conflict("changed"), lambda call: call.verb == "patch", once=True)
    assert not upsert(world.ports, _git(url="https://example.com/other"))
    assert world.the(FLEET)["spec"]["url"] == "https://example.com/other"
    world.cluster.fail(Conflict("changed"), lambda call: call.verb == "patch")
    with pytest.raises(Transient, match="changes faster than it can be written"):
        upsert(world.ports, _git())


def test_a_secret_that_may_not_be_written_is_named_with_the_rights_that_it_needs() -> None:
    world = World()
    world.cluster.fail(Forbidden("(details may quote it)"), lambda call: call.verb == "create")
    with pytest.raises(Forbidden, match="the right to get, create and patch Secrets there"):
        upsert(world.ports, secret("apps", "auth", SSH))
    with pytest.raises(Forbidden, match="details"):
        upsert(world.ports, _git())
