"""What apply does when the time of its run is over, or the process is told to end (threats B-08, B-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.refs import kustomization
from penstock.base.deadline import OutOfTime, Stop
from penstock.base.errors import Terminal
from penstock.kustomize.brake import Brake

from tests.kustomize.builders import config_map, crd, make
from tests.kustomize.world import APPS, NAMESPACE, REPOSITORY, World

if TYPE_CHECKING:
    from tests.fakes.cluster import Call

BUDGET_S = 10.0
"""Of it 8 s are usable, the rest is reserve."""
FITS_NOT = "does not fit into 10 s: {} of {} objects judged; raise PENSTOCK_APPLY_BUDGET_SECONDS or split"


def maps(count: int, **data: str) -> list[dict[str, object]]:
    return [config_map(f"m{n:03}", data=data or {"x": "1"}) for n in range(count)]


def small(**ports: Any) -> World:
    world = World(budget_seconds=BUDGET_S, **ports)
    world.add()
    return world


def takes(world: World, seconds: float, *, verb: str, dry_run: bool = False) -> None:
    """From now on each such request about a ConfigMap takes so long."""

    def passes(call: Call) -> bool:
        if (call.verb, call.ref.kind, call.dry_run) == (verb, "ConfigMap", dry_run):
            world.clock.move(seconds)
        return False

    world.cluster.fail(AssertionError(), passes)


def is_handed_over(world: World) -> None:
    """Nothing failed: it goes on, and says so."""
    assert world.condition()[:2] == ("Unknown", "Progressing")
    assert world.condition("Reconciling")[:2] == ("True", "Progressing")
    assert not [line for line in world.events.lines() if line.startswith("error")]
    assert world.records.read(APPS) is None


def test_what_does_not_get_its_turn_is_handed_over_and_each_object_is_written_once() -> None:
    world = small()
    takes(world, 1.0, verb="apply")
    world.push({"apps/a.yaml": maps(20)})
    outcome = world.one()
    assert (outcome.ok, outcome.reason, len(outcome.changes)) == (True, "HandedOver", 8)
    is_handed_over(world)
    assert len(world.inventory()) == 20
    (item,) = world.queue.items
    assert (item.kind, item.name, item.reason) == (REPOSITORY.kind, REPOSITORY.name, "handed over")
    assert len(world.one().changes) == 8
    last = world.one()
    assert (last.reason, len(last.changes)) == ("ReconciliationSucceeded", 4)
    assert sorted(world.effects()) == sorted(set(world.effects()))
    assert len(world.owned()) == 20
    assert world.condition()[0] == "True"
    assert len(world.queue.items) == 2


def test_a_run_that_wrote_nothing_in_all_its_time_ends_with_one_clear_failure() -> None:
    world = small()
    takes(world, 0.1, verb="apply", dry_run=True)
    world.push({"apps/a.yaml": maps(500)})
    outcome = world.one()
    assert (outcome.ok, outcome.reason) == (False, "ReconciliationFailed")
    assert outcome.message.startswith(FITS_NOT.format(80, 500))
    assert world.condition()[2] == outcome.message
    assert world.queue.items == []
    assert world.effects() == []
    errors = [line for line in world.events.lines() if line.startswith("error")]
    assert len(errors) == 1
    world.clock.move(60)
    assert world.run() == (), "not before retryInterval"


@given(
    count=st.integers(1, 30),
    judging=st.floats(0.0, 1.0),
    writing=st.floats(0.0, 3.0),
    budget=st.floats(1.0, 30.0),
)
def test_it_ends_whatever_takes_how_long_and_never_makes_no_progress(
    count: int, judging: float, writing: float, budget: float
) -> None:
    world = World(budget_seconds=budget)
    world.add()
    takes(world, judging, verb="apply", dry_run=True)
    takes(world, writing, verb="apply")
    world.push({"apps/a.yaml": maps(count)})
    outcome, written = world.one(), 0
    while outcome.reason == "HandedOver":
        assert len(world.effects()) > written
        written = len(world.effects())
        outcome = world.one()
    assert outcome.ok or "does not fit into" in outcome.message
    assert len(world.effects()) == len(set(world.effects()))


def test_neither_a_rank_nor_a_stage_is_begun_near_the_end() -> None:
    world = small()
    slow = {"CustomResourceDefinition", "Namespace"}

    def passes(call: Call) -> bool:
        if call.verb == "apply" and call.ref.kind in slow and not call.dry_run:
            world.clock.move(9.0)
        return False

    world.cluster.fail(AssertionError(), passes)
    world.push({"apps/a.yaml": [make("v1", "Namespace", "team"), crd(), *maps(2)]})
    assert world.one().reason == "HandedOver"
    assert world.effects() == ["apply CustomResourceDefinition/widgets.example.com"]
    is_handed_over(world)
    assert world.one().reason == "HandedOver"
    assert world.effects()[1:] == ["apply Namespace/team"]
    assert world.one().ok


def test_pruning_is_gone_on_with_by_the_next_run() -> None:
    world = small(brake=Brake(1000, 1.0))
    world.push({"apps/a.yaml": maps(20)})
    world.run()
    world.forget()
    takes(world, 1.0, verb="delete")
    world.push({"apps/a.yaml": maps(1)})
    first = world.one()
    assert (first.reason, len(first.changes)) == ("HandedOver", 8)
    assert world.condition()[:2] == ("Unknown", "Progressing")
    assert len(world.inventory()) == 20, "intent before effect"
    while (outcome := world.one()).reason == "HandedOver":
        pass
    assert outcome.ok
    assert world.owned() == ["ConfigMap/default/m000"]
    assert len(world.inventory()) == 1
    assert len(world.effects()) == 19


def test_a_deletion_is_gone_on_with_by_the_next_run() -> None:
    world = small()
    world.push({"apps/a.yaml": maps(20)})
    world.run()
    world.forget()
    takes(world, 1.0, verb="delete")
    world.cluster.delete(APPS, uid=None)
    first = world.one(APPS)
    assert (first.reason, len(first.changes)) == ("HandedOver", 8)
    assert [item.name for item in world.queue.items] == ["apps"]
    assert not [line for line in world.events.lines() if line.startswith("error")]
    while world.one(APPS).reason == "HandedOver":
        pass
    assert world.owned() == []
    assert world.cluster.objects("Kustomization") == ()


def test_a_deletion_of_which_not_even_the_look_fits_says_so() -> None:
    world = small()
    world.push({"apps/a.yaml": maps(20)})
    world.run()
    takes(world, 1.0, verb="get")
    world.cluster.delete(APPS, uid=None)
    outcome = world.one()
    assert (outcome.ok, outcome.reason) == (False, "PruneFailed")
    assert "does not fit into 10 s" in outcome.message
    assert len(world.owned()) == 20
    assert world.queue.items == []


def test_a_timeout_of_the_object_is_a_failure_as_in_flux() -> None:
    world = World(budget_seconds=540.0)
    world.add(timeout="30s")
    takes(world, 2.0, verb="apply")
    world.push({"apps/a.yaml": maps(20)})
    outcome = world.one()
    assert (outcome.ok, outcome.reason) == (False, "ReconciliationFailed")
    assert "does not fit" not in outcome.message
    assert world.condition()[:2] == ("False", "ReconciliationFailed")
    assert world.queue.items == []


def test_who_was_not_begun_stays_due_and_comes_first_the_next_time() -> None:
    world = World(budget_seconds=BUDGET_S)
    for name in ("a", "b"):
        world.add(name, interval="1s")
    world.push({"a/a.yaml": maps(3), "b/b.yaml": [config_map("other")]})
    takes(world, 3.0, verb="apply")
    first, second = world.run()
    assert first.ok
    assert first.reason == "ReconciliationSucceeded"
    assert second.message == f"Kustomization/{NAMESPACE}/b is not begun: the time of this run is over"
    assert world.records.read(kustomization(NAMESPACE, "b")) is None
    world.clock.move(2.0)
    first, second = world.run()
    assert first.changes == ("ConfigMap/default/other created",)
    assert second.changes == ()


def test_told_to_end_it_begins_nothing_and_hands_over_even_without_an_effect() -> None:
    for begun in (0, 1, 5):
        stop = Stop()
        world = small(stop=stop)
        world.push({"apps/a.yaml": maps(10)})

        def tell(call: Call, world: World = world, stop: Stop = stop, begun: int = begun) -> bool:
            if len(world.effects()) == begun and call.ref.kind == "ConfigMap":
                stop.tell(world.clock, 7.0)
            return False

        world.cluster.fail(AssertionError(), tell)
        outcome = world.one()
        assert outcome.reason == "HandedOver"
        assert len(world.effects()) <= max(begun, 1)
        assert [item.reason for item in world.queue.items] == ["handed over"]
        assert not [line for line in world.events.lines() if line.startswith("error")]
        assert world.records.read(APPS) is None
        with pytest.raises(OutOfTime):
            world.run()


def test_where_there_is_no_queue_the_sender_is_told_to_send_it_again() -> None:
    world = small()
    takes(world, 1.0, verb="apply")
    world.push({"apps/a.yaml": maps(20)})
    world.queue.failure = Terminal("there is no URL for apply")
    with pytest.raises(OutOfTime) as caught:
        world.run()
    assert caught.value.retry_after == 1.0
    is_handed_over(world)
    assert len(world.effects()) == 8


def test_a_run_whose_time_is_over_before_it_began_anything_is_no_hand_over() -> None:
    world = small()

    def passes(call: Call) -> bool:
        if call.verb == "list":
            world.clock.move(9.0)
        return False

    world.push({"apps/a.yaml": maps(1)})
    world.cluster.fail(AssertionError(), passes)
    with pytest.raises(OutOfTime, match="PENSTOCK_APPLY_BUDGET_SECONDS"):
        world.run()
    assert world.queue.items == []


def test_waiting_for_a_crd_is_handed_over_too() -> None:
    world = small()
    installing = {"conditions": [{"type": "Established", "status": "False", "reason": "Installing"}]}
    world.cluster.seed({**crd(), "status": installing})
    world.push({"apps/a.yaml": [crd(), make("example.com/v1", "Widget", "w", "default")]})

    def passes(call: Call) -> bool:
        if call.verb == "watch":
            world.clock.move(3.0)
        return False

    world.cluster.fail(AssertionError(), passes)
    outcome = world.one()
    assert outcome.reason == "HandedOver"
    is_handed_over(world)
