"""apply: what ends a wait for health, and how the next run goes on with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.deadline import Stop
from penstock.base.errors import Transient
from penstock.cluster.errors import Expired, Forbidden

from tests.kustomize.builders import crd
from tests.kustomize.world import APPS, NAMESPACE, REPOSITORY, World

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.kustomize.flow import ApplyPorts

    from tests.fakes.cluster import Call
from tests.kustomize.healthy import at_watch, push_widgets, put, says, widget


def test_a_newer_revision_ends_the_wait(waiting: World) -> None:
    push_widgets(waiting)
    newer: list[str] = []
    at_watch(waiting, lambda: newer.append(push_widgets(waiting, size=2)))
    outcome = waiting.one()
    assert outcome.reason == "Superseded"
    by = f"GitRepository/{REPOSITORY.namespace}/{REPOSITORY.name}"
    assert waiting.condition() == ("False", "HealthCheckCanceled", f"New reconciliation triggered by {by}")
    assert waiting.condition("Reconciling")[:2] == ("True", "ProgressingWithRetry")
    told = f"Health checks canceled due to new reconciliation triggered by {by}"
    assert f"info {APPS} HealthCheckCanceled: {told}" in waiting.events.lines()
    at_watch(waiting, put(waiting, says("True")))
    assert waiting.one().ok
    assert waiting.status()["lastAppliedRevision"] == newer[0]


@pytest.mark.parametrize(
    "patch",
    [
        {"spec": {"wait": False}},
        {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}},
    ],
)
def test_a_change_or_a_request_ends_the_wait_and_is_followed_at_once(waiting: World, patch: Json) -> None:
    push_widgets(waiting)
    at_watch(waiting, lambda: waiting.patch(APPS, patch), put(waiting, says("True")))
    outcome = waiting.one()
    assert outcome.ok, outcome.message
    told = [line for line in waiting.events.lines() if "HealthCheckCanceled" in line]
    by = f"Kustomization/{NAMESPACE}/apps"
    why = f"Health checks canceled due to new reconciliation triggered by {by}"
    assert told == [f"info {APPS} HealthCheckCanceled: {why}"]


def test_a_deletion_ends_the_wait(waiting: World) -> None:
    push_widgets(waiting)
    at_watch(waiting, lambda: waiting.cluster.delete(APPS, uid=None))
    waiting.one()
    assert waiting.cluster.objects("Kustomization") == ()
    assert waiting.owned() == []


def test_the_functions_time_ends_first_and_the_next_run_waits_on(waiting: World) -> None:
    waiting.ports = _within(waiting, 20)
    push_widgets(waiting)
    outcome = waiting.one()
    assert (outcome.ok, outcome.reason) == (True, "HandedOver")
    assert outcome.message == "handed over to the next run: waiting for the health of 1 of 2 objects"
    assert waiting.condition()[:2] == ("Unknown", "Progressing")
    assert waiting.condition("Healthy")[:2] == ("Unknown", "Progressing")
    assert [item.reason for item in waiting.queue.items] == ["handed over"]
    second = waiting.one()
    assert second.reason == "HandedOver"
    put(waiting, says("True"))()
    assert waiting.one().ok
    passed = waiting.condition("Healthy")[2].removeprefix("Health check passed in ").removesuffix("s")
    assert 30 < float(passed) < 45


def test_the_timeout_counts_across_runs_that_hand_over(waiting: World) -> None:
    waiting.ports = _within(waiting, 20)
    push_widgets(waiting)
    outcomes = [waiting.one()]
    while outcomes[-1].reason == "HandedOver":
        outcomes.append(waiting.one())
    assert len(outcomes) == 4
    assert outcomes[-1].reason == "HealthCheckFailed"
    assert outcomes[-1].message.startswith("health check failed after 1m0")


def test_after_a_failure_the_time_begins_anew(waiting: World) -> None:
    push_widgets(waiting)
    assert waiting.one().reason == "HealthCheckFailed"
    waiting.forget()
    outcome = waiting.one()
    assert outcome.message.startswith("health check failed after 1m0")


def test_told_to_end_it_hands_over(waiting: World) -> None:
    stop = Stop()
    waiting.ports = _within(waiting, 540, stop=stop)
    push_widgets(waiting)
    at_watch(waiting, lambda: stop.tell(waiting.clock, 7))
    assert waiting.one().reason == "HandedOver"


def test_a_watch_that_expires_begins_anew_and_one_that_is_forbidden_is_done_without(waiting: World) -> None:
    push_widgets(waiting)
    waiting.cluster.fail(Expired("too old"), lambda call: call.verb == "watch", once=True)
    waiting.cluster.fail(Forbidden("no watch"), lambda call: call.verb == "watch")
    seen: list[bool] = []

    def later(call: Call) -> bool:
        if call.verb == "get" and call.ref.name == "w":
            seen.append(True)
            if len(seen) == 3:
                put(waiting, says("True"))()
        return False

    waiting.cluster.fail(AssertionError(), later)
    assert waiting.one().ok


def test_what_cannot_be_read_is_unknown_and_says_why(waiting: World) -> None:
    push_widgets(waiting)
    no = Forbidden("no way")

    def about(call: Call) -> bool:
        applied = any("created" in line or "configured" in line for line in waiting.events.lines())
        return call.verb in {"list", "get", "watch"} and call.ref.kind == "Widget" and applied

    waiting.cluster.fail(no, about)
    outcome = waiting.one()
    assert "Widget/default/w status: 'Unknown': no way" in outcome.message


def test_a_source_that_cannot_be_read_ends_no_wait(waiting: World) -> None:
    push_widgets(waiting)
    broken: list[bool] = []
    at_watch(waiting, lambda: broken.append(True), put(waiting, says("True")), broken.clear)
    waiting.cluster.fail(
        Transient("not now"), lambda call: bool(broken) and call.ref == REPOSITORY, once=True
    )
    assert waiting.one().ok


def _within(world: World, seconds: float, **more: Any) -> ApplyPorts:
    return replace(world.ports, budget_seconds=seconds, **more)


@pytest.mark.parametrize("after", [False, True])
def test_a_process_that_dies_while_it_waits_leaves_a_wait_that_ends_well(after: bool) -> None:
    k = 0
    while True:
        k += 1
        world = World()
        world.cluster.seed(crd(), {**widget("w"), "status": says("False")})
        world.add(wait=True, timeout="1m")
        world.push({"apps/w.yaml": widget("w")})
        at_watch(world, lambda: None, put(world, says("True")))
        if not world.run_killed(k, after=after):
            break
        put(world, says("True"))()
        world.run()
        assert world.condition()[0] == "True", k
        assert world.condition("Healthy")[0] == "True", k
    assert k > 20
