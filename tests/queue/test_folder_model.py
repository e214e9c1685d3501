"""A queue against a model of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.fakes.clock import FakeClock
from tests.queue.folders import apply, opened

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.queue.folder import Claimed


NAMES = st.sampled_from("abc")


class Model(RuleBasedStateMachine):
    """The queue against a model: a dict of what waits, and a dict of what is claimed."""

    root: Path

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.waiting: dict[str, str] = {}
        self.held: dict[str, Claimed] = {}
        self.puts = 0
        self.folder = self.root / str(id(self))
        self.queue = opened(self.folder, self.clock, attempts=10**6)

    @rule(name=NAMES)
    def put(self, name: str) -> None:
        self.puts += 1
        self.waiting[name] = str(self.puts)
        self.queue.put(apply(name, token=str(self.puts)))

    @rule()
    def claim(self) -> None:
        found = self.queue.claim()
        free = set(self.waiting) - set(self.held)
        if found is None:
            assert not free
            return
        name = found.item.name
        assert name in free
        assert found.item.token == self.waiting.pop(name)
        self.held[name] = found

    @rule(name=NAMES)
    def done(self, name: str) -> None:
        if name in self.held:
            self.queue.done(self.held.pop(name))

    @rule(name=NAMES)
    def retry(self, name: str) -> None:
        if name in self.held:
            found = self.held.pop(name)
            self.queue.retry(found, 0, "again")
            self.waiting.setdefault(name, found.item.token)

    @rule()
    def restart(self) -> None:
        for name, found in self.held.items():
            self.waiting.setdefault(name, found.item.token)
        self.held = {}
        self.queue.close()
        self.queue = opened(self.folder, self.clock, attempts=10**6)
        self.claim()

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.queue.counts()[:2] == (len(self.waiting), len(self.held))

    def teardown(self) -> None:
        self.queue.close()


def test_the_queue_behaves_like_its_model_through_restarts(tmp_path: Path) -> None:
    class InFolder(Model):
        root = tmp_path

    run_state_machine_as_test(
        InFolder, settings=settings(max_examples=25, stateful_step_count=25, deadline=None)
    )
