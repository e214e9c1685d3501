"""Which Kustomizations are looked at, and that each is on its own."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest
from penstock.api.lease import ClaimKey
from penstock.api.refs import kustomization
from penstock.api.work import Function, WorkItem
from penstock.base.errors import Transient
from penstock.base.selector import parse_selector
from penstock.cluster.errors import Forbidden
from penstock.kustomize.flow import apply
from penstock.kustomize.selection import CUT_OFF
from penstock.queue.claims import Busy, LocalClaims

from tests.kustomize.builders import config_map, make
from tests.kustomize.world import APPS, NAMESPACE, REPOSITORY, World, about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.api.refs import ObjectRef
    from penstock.queue.claims import LocalClaim

    from tests.fakes.cluster import Call

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")
GROUP = "kustomize.toolkit.fluxcd.io"


def test_a_request_is_answered_in_the_last_patch_only(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.one()
    world.patch(APPS, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "token-1"}}})
    world.cluster.calls.clear()
    assert world.one().ok
    (patch,) = world.status_writes()
    assert patch["status"]["lastHandledReconcileAt"] == "token-1"
    world.cluster.calls.clear()
    assert world.run() == ()


def test_a_request_is_answered_on_a_failure_too(world: World) -> None:
    world.add(path="./nowhere")
    world.push({"apps/a.yaml": A})
    world.patch(APPS, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "token-1"}}})
    assert not world.one().ok
    assert world.status()["lastHandledReconcileAt"] == "token-1"


def test_who_is_suspended_when_ready_stays_ready_with_the_new_spec(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    world.patch(APPS, {"metadata": {"generation": 2}, "spec": {"suspend": True}})
    world.forget()
    assert world.one().reason == "Suspended"
    assert (world.status()["observedGeneration"], world.condition()[0]) == (2, "True")
    assert world.effects() == []
    world.forget()
    assert world.run() == ()


def test_a_request_to_who_is_suspended_is_answered_and_nothing_else_done(world: World) -> None:
    world.add(suspend=True)
    world.push({"apps/a.yaml": A})
    world.patch(APPS, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "token-1"}}})
    assert world.one().reason == "Suspended"
    assert (world.status()["lastHandledReconcileAt"], world.condition()) == ("token-1", ("", "", ""))
    assert (world.effects(), world.run()) == ([], ())


def test_who_is_suspended_is_left_alone(world: World) -> None:
    world.add(suspend=True)
    world.push({"apps/a.yaml": A})
    assert world.run() == ()
    assert world.one(APPS).reason == "Suspended"
    assert world.effects() == []
    assert world.status_writes() == []
    assert world.status() == {"observedGeneration": -1}


def test_only_due_kustomizations_are_looked_at(world: World) -> None:
    world.add()
    world.add("other")
    world.push({"apps/a.yaml": A, "other/b.yaml": B})
    assert len(world.run()) == 2
    world.patch(kustomization(NAMESPACE, "other"), {"spec": {"interval": "1h"}})
    assert [outcome.ok for outcome in world.run()] == [True]
    assert world.run() == ()


def test_an_item_of_a_kustomization_means_that_one_due_or_not(world: World) -> None:
    world.add()
    world.add("other")
    world.push({"apps/a.yaml": A, "other/b.yaml": B})
    world.run()
    assert len(world.run(APPS)) == 1


def test_one_broken_kustomization_does_not_stop_the_others(world: World) -> None:
    for name in ("a", "b", "c", "d"):
        world.add(name)
    world.cluster.seed({**world.get(kustomization(NAMESPACE, "b")), "spec": {"sourceRef": _SOURCE}})
    world.push({"a/x.yaml": A, "b/x.yaml": B, "c/x.yaml": "kind: [", "d/x.yaml": C})
    assert sorted(outcome.ok for outcome in world.run()) == [False, False, True, True]
    assert world.condition("Stalled", kustomization(NAMESPACE, "b"))[1] == "InvalidObject"
    assert world.owned(kustomization(NAMESPACE, "a")) == ["ConfigMap/default/a"]
    assert world.owned(kustomization(NAMESPACE, "d")) == ["ConfigMap/default/c"]


_SOURCE = {"kind": "GitRepository", "name": "fleet"}


def test_a_bug_that_one_meets_is_its_own(world: World) -> None:
    world.add("a")
    world.add("b")
    world.push({"a/x.yaml": A, "b/x.yaml": B})
    world.cluster.fail(ZeroDivisionError(), about("a"))
    failed, fine = world.run()
    assert (failed.reason, failed.message) == ("InternalError", "internal error: ZeroDivisionError")
    assert fine.ok
    assert any("trace" in line for line in world.logged())


def test_a_kustomization_of_another_namespace_may_use_the_source(world: World) -> None:
    source = {**_SOURCE, "namespace": NAMESPACE}
    made = {"interval": "1m", "prune": True, "path": "apps", "sourceRef": source}
    world.cluster.seed(make(f"{GROUP}/v1", "Kustomization", "x", "apps", spec=made))
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    assert world.owned(kustomization("apps", "x")) == ["ConfigMap/default/a"]


def test_only_served_namespaces_are_looked_at(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.ports = replace(world.ports, namespaces=("apps",))
    assert world.run() == ()
    assert world.one(APPS).reason == "NotFound"


def test_one_refused_namespace_does_not_stop_the_others(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.ports = replace(world.ports, namespaces=("gone", NAMESPACE))
    world.cluster.fail(Forbidden("no"), lambda call: call.ref.namespace == "gone")
    assert world.one().ok
    assert "cannot be listed" in world.output.getvalue()


def test_a_source_that_may_not_be_read_is_told_to_every_kustomization_of_it(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    world.forget()
    world.cluster.fail(Forbidden("gitrepositories is forbidden"), lambda call: call.ref == REPOSITORY)
    outcome = world.one()
    assert (outcome.ok, outcome.reason) == (False, "ArtifactFailed")
    assert "cannot be read: gitrepositories is forbidden" in world.condition()[2]
    assert world.owned() == ["ConfigMap/default/a"]


def test_a_source_that_cannot_be_read_any_more_stops_the_run_before_it_writes(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    looks: list[bool] = []

    def later(call: Call) -> bool:
        looks.append(call.ref == REPOSITORY)
        return call.ref == REPOSITORY and sum(looks) > 1

    world.cluster.fail(Forbidden("no more"), later)
    with pytest.raises(Transient, match="cannot be read: no more"):
        world.run()
    assert world.effects() == []


def test_a_claimed_source_is_somebody_elses_for_now(world: World) -> None:
    world.add()
    claims = LocalClaims(patience_s=0)
    world.ports = replace(world.ports, claims=claims)
    with claims.hold(ClaimKey(Function.APPLY, REPOSITORY)), pytest.raises(Busy):
        world.run()


def test_a_run_that_only_seemed_to_be_cut_off_is_not_repeated(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.one()
    work = WorkItem(Function.APPLY, APPS.kind, APPS.namespace, APPS.name, reason=CUT_OFF)
    assert apply(world.ports, work) == ()


def test_a_source_that_was_changed_under_the_claim_is_looked_at_again(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    claims = _Moving(world)
    world.ports = replace(world.ports, claims=claims)
    with pytest.raises(Transient, match="has been given another source"):
        world.run(APPS)


class _Moving(LocalClaims):
    """While somebody waits for the claim, the Kustomization gets another source."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    @contextmanager
    def hold(self, key: ClaimKey, wanted: ObjectRef | None = None) -> Iterator[LocalClaim]:
        self._world.patch(APPS, {"spec": {"sourceRef": {"name": "other"}}})
        with super().hold(key, wanted) as claim:
            yield claim


