"""apply: who waited for what a run has made ready is woken, in the run or by the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import git_repository
from penstock.api.work import Function, WorkItem
from penstock.base.errors import Terminal, Transient
from penstock.cluster.errors import Refused

from tests.kustomize.builders import config_map
from tests.kustomize.world import APPS, NAMESPACE, REPOSITORY, World, artifact_of, pack_files

if TYPE_CHECKING:
    from penstock.api.refs import ObjectRef
from tests.kustomize.chains import INFRA, NOT_READY, applied, chained, files


def other_source(world: World, namespace: str = NAMESPACE) -> ObjectRef:
    """A second GitRepository, with the files of `apps`."""
    ref, packed = git_repository(namespace, "other"), pack_files(files("apps"))
    artifact = artifact_of(world.artifacts.store(ref.kind, namespace, ref.name, packed.data, packed.files))
    meta = {"name": ref.name, "namespace": ref.namespace}
    spec = {"url": "https://example.com/other", "interval": "1m"}
    world.cluster.seed(
        {
            "apiVersion": ref.api_version,
            "kind": ref.kind,
            "metadata": meta,
            "spec": spec,
            "status": {"artifact": artifact},
        }
    )
    return ref


def test_a_parent_that_becomes_ready_frees_its_children_in_the_same_run(world: World) -> None:
    chained(world, "infra", "apps", "last")
    world.push(files("apps", "last") | {"infra/x.yaml": config_map("Bad_Name!")})
    world.cluster.fail(Refused("bad name"), lambda call: call.ref.name == "Bad_Name!")
    world.run()
    world.cluster.calls.clear()
    world.push(files("infra", "apps", "last"))
    assert all(outcome.ok for outcome in world.run())
    assert applied(world) == ["infra", "apps", "last"]


def test_children_that_are_not_due_are_freed_by_a_parent_that_is(world: World) -> None:
    """The parent's retry comes alone: who waits for it goes with it, though its own time has not come."""
    chained(world, "infra", "apps", "last")
    world.push(files("infra", "apps", "last"))
    broken = [True]
    world.cluster.fail(
        Refused("not now"),
        lambda call: bool(broken) and (call.ref.kind, call.ref.name) == ("ConfigMap", "infra"),
    )
    world.run()
    assert world.condition()[1] == "DependencyNotReady"
    broken.clear()
    world.patch(INFRA, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}})
    outcomes = world.run()
    assert [outcome.ok for outcome in outcomes] == [True] * 3
    assert applied(world)[-3:] == ["infra", "apps", "last"]


@pytest.mark.parametrize("namespace", [NAMESPACE, "elsewhere"])
def test_who_waits_for_another_source_is_woken_when_that_is_ready(world: World, namespace: str) -> None:
    world.push(files("infra", "apps"))
    other = other_source(world, namespace)
    reference = {"kind": other.kind, "name": other.name, "namespace": other.namespace}
    world.add(dependsOn=[{"name": "infra"}], sourceRef=reference)
    world.add("infra")
    assert world.one(other).message == NOT_READY
    assert world.one().ok
    assert world.queue.items == [
        WorkItem(Function.APPLY, other.kind, other.namespace, other.name, "a dependency is ready")
    ]
    assert world.one(other).ok
    assert world.condition()[0] == "True"


def test_of_another_source_the_revision_does_not_count(world: World) -> None:
    world.push(files("infra", "apps"))
    other = other_source(world)
    world.add(dependsOn=[{"name": "infra"}], sourceRef={"kind": other.kind, "name": other.name})
    world.add("infra")
    world.run()
    world.push(files("infra", "apps", apps=config_map("apps", data={"x": "2"})))
    assert world.one(other).ok


def test_without_a_queue_who_is_woken_is_looked_at_at_once(world: World) -> None:
    world.push(files("infra", "apps"))
    other = other_source(world)
    world.add(dependsOn=[{"name": "infra"}], sourceRef={"kind": other.kind, "name": other.name})
    world.add("infra")
    world.run(other)
    world.queue.failure = Terminal("there is no URL for apply")
    assert [outcome.ok for outcome in world.run()] == [True, True]
    assert world.condition()[0] == "True"


def test_a_queue_that_does_not_work_is_no_failure_of_the_parent(world: World) -> None:
    world.push(files("infra", "apps"))
    other = other_source(world)
    world.add(dependsOn=[{"name": "infra"}], sourceRef={"kind": other.kind, "name": other.name})
    world.add("infra")
    world.run(other)
    world.queue.failure = Transient("the queue is full")
    assert world.one().ok
    assert [line for line in world.logged() if "found by the tick" in str(line)]


def test_one_that_is_asked_for_alone_wakes_those_of_its_own_source(world: World) -> None:
    chained(world, "infra", "apps")
    world.push(files("infra", "apps"))
    assert world.one(APPS).message == NOT_READY
    assert world.one(INFRA).ok
    (item,) = world.queue.items
    assert (item.kind, item.name) == (REPOSITORY.kind, REPOSITORY.name)
    assert world.one().ok
    assert world.condition()[0] == "True"


def test_nobody_is_woken_by_what_was_ready_before(world: World) -> None:
    chained(world, "infra", "apps")
    world.push(files("infra", "apps"))
    world.run()
    world.forget()
    world.run()
    assert world.queue.items == []
    assert [call.verb for call in world.cluster.calls if call.ref.kind == "Kustomization"].count("list") == 1
