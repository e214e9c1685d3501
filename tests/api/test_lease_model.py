"""Several holders with clocks of their own on one Lease: never two that are valid, never one for ever."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from penstock.api import lease as leases
from penstock.api.lease import ClaimKey, Lease
from penstock.api.refs import git_repository
from penstock.api.work import Function

from tests.fakes.merge import merge_patch

KEY = ClaimKey(Function.APPLY, git_repository("apps", "fleet"))
START = datetime(2030, 1, 1, tzinfo=UTC)
DURATION_S = 60
NAMES = ("a", "b", "c")
WHO = st.sampled_from(NAMES)


class Holders(RuleBasedStateMachine):
    """A store with resourceVersions, a true time, and holders whose clocks differ from it."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0
        self.skew = dict.fromkeys(NAMES, 0.0)
        self.store: dict[str, Any] | None = None
        self.versions = 0
        self.held: dict[str, Lease] = {}
        self.renewed_at: dict[str, float] = {}
        self.fences: list[int] = []
        self.asked: set[str] = set()

    def now(self, who: str) -> datetime:
        return START + timedelta(seconds=self.time + self.skew[who])

    def _store(self, obj: dict[str, Any]) -> Lease:
        self.versions += 1
        self.store = merge_patch(obj, {"metadata": {"resourceVersion": str(self.versions), "uid": "u"}})
        return leases.read(self.store)

    def _patch(self, patch: Any, seen: Lease) -> Lease | None:
        """What the API server does; None is a conflict."""
        if self.store is None or leases.read(self.store).version != seen.version:
            return None
        return self._store(merge_patch(self.store, patch))

    @initialize(skews=st.tuples(*[st.floats(-DURATION_S / 3, DURATION_S / 3)] * len(NAMES)))
    def clocks_differ_a_little(self, skews: tuple[float, ...]) -> None:
        self.skew = dict(zip(NAMES, skews, strict=True))

    @rule(seconds=st.floats(0, 2 * DURATION_S))
    def time_passes(self, seconds: float) -> None:
        self.time += seconds

    @rule(who=WHO, hours=st.sampled_from([-1, 1]))
    def a_clock_jumps(self, who: str, hours: int) -> None:
        self.skew[who] += 3600 * hours
        self.renewed_at.pop(who, None)

    @rule(who=WHO)
    def somebody_comes_with_work(self, who: str) -> None:
        """Takes the Lease, or leaves a mark with whoever has it."""
        mark = f"apply/Kustomization/apps/{who}"
        if self.store is None:
            self._got(who, self._store(leases.new(KEY, "uid", who, self.now(who), DURATION_S)))
            return
        seen = leases.read(self.store)
        if leases.may_take(seen, who, self.now(who), gone=False):
            taken = self._patch(leases.taken(seen, who, self.now(who), DURATION_S, mark), seen)
            assert taken is not None
            assert mark not in taken.marks
            self.asked.discard(mark)
            self._got(who, taken)
        elif (patch := leases.marked(seen, mark)) is not None:
            self._patch(patch, seen)
            self.asked.add(mark)

    def _got(self, who: str, lease: Lease) -> None:
        assert lease.holder == who
        assert lease.fence > max(self.fences, default=0)
        self.fences.append(lease.fence)
        self.held[who], self.renewed_at[who] = lease, self.time

    @precondition(lambda self: self.held)
    @rule(data=st.data(), renew=st.booleans())
    def a_holder_checks(self, data: st.DataObject, renew: bool) -> None:
        who = data.draw(st.sampled_from(sorted(self.held)))
        assert self.store is not None
        found = leases.read(self.store)
        if not found.same_hold(self.held[who]):
            del self.held[who]
            return
        if renew:
            renewed = self._patch(leases.renewed(self.now(who)), found)
            assert renewed is not None
            found, self.renewed_at[who] = renewed, self.time
        self.held[who] = found

    @precondition(lambda self: self.held)
    @rule(data=st.data(), dies=st.booleans())
    def a_holder_is_done_or_dies(self, data: st.DataObject, dies: bool) -> None:
        who = data.draw(st.sampled_from(sorted(self.held)))
        held = self.held.pop(who)
        assert self.store is not None
        found = leases.read(self.store)
        if dies or not found.same_hold(held):
            return
        released = self._patch(leases.released(), found)
        assert released is not None
        assert released.fence == held.fence
        seen_to = [one.key for one in leases.items(released)]
        self._patch(leases.unmarked(released, seen_to), released)
        self.asked.difference_update(seen_to)

    @invariant()
    def at_most_one_would_pass_a_check(self) -> None:
        if self.store is not None:
            found = leases.read(self.store)
            valid = [who for who, held in self.held.items() if found.same_hold(held)]
            assert len(valid) <= 1

    @invariant()
    def nobody_else_could_take_it_from_one_who_renews_and_whose_clock_is_right(self) -> None:
        if self.store is None:
            return
        found = leases.read(self.store)
        sane = {who for who in NAMES if abs(self.skew[who]) <= DURATION_S / 3}
        held, age_s = self.held.get(found.holder), self.time - self.renewed_at.get(found.holder, -math.inf)
        if held is None or found.holder not in sane or not found.same_hold(held) or age_s >= DURATION_S / 3:
            return
        for who in sane - {found.holder}:
            assert not leases.may_take(found, who, self.now(who), gone=False)

    @invariant()
    def no_mark_is_lost(self) -> None:
        if self.store is not None:
            assert self.asked == set(leases.read(self.store).marks)

    @invariant()
    def nobody_waits_for_ever(self) -> None:
        if self.store is None:
            return
        found = leases.read(self.store)
        for who in NAMES:
            later = self.now(who) + timedelta(seconds=leases.left_s(found, self.now(who)) + 0.001)
            assert leases.may_take(found, who, later, gone=False)


def test_of_holders_with_clocks_of_their_own_one_is_valid_at_most_and_none_waits_for_ever() -> None:
    run_state_machine_as_test(Holders, settings=settings(max_examples=150, stateful_step_count=30))