def test_an_object_with_a_newer_record_is_passed_over(world: World) -> None:
    world.add()
    world.add("other")
    world.push({"apps/a.yaml": A, "other/b.yaml": B})
    record = {"version": 99, "checked_at": "2030-01-01T00:00:00Z", "ok": True}
    world.bucket.put(
        f"records/{world.cluster.identity()}/Kustomization/{NAMESPACE}/apps.json", orjson.dumps(record)
    )
    assert [outcome.changes for outcome in world.run()] == [("ConfigMap/default/b created",)]
    assert any(line["message"] == "passed over" for line in world.logged())
    assert world.one(APPS).ok
    assert any(line["message"] == "the record could not be written" for line in world.logged())


def test_a_kustomization_of_a_shard_is_left_to_it(world: World) -> None:
    world.add()
    world.patch(APPS, {"metadata": {"labels": {"sharding.fluxcd.io/key": "shard1"}}})
    world.push({"apps/a.yaml": A})
    assert world.run() == ()
    (outcome,) = apply(world.ports, WorkItem(Function.APPLY, APPS.kind, APPS.namespace, APPS.name))
    assert (outcome.ok, outcome.message) == (False, f"{APPS} is left to its shard")
    assert world.effects() == []
    world.ports = replace(world.ports, selector=parse_selector("sharding.fluxcd.io/key in (shard1)"))
    assert world.one().ok
