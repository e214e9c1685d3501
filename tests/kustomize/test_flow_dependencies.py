"""spec.dependsOn within one run, across sources and namespaces, and what those that wait are told."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.errors import Transient
from penstock.cluster.errors import Refused
from penstock.kustomize.expressions import NotEvaluated

from tests.kustomize.builders import config_map
from tests.kustomize.world import APPS, NAMESPACE, World

if TYPE_CHECKING:
    from penstock.api.objects import Json
from tests.kustomize.chains import INFRA, NOT_READY, applied, chained, files

GROUP = "kustomize.toolkit.fluxcd.io"
BROKEN = "kind: [unclosed\n"
RETRIES = "Dependencies do not meet ready condition, retrying in 30s"


def test_a_chain_is_applied_in_its_order_in_one_run(world: World) -> None:
    refs = chained(world, "c", "b", "a")
    revision = world.push(files("a", "b", "c"))
    assert all(outcome.ok for outcome in world.run())
    assert applied(world) == ["c", "b", "a"]
    assert {world.condition(ref=ref)[2] for ref in refs} == {f"Applied revision: {revision}"}
    assert not [line for line in world.events.lines() if "DependencyNotReady" in line]
    assert world.queue.items == []


def test_the_order_holds_whoever_has_work_to_do(world: World) -> None:
    world.be_quiet()
    chained(world, "a", "b", "c")
    world.push(files("a", "b", "c"))
    world.run()
    world.forget()
    world.push(files("a", "b", "c", c=config_map("c", data={"x": "2"})))
    assert [outcome.ok for outcome in world.run()] == [True] * 3
    assert applied(world) == ["c"]


def test_a_failing_parent_leaves_its_children_waiting_and_not_applied(world: World) -> None:
    _, apps, last = chained(world, "infra", "apps", "last")
    revision = world.push(files("apps", "last") | {"infra/x.yaml": config_map("Bad_Name!")})
    world.cluster.fail(Refused("bad name"), lambda call: call.ref.name == "Bad_Name!")
    outcomes = world.run()
    assert [outcome.ok for outcome in outcomes] == [False] * 3
    assert world.effects() == []
    assert world.condition(ref=apps) == ("False", "DependencyNotReady", NOT_READY)
    assert world.condition(ref=last)[2] == f"dependency '{NAMESPACE}/apps' is not ready"
    assert world.condition("Stalled", ref=apps) == ("", "", "")
    assert "lastAttemptedRevision" not in world.status(apps)
    assert world.status(apps)["observedGeneration"] == -1
    assert f"info {apps} DependencyNotReady: {RETRIES}" in world.events.lines()
    (told,) = [event for event in world.events.seen if event.involved.name == "apps"]
    assert dict(told.metadata) == {f"{GROUP}/revision": revision}


def test_who_waits_as_before_writes_and_tells_nothing_again(world: World) -> None:
    world.add(dependsOn=[{"name": "infra"}])
    world.push(files("apps"))
    world.one()
    world.forget()
    assert world.one().reason == "DependencyNotReady"
    assert world.cluster.writes() == ()
    assert world.events.lines() == []
    assert world.runs.ids(APPS) == ()


def test_who_asks_for_one_that_waits_is_told_and_answered(world: World) -> None:
    world.add(dependsOn=[{"name": "infra"}])
    world.push(files("apps"))
    world.one()
    world.forget()
    world.patch(APPS, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}})
    world.one()
    assert world.events.lines() == [f"info {APPS} DependencyNotReady: {RETRIES}"]
    assert world.status()["lastHandledReconcileAt"] == "now"


def test_a_missing_dependency_is_one_message_with_a_remedy(world: World) -> None:
    world.add(dependsOn=[{"name": "infra", "namespace": "elsewhere"}])
    world.push(files("apps"))
    assert world.one().message == (
        "dependency 'elsewhere/infra' not found: kustomizations.kustomize.toolkit.fluxcd.io"
        ' "infra" not found: create it, or take it out of spec.dependsOn'
    )
    assert world.condition("Stalled") == ("", "", "")
    assert world.effects() == []


def test_a_circle_is_told_to_each_that_is_in_it_and_holds_nobody_else_up(world: World) -> None:
    a, b = (world.add(name, dependsOn=[{"name": other}]) for name, other in ("ab", "ba"))
    itself = world.add("self", dependsOn=[{"name": "self"}])
    world.add("free")
    world.push(files("a", "b", "free", "self"))
    world.run()
    assert applied(world) == ["free"]
    way = ": spec.dependsOn goes round in a circle, {}: take one of them out"
    ns = NAMESPACE
    told = {ref.name: world.condition(ref=ref)[2] for ref in (a, b, itself)}
    assert told == {
        "a": f"dependency '{ns}/b' is not ready" + way.format(f"{ns}/a -> {ns}/b -> {ns}/a"),
        "b": f"dependency '{ns}/a' is not ready" + way.format(f"{ns}/b -> {ns}/a -> {ns}/b"),
        "self": f"dependency '{ns}/self' is not ready" + way.format(f"{ns}/self -> {ns}/self"),
    }
    assert all(world.condition("Stalled", ref=ref) == ("", "", "") for ref in (a, b, itself))


def test_a_suspended_dependency_that_is_behind_is_waited_for(world: World) -> None:
    world.add("infra", suspend=True)
    world.add(dependsOn=[{"name": "infra"}])
    world.push(files("infra", "apps"))
    world.run()
    assert world.condition() == ("False", "DependencyNotReady", NOT_READY)


def test_a_deletion_waits_for_nothing(world: World) -> None:
    _, apps = chained(world, "infra", "apps")
    world.push(files("infra", "apps"))
    world.run()
    world.push({"infra/x.yaml": BROKEN, **files("apps")})
    world.cluster.delete(apps, uid=None)
    world.run(APPS)
    assert not [obj for obj in world.cluster.objects("Kustomization") if obj["metadata"]["name"] == "apps"]


def test_the_expression_of_a_dependency_takes_the_place_of_the_check(world: World) -> None:
    seen: list[Json] = []

    def same(values: Any) -> bool:
        seen.append(values)
        return bool(values["self"]["metadata"]["name"] == "apps" and values["dep"]["spec"]["suspend"])

    world.expressions.known["same"] = same
    world.add("infra", suspend=True, interval="60m")
    world.add(dependsOn=[{"name": "infra", "readyExpr": "same"}])
    world.push(files("infra", "apps"))
    world.run()
    assert world.condition()[0] == "True"
    assert seen[0]["dep"]["spec"]["interval"] == "1h0m0s"


def test_an_expression_that_does_not_hold_says_so(world: World) -> None:
    world.expressions.known["no"] = lambda _: False
    world.add("infra")
    world.add(dependsOn=[{"name": "infra", "readyExpr": "no"}])
    world.push(files("infra", "apps"))
    world.run()
    assert world.condition()[2] == f"dependency '{NAMESPACE}/infra' is not ready according to readyExpr eval"
    assert world.condition("Stalled") == ("", "", "")


def test_an_expression_that_has_no_result_is_tried_again(world: World) -> None:
    def fails(_: object) -> bool:
        raise NotEvaluated("failed to evaluate the CEL expression 'x': no such key: status")

    world.expressions.known["x"] = fails
    world.add("infra")
    world.add(dependsOn=[{"name": "infra", "readyExpr": "x"}])
    world.push(files("infra", "apps"))
    world.run()
    told = "failed to evaluate the CEL expression 'x': no such key: status"
    assert world.condition() == ("False", "DependencyNotReady", told)


def test_an_expression_that_is_none_stalls(world: World) -> None:
    world.add("infra")
    world.add(dependsOn=[{"name": "infra", "readyExpr": "("}])
    world.push(files("infra", "apps"))
    world.run()
    told = (
        "Reconciliation failed terminally due to configuration error: terminal error: failed to evaluate"
        " dependency infra: failed to parse the CEL expression '('"
    )
    assert world.condition() == ("False", "InvalidCELExpression", told)
    assert world.condition("Stalled") == ("True", "InvalidCELExpression", told)
    assert world.condition("Reconciling") == ("", "", "")
    assert world.status()["observedGeneration"] == world.get()["metadata"]["generation"]
    assert f"error {APPS} InvalidCELExpression: {told}" in world.events.lines()


def test_a_dependency_that_may_not_be_read_says_why(world: World) -> None:
    world.add(dependsOn=[{"name": "infra"}])
    world.push(files("apps"))
    world.cluster.fail(Refused("forbidden", status=403), lambda call: call.ref.name == "infra")
    assert world.one().message == f"dependency '{NAMESPACE}/infra' not found: forbidden"


def test_a_cluster_that_does_not_answer_applies_nothing(world: World) -> None:
    world.add(dependsOn=[{"name": "infra"}])
    world.push(files("apps"))
    world.cluster.fail(Transient("the API server is overloaded"), lambda call: call.ref.name == "infra")
    outcome = world.one()
    assert (outcome.reason, outcome.message) == ("DependencyNotReady", "the API server is overloaded")
    assert world.effects() == []


def test_each_dependency_is_read_once_in_a_run(world: World) -> None:
    world.add("infra")
    for name in ("a", "b", "c"):
        world.add(name, dependsOn=[{"name": "infra"}])
    world.push(files("infra", "a", "b", "c"))
    world.run()
    world.forget()
    world.run()
    assert [call.verb for call in world.cluster.calls if call.ref == INFRA].count("get") == 1


def test_without_an_artifact_nothing_is_said_of_dependencies(world: World) -> None:
    world.add(dependsOn=[{"name": "infra"}])
    assert world.one().reason == "ArtifactFailed"


def test_children_that_there_was_no_time_for_stay_due() -> None:
    world = World(budget_seconds=10.0)
    chained(world, "infra", "apps")
    world.push(files("infra", "apps"))

    def passes(call: Any) -> bool:
        if (call.verb, call.ref.kind, call.dry_run) == ("apply", "ConfigMap", False):
            world.clock.move(9)
        return False

    world.cluster.fail(AssertionError(), passes)
    outcomes = {outcome.reason for outcome in world.run()}
    assert "HandedOver" in outcomes
    assert world.condition()[1] != "DependencyNotReady"
    assert world.records.read(APPS) is None
    assert [item.reason for item in world.queue.items] == ["handed over"]


@pytest.mark.parametrize("after", [False, True])
def test_a_run_that_is_killed_anywhere_is_gone_on_with_in_order(*, after: bool) -> None:
    for k in itertools.count(1):
        world = World()
        refs = chained(world, "infra", "apps", "last")
        revision = world.push(files("infra", "apps", "last"))
        if not world.run_killed(k, after=after):
            break
        world.run()
        first = list(dict.fromkeys(applied(world)))
        assert first == ["infra", "apps", "last"], k
        assert {world.condition(ref=ref)[2] for ref in refs} == {f"Applied revision: {revision}"}, k
    assert k > 30
