from __future__ import annotations

import io
import json

import pytest
from penstock.api.work import Function, Hint, Outcome, WorkItem
from penstock.base.errors import Terminal, Transient
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.cluster.errors import Forbidden
from penstock.queue.claims import Taken
from penstock.runtime.dispatch import Dispatcher, described
from penstock.runtime.standdown import StandDown

from tests.fakes.clock import FakeClock

ITEM = WorkItem(Function.APPLY, "Kustomization", "apps", "podinfo", "interval")


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stream = io.StringIO()
        self.controllers: tuple[str, ...] = ()
        self.looks = 0
        self.failure: Exception | None = None
        self.done: list[WorkItem] = []
        self.dispatcher = Dispatcher(
            {Function.APPLY: self.flow},
            StandDown(self.look, self.clock, fresh_s=10),
            self.clock,
            Log(Masker(), stream=self.stream),
        )

    def look(self) -> tuple[str, ...]:
        self.looks += 1
        return self.controllers

    def flow(self, item: WorkItem) -> tuple[Outcome, ...]:
        self.clock.move(1.5)
        if self.failure is not None:
            raise self.failure
        self.done.append(item)
        return (Outcome(True, "Applied"), Outcome(False, "no"))


def test_work_goes_to_its_flow_and_one_line_tells_how_it_went() -> None:
    world = World()
    assert world.dispatcher.run(ITEM) == (Outcome(True, "Applied"), Outcome(False, "no"))
    line = json.loads(world.stream.getvalue())
    assert {
        "item": "Kustomization/apps/podinfo",
        "objects": 2,
        "failed": 1,
        "seconds": 1.5,
    }.items() <= line.items()


def test_work_that_another_process_is_at_is_left_to_it_with_one_quiet_line() -> None:
    world = World()
    world.failure = Taken("another process is working on it", retry_after=30)
    with pytest.raises(Taken):
        world.dispatcher.run(ITEM)
    (line,) = map(json.loads, world.stream.getvalue().splitlines())
    assert (line["severity"], line["why"]) == ("INFO", "another process is working on it")


def test_a_terminal_error_is_an_outcome() -> None:
    world = World()
    world.failure = Terminal("not like this", reason="BuildFailed")
    assert world.dispatcher.run(ITEM) == (Outcome(False, "not like this", "BuildFailed"),)


def test_a_transient_error_is_raised() -> None:
    world = World()
    world.failure = Transient("later")
    with pytest.raises(Transient):
        world.dispatcher.run(ITEM)


def test_while_a_controller_of_flux_runs_nothing_is_done_and_it_is_said() -> None:
    world = World()
    world.controllers = ("flux-system/kustomize-controller",)
    (outcome,) = world.dispatcher.run(ITEM)
    assert (outcome.ok, outcome.reason) == (False, "StandingDown")
    assert "flux-system/kustomize-controller" in outcome.message
    assert "standing down" in world.stream.getvalue()
    assert world.done == []


def test_while_no_controller_runs_the_cluster_is_asked_about_them_now_and_then_only() -> None:
    world = World()
    for _ in range(5):
        world.dispatcher.run(ITEM)
    assert world.looks == 1
    world.controllers = ("flux-system/kustomize-controller",)
    world.clock.move(10)
    (outcome,) = world.dispatcher.run(ITEM)
    assert outcome.reason == "StandingDown"
    assert world.looks == 2


def test_work_goes_on_as_soon_as_the_controllers_are_scaled_down() -> None:
    world = World()
    world.controllers = ("flux-system/kustomize-controller",)
    world.dispatcher.run(ITEM)
    world.controllers = ()
    world.dispatcher.run(ITEM)
    assert world.done == [ITEM]


def test_nothing_is_done_while_it_is_unknown_whether_controllers_run() -> None:
    world = World()

    def look() -> tuple[str, ...]:
        raise Transient("the API server is down")

    standdown = StandDown(look, world.clock)
    dispatcher = Dispatcher({Function.APPLY: world.flow}, standdown, world.clock, world.dispatcher.log)
    with pytest.raises(Transient):
        dispatcher.run(ITEM)
    assert world.done == []


def test_who_may_not_look_for_controllers_is_told_what_is_needed_and_tries_again() -> None:
    world = World()

    def look() -> tuple[str, ...]:
        raise Forbidden('deployments.apps is forbidden: User "x" cannot list resource "deployments"')

    standdown = StandDown(look, world.clock)
    dispatcher = Dispatcher({Function.APPLY: world.flow}, standdown, world.clock, world.dispatcher.log)
    with pytest.raises(Transient, match=r"whether Flux's own controllers run.*cannot list resource"):
        dispatcher.run(ITEM)
    assert world.done == []


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (ITEM, "Kustomization/apps/podinfo"),
        (WorkItem(Function.TICK), "tick"),
        (
            WorkItem(Function.FETCH, hint=Hint(("https://h/r.git", "x"), "refs/heads/main")),
            "https://h/r.git refs/heads/main",
        ),
        (WorkItem(Function.FETCH, hint=Hint((), "refs/\nheads")), " refs/ heads"),
    ],
)
def test_an_item_is_described_in_a_few_words(item: WorkItem, text: str) -> None:
    assert described(item) == text
