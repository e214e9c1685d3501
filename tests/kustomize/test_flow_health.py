"""Waiting for health: wait and healthChecks, by watch, within spec.timeout and the function's budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.kustomize.expressions import Judged
from penstock.kustomize.expressions import State as Told

from tests.kustomize.builders import config_map, crd
from tests.kustomize.world import APPS, World

if TYPE_CHECKING:
    from penstock.api.objects import Json

from tests.kustomize.healthy import V, at_watch, push_widgets, put, says, widget

RUNNING = "Running health checks for revision {} with a timeout of 1m0s"


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
    revision = push_widgets(waiting)
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
    revision = push_widgets(waiting)
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
    push_widgets(waiting)
    outcome = waiting.one()
    assert outcome.reason == "HealthCheckFailed"
    assert "timeout waiting for: [Widget/default/w status: 'InProgress']" in outcome.message
    assert outcome.message.startswith("health check failed after 1m0")


def test_who_was_healthy_and_is_so_no_more_is_waited_for_again(waiting: World) -> None:
    push_widgets(waiting)

    def swap() -> None:
        put(waiting, says("False"), V)()
        put(waiting, says("True"))()

    at_watch(waiting, swap, put(waiting, says("True"), V))
    assert waiting.one().ok
    assert [call.ref.name for call in waiting.cluster.calls if call.verb == "watch"] == ["", ""]


def test_who_recovers_after_a_failure_is_told(waiting: World) -> None:
    push_widgets(waiting)
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
    push_widgets(waiting)
    outcome = waiting.one()
    assert outcome.ok is not bool(found)
    assert found in outcome.message
    assert waiting.judge.judged == []


def test_an_expression_that_cannot_be_used_stalls_before_anything_is_done(waiting: World) -> None:
    waiting.patch(APPS, {"spec": {"healthCheckExprs": [EXPRESSION]}})
    push_widgets(waiting)
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
    push_widgets(waiting)
    assert not waiting.one().ok
    told = [line.partition(": ")[2] for line in waiting.events.lines()]
    assert told[:2] == ["Widget/default/w configured", "ConfigMap/default/a deleted"]
    assert sum("deleted" in line for line in told) == 1
