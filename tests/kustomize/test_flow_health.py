"""Waiting for health: wait and healthChecks, by watch, within spec.timeout and the function's budget."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.objects import generation
from penstock.base.deadline import Stop
from penstock.base.errors import Transient
from penstock.cluster.errors import Expired, Forbidden
from penstock.kustomize.expressions import Judged
from penstock.kustomize.expressions import State as Told

from tests.kustomize.builders import config_map, crd, make, ref
from tests.kustomize.world import APPS, NAMESPACE, REPOSITORY, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.flow import ApplyPorts

    from tests.fakes.cluster import Call

W, V = (ref("Widget", name, "default", "example.com") for name in "wv")
RUNNING = "Running health checks for revision {} with a timeout of 1m0s"


def widget(name: str = "w", size: int = 1) -> Json:
    return make("example.com/v1", "Widget", name, "default", spec={"size": size})


def says(status: str, kind: str = "Ready") -> Json:
    """The status of an object whose controller says so."""
    return {"conditions": [{"type": kind, "status": status}]}


def put(world: World, status: Json, target: ObjectRef = W) -> Callable[[], Any]:
    """What gives an object that status; its generation counts as observed."""
    return lambda: world.patch(
        target, {"status": {"observedGeneration": generation(world.get(target)), **status}}, "status"
    )


def at_watch(world: World, *acts: Callable[[], Any]) -> None:
    """One after the other happens while it is watched, each at the beginning of a watch."""
    left = list(acts)

    def act(call: Call) -> bool:
        if call.verb == "watch" and left:
            left.pop(0)()
        return False

    world.cluster.fail(AssertionError(), act)


@pytest.fixture
def waiting(world: World) -> World:
    """Two Widgets, not ready, of a Kustomization that waits for them for a minute."""
    world.cluster.seed(crd())
    world.cluster.seed({**widget("w"), "status": says("False")}, {**widget("v"), "status": says("True")})
    world.add(wait=True, timeout="1m", retryInterval="2m")
    return world


def _push(world: World, size: int = 1) -> str:
    return world.push({"apps/w.yaml": [widget("w", size), widget("v", size)]})


def test_what_is_healthy_at_once_is_said_to_be_so(world: World) -> None:
    world.add(wait=True)
    revision = world.push({"apps/a.yaml": config_map("a")})
    assert world.one().ok
    assert world.condition() == ("True", "ReconciliationSucceeded", f"Applied revision: {revision}")
    assert world.condition("Healthy") == ("True", "Succeeded", "Health check passed in 0s")
    assert world.condition("Reconciling") == ("", "", "")
    told = [line for line in world.events.lines() if "Health check" in line]
    assert told == [f"info {APPS} Progressing: Health check passed in 0s"]
    assert not [call for call in world.cluster.calls if call.verb == "watch"]


def test_passing_again_is_told_only_of_a_new_revision_that_changed_something(world: World) -> None:
    world.add(wait=True)
    for readme, data, told in (("x", "1", True), ("y", "1", False), ("y", "2", True)):
        world.push({"apps/a.yaml": config_map("a", data={"x": data}), "README": readme})
        assert world.one().ok
        assert any("Health check passed" in line for line in world.events.lines()) is told
        world.forget()


def test_it_waits_until_the_last_object_is_healthy(waiting: World) -> None:
    revision = _push(waiting)
    seen: list[tuple[Any, ...]] = []

    def look() -> None:
        seen.extend(waiting.condition(kind) for kind in ("Ready", "Reconciling", "Healthy"))

    at_watch(waiting, look, put(waiting, says("True")))
    outcome = waiting.one()
    assert outcome.ok, outcome.message
    text = RUNNING.format(revision)
    assert seen == [
        ("Unknown", "Progressing", "Reconciliation in progress"),
        ("True", "Progressing", text),
        ("Unknown", "Progressing", text),
    ]
    assert waiting.condition()[0] == "True"
    assert waiting.condition("Healthy")[:2] == ("True", "Succeeded")


def test_a_failure_is_seen_at_once_and_names_who_failed(waiting: World) -> None:
    revision = _push(waiting)
    at_watch(waiting, put(waiting, says("True", "Stalled")))
    outcome = waiting.one()
    stalled = "failed early due to stalled resources: [Widget/default/w status: 'Failed']"
    assert (outcome.ok, outcome.reason) == (False, "HealthCheckFailed")
    assert outcome.message.startswith("health check failed after ")
    assert outcome.message.endswith(f": {stalled}")
    assert waiting.condition() == ("False", "HealthCheckFailed", outcome.message)
    assert waiting.condition("Healthy") == ("False", "HealthCheckFailed", stalled)
    assert waiting.condition("Reconciling") == ("True", "ProgressingWithRetry", RUNNING.format(revision))
    assert f"error {APPS} HealthCheckFailed: {outcome.message}" in waiting.events.lines()
    status = waiting.status()
    assert status["history"][0]["lastReconciledStatus"] == "HealthCheckFailed"
    assert (status["lastAttemptedRevision"], status.get("lastAppliedRevision", "")) == (revision, "")
    assert len(waiting.inventory()) == 2


def test_who_never_becomes_healthy_is_waited_for_until_the_timeout(waiting: World) -> None:
    _push(waiting)
    outcome = waiting.one()
    assert outcome.reason == "HealthCheckFailed"
    assert "timeout waiting for: [Widget/default/w status: 'InProgress']" in outcome.message
    assert outcome.message.startswith("health check failed after 1m0")


def test_who_was_healthy_and_is_so_no_more_is_waited_for_again(waiting: World) -> None:
    _push(waiting)

    def swap() -> None:
        put(waiting, says("False"), V)()
        put(waiting, says("True"))()

    at_watch(waiting, swap, put(waiting, says("True"), V))
    assert waiting.one().ok
    assert [call.ref.name for call in waiting.cluster.calls if call.verb == "watch"] == ["", ""]


def test_who_recovers_after_a_failure_is_told(waiting: World) -> None:
    _push(waiting)
    assert not waiting.one().ok
    waiting.forget()
    put(waiting, says("True"))()
    assert waiting.one().ok
    assert any("Health check passed" in line for line in waiting.events.lines())
    assert waiting.condition("Healthy")[0] == "True"


def test_an_object_that_is_named_and_is_not_there_is_waited_for(world: World) -> None:
    check = {"apiVersion": "v1", "kind": "ConfigMap", "name": "late", "namespace": "default"}
    world.add(healthChecks=[check], timeout="30s")
    world.push({"apps/a.yaml": config_map("a")})
    assert "timeout waiting for: [ConfigMap/default/late status: 'NotFound']" in world.one().message
    world.forget()
    at_watch(world, lambda: world.cluster.seed(config_map("late")))
    assert world.one().ok


def test_a_kind_that_the_cluster_has_not_is_unknown_and_may_come(world: World) -> None:
    check = {"apiVersion": "example.com/v1", "kind": "Widget", "name": "w", "namespace": "default"}
    world.add(healthChecks=[check], timeout="30s")
    world.push({"apps/a.yaml": config_map("a")})
    assert (
        "timeout waiting for: [Widget/default/w status: 'Unknown': "
        'no matches for kind "Widget" in group "example.com"]'
    ) in world.one().message


def test_only_named_objects_are_checked_and_in_the_version_that_the_cluster_prefers(world: World) -> None:
    world.cluster.seed(crd(), {**widget(), "status": says("True")})
    check = {"apiVersion": "example.com/v1alpha1", "kind": "Widget", "name": "w", "namespace": "default"}
    world.add(healthChecks=[check])
    world.push({"apps/a.yaml": config_map("a")})
    assert world.one().ok
    assert world.judge.judged == ["w"]


def test_wait_looks_at_what_was_applied_and_not_at_what_is_named(world: World) -> None:
    check = {"apiVersion": "v1", "kind": "ConfigMap", "name": "never", "namespace": "default"}
    world.add(wait=True, healthChecks=[check])
    world.push({"apps/a.yaml": config_map("a")})
    assert world.one().ok


def test_objects_that_are_left_alone_and_the_kustomization_itself_do_not_count(waiting: World) -> None:
    left = {
        **widget(),
        "metadata": {**widget()["metadata"], "annotations": {"kustomize.toolkit.fluxcd.io/ssa": "Ignore"}},
    }
    itself = {**waiting.get(APPS)}
    mine = {key: itself[key] for key in ("apiVersion", "kind", "spec")}
    waiting.push(
        {"apps/w.yaml": [left, {**mine, "metadata": {"name": APPS.name, "namespace": APPS.namespace}}]}
    )
    outcome = waiting.one()
    assert outcome.ok, outcome.message


def test_a_kustomization_that_checks_nothing_says_nothing_of_health(world: World) -> None:
    apps = world.add(wait=True)
    world.push({"apps/a.yaml": config_map("a")})
    assert world.one().ok
    assert world.condition("Healthy")[0] == "True"
    world.patch(apps, {"spec": {"wait": False}})
    assert world.one().ok
    assert world.condition("Healthy") == ("", "", "")


def test_a_newer_revision_ends_the_wait(waiting: World) -> None:
    _push(waiting)
    newer: list[str] = []
    at_watch(waiting, lambda: newer.append(_push(waiting, size=2)))
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
    _push(waiting)
    at_watch(waiting, lambda: waiting.patch(APPS, patch), put(waiting, says("True")))
    outcome = waiting.one()
    assert outcome.ok, outcome.message
    told = [line for line in waiting.events.lines() if "HealthCheckCanceled" in line]
    by = f"Kustomization/{NAMESPACE}/apps"
    why = f"Health checks canceled due to new reconciliation triggered by {by}"
    assert told == [f"info {APPS} HealthCheckCanceled: {why}"]


def test_a_deletion_ends_the_wait(waiting: World) -> None:
    _push(waiting)
    at_watch(waiting, lambda: waiting.cluster.delete(APPS, uid=None))
    waiting.one()
    assert waiting.cluster.objects("Kustomization") == ()
    assert waiting.owned() == []


def test_the_functions_time_ends_first_and_the_next_run_waits_on(waiting: World) -> None:
    waiting.ports = _within(waiting, 20)
    _push(waiting)
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
    _push(waiting)
    outcomes = [waiting.one()]
    while outcomes[-1].reason == "HandedOver":
        outcomes.append(waiting.one())
    assert len(outcomes) == 4
    assert outcomes[-1].reason == "HealthCheckFailed"
    assert outcomes[-1].message.startswith("health check failed after 1m0")


def test_after_a_failure_the_time_begins_anew(waiting: World) -> None:
    _push(waiting)
    assert waiting.one().reason == "HealthCheckFailed"
    waiting.forget()
    outcome = waiting.one()
    assert outcome.message.startswith("health check failed after 1m0")


def test_told_to_end_it_hands_over(waiting: World) -> None:
    stop = Stop()
    waiting.ports = _within(waiting, 540, stop=stop)
    _push(waiting)
    at_watch(waiting, lambda: stop.tell(waiting.clock, 7))
    assert waiting.one().reason == "HandedOver"


def test_a_watch_that_expires_begins_anew_and_one_that_is_forbidden_is_done_without(waiting: World) -> None:
    _push(waiting)
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
    _push(waiting)
    no = Forbidden("no way")

    def about(call: Call) -> bool:
        applied = any("created" in line or "configured" in line for line in waiting.events.lines())
        return call.verb in {"list", "get", "watch"} and call.ref.kind == "Widget" and applied

    waiting.cluster.fail(no, about)
    outcome = waiting.one()
    assert "Widget/default/w status: 'Unknown': no way" in outcome.message


def test_a_source_that_cannot_be_read_ends_no_wait(waiting: World) -> None:
    _push(waiting)
    broken: list[bool] = []
    at_watch(waiting, lambda: broken.append(True), put(waiting, says("True")), broken.clear)
    waiting.cluster.fail(
        Transient("not now"), lambda call: bool(broken) and call.ref == REPOSITORY, once=True
    )
    assert waiting.one().ok


EXPRESSION: Json = {"apiVersion": "example.com/v1", "kind": "Widget", "current": "size == 1"}


@pytest.mark.parametrize(
    ("judged", "found"),
    [
        (Judged(Told.CURRENT), ""),
        (Judged(Told.FAILED), "failed early due to stalled resources: [Widget/default/w status: 'Failed']"),
        (Judged(Told.IN_PROGRESS), "timeout waiting for: [Widget/default/w status: 'InProgress']"),
        (
            Judged(None, "no such key"),
            "timeout waiting for: [Widget/default/w status: 'Unknown': no such key]",
        ),
    ],
)
def test_the_users_expressions_take_the_place_of_kstatus(waiting: World, judged: Judged, found: str) -> None:
    waiting.patch(APPS, {"spec": {"healthCheckExprs": [EXPRESSION]}})
    waiting.expressions.known["size == 1"] = lambda _: True
    waiting.expressions.states |= {"w": judged, "v": Judged(Told.CURRENT)}
    _push(waiting)
    outcome = waiting.one()
    assert outcome.ok is not bool(found)
    assert found in outcome.message
    assert waiting.judge.judged == []


def test_an_expression_that_cannot_be_used_stalls_before_anything_is_done(waiting: World) -> None:
    waiting.patch(APPS, {"spec": {"healthCheckExprs": [EXPRESSION]}})
    _push(waiting)
    outcome = waiting.one()
    why = "Reconciliation failed terminally due to configuration error: "
    assert (outcome.ok, outcome.reason) == (False, "InvalidCELExpression")
    assert outcome.message.startswith(f"{why}failed to parse the CEL expression 'size == 1'")
    for kind, status in (("Ready", "False"), ("Stalled", "True")):
        assert waiting.condition(kind) == (status, "InvalidCELExpression", outcome.message)
    assert waiting.effects() == []


def test_pruning_comes_before_health_and_is_told_once(waiting: World) -> None:
    waiting.push({"apps/a.yaml": config_map("a"), "apps/v.yaml": widget("v")})
    assert waiting.one().ok
    waiting.forget()
    _push(waiting)
    assert not waiting.one().ok
    told = [line.partition(": ")[2] for line in waiting.events.lines()]
    assert told[:2] == ["Widget/default/w configured", "ConfigMap/default/a deleted"]
    assert sum("deleted" in line for line in told) == 1


def _within(world: World, seconds: float, **more: Any) -> ApplyPorts:
    return replace(world.ports, budget_seconds=seconds, **more)


@pytest.fixture
def quiet(waiting: World) -> World:
    """The same, healthy and applied; looked at ten minutes later."""
    waiting.be_quiet()
    put(waiting, says("True"))()
    _push(waiting)
    assert waiting.one().ok
    _later(waiting)
    return waiting


def _later(world: World) -> None:
    world.forget()
    world.clock.move(601 - 3600)
    world.builder.paths.clear()
    world.judge.judged.clear()


def test_a_quiet_look_judges_nothing_that_has_not_moved(quiet: World) -> None:
    assert quiet.one().ok
    assert (quiet.builder.paths, quiet.judge.judged, quiet.status_writes()) == ([], [], [])
    assert quiet.condition("Healthy")[0] == "True"


def test_a_quiet_look_does_not_count_who_is_left_alone(waiting: World) -> None:
    waiting.be_quiet()
    alone = {"kustomize.toolkit.fluxcd.io/ssa": "Ignore"}
    left = {**widget("w"), "metadata": {**widget("w")["metadata"], "annotations": alone}}
    waiting.push({"apps/w.yaml": [left, widget("v")]})
    assert waiting.one().ok
    _later(waiting)
    assert waiting.one().ok
    assert (waiting.builder.paths, waiting.judge.judged, waiting.status_writes()) == ([], [], [])


def test_a_quiet_look_judges_what_moved_and_builds_nothing_for_it(quiet: World) -> None:
    put(quiet, {**says("True"), "seen": 5})()
    assert quiet.one().ok
    assert quiet.builder.paths == []
    assert "w" in quiet.judge.judged
    assert quiet.status_writes() == []


def test_a_quiet_look_sees_who_is_not_healthy_any_more(quiet: World) -> None:
    put(quiet, says("True", "Stalled"))()
    outcome = quiet.one()
    assert outcome.reason == "HealthCheckFailed"
    assert quiet.builder.paths == []
    assert quiet.condition()[:2] == ("False", "HealthCheckFailed")


def test_a_quiet_look_waits_for_who_is_being_put_right(quiet: World) -> None:
    put(quiet, says("False"))()
    at_watch(quiet, put(quiet, says("True")))
    assert quiet.one().ok
    assert quiet.builder.paths == []
    assert quiet.condition("Healthy")[0] == "True"


def test_a_quiet_look_sees_a_named_object_that_is_not_its_own(world: World) -> None:
    world.be_quiet()
    world.cluster.seed(crd(), {**widget(), "status": says("True")})
    check = {"apiVersion": "example.com/v1", "kind": "Widget", "name": "w", "namespace": "default"}
    world.add(healthChecks=[check])
    world.push({"apps/a.yaml": config_map("a")})
    assert world.one().ok
    _later(world)
    assert world.one().ok
    assert (world.builder.paths, world.status_writes()) == ([], [])
    _later(world)
    put(world, says("True", "Stalled"))()
    assert world.one().reason == "HealthCheckFailed"


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
