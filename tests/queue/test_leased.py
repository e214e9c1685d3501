"""Claims among processes, over a cluster in memory: what it costs, when it is lost, what is handed on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from penstock.api.lease import ClaimKey
from penstock.api.refs import git_repository
from penstock.api.work import Function
from penstock.base.errors import PenstockError
from penstock.cluster.errors import Forbidden, Unavailable
from penstock.queue.claims import Busy, ClaimLost, Taken

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.queue.leasing import AGAIN, KEY, SOURCE, Process, World
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def world() -> World:
    return World()


def test_a_look_costs_nothing_and_a_claim_one_request_at_either_end(world: World) -> None:
    with world.one.claims.hold(KEY) as claim:
        claim.check()
    assert world.calls() == []
    with world.one.claims.hold(KEY) as claim:
        assert claim.take("uid")
        claim.check()
    assert world.calls() == ["get", "create", "patch"]
    for _ in range(3):
        with world.one.claims.hold(KEY) as claim:
            assert not claim.take("uid"), "nobody else was at work since"
        assert world.calls() == ["patch", "patch"]
    with world.one.claims.hold(KEY):
        pass
    with world.one.claims.hold(KEY) as claim:
        assert not claim.take("uid")
    assert world.calls() == ["patch", "patch"]


def test_whoever_comes_after_another_reads_again(world: World) -> None:
    for process in (world.one, world.two, world.one):
        with process.claims.hold(KEY) as claim:
            assert claim.take("uid")


def test_the_fence_grows_whoever_has_it(world: World) -> None:
    fences = []
    for process in (world.one, world.one, world.two, world.one):
        with process.claims.hold(KEY) as claim:
            assert claim.fence == 0
            claim.take("uid")
            fences.append(claim.fence)
    assert fences == [1, 2, 3, 4]


def test_threads_of_one_process_wait_for_each_other_before_any_request(world: World) -> None:
    with world.one.claims.hold(KEY), pytest.raises(Busy) as caught, world.one.claims.hold(KEY):
        pytest.fail("held twice")
    assert not isinstance(caught.value, Taken)
    assert world.calls() == []


def test_a_holder_that_was_overtaken_hears_of_it_at_its_next_check(world: World) -> None:
    """Threats B-13: it was stopped for longer than it may be, and somebody else took over."""
    with world.two.claims.hold(KEY) as other:
        with world.one.claims.hold(KEY) as claim:
            claim.take("uid")
            world.clock.move(61)
            other.take("uid")
            assert other.fence > claim.fence
            for _ in range(2):
                with pytest.raises(ClaimLost):
                    claim.check()
        found = world.cluster.get(KEY.lease)
        assert found is not None
        assert found["spec"]["holderIdentity"] == "two", "whoever lost it releases nothing"
        other.check()


def test_a_check_asks_only_if_the_last_one_was_a_while_ago(world: World) -> None:
    with world.one.claims.hold(KEY) as claim:
        claim.take("uid")
        world.calls()
        world.clock.move(4.9)
        claim.check()
        assert world.calls() == []
        world.clock.move(0.2)
        claim.check()
        claim.check()
        assert world.calls() == ["get"]


def test_a_check_after_a_pause_renews_what_has_run_out_so_that_nobody_takes_it_next(world: World) -> None:
    with world.one.claims.hold(KEY) as claim:
        claim.take("uid")
        world.clock.move(600)
        claim.check()
        with world.two.claims.hold(KEY) as theirs, pytest.raises(Taken):
            theirs.take("uid")
        claim.check()


def test_a_claim_that_is_held_for_long_is_renewed_by_itself() -> None:
    """A real thread, and a Lease of three seconds that is renewed every second."""
    cluster, clock = FakeCluster(), FakeClock()
    one, two = (Process(name, cluster, clock, duration_s=3) for name in ("one", "two"))

    def renewed() -> bool:
        return any("renewTime" in str(call.body) for call in cluster.writes())

    with one.claims.hold(KEY) as claim:
        claim.take("uid")
        for _ in range(2):
            cluster.calls.clear()
            clock.move(2.9)
            eventually(renewed, "the Lease to be renewed")
        with pytest.raises(Taken), two.claims.hold(KEY) as other:
            other.take("uid")
        claim.check()
    assert [thread.name for thread in threading.enumerate() if thread.name == "claim"] == []


def test_a_claim_that_cannot_be_released_runs_out_by_itself(world: World) -> None:
    with world.one.claims.hold(KEY) as claim:
        claim.take("uid")
        world.cluster.fail(Unavailable("away"), lambda call: call.verb == "patch", once=True)
    assert "the claim runs out by itself" in world.one.output.getvalue()
    world.stood_down(world.two)
    with world.one.claims.hold(KEY) as again:
        again.take("uid")
        assert world.marks() == frozenset(), "what was wanted again is what is done now"


def test_what_cannot_be_confirmed_is_not_gone_on_with(world: World) -> None:
    with world.one.claims.hold(KEY) as claim:
        claim.take("uid")
        world.clock.move(6)
        world.cluster.fail(Unavailable("away"), lambda call: call.verb == "get", once=True)
        with pytest.raises(Unavailable):
            claim.check()
        claim.check()


def test_the_lease_of_a_source_that_does_not_exist_is_removed(world: World) -> None:
    with world.one.claims.hold(KEY) as claim:
        claim.take("")
        world.stood_down(world.two)
    assert world.cluster.get(KEY.lease) is None
    assert world.one.queue == [AGAIN]


def test_the_leases_of_a_source_go_when_it_goes_but_not_while_somebody_is_at_it(world: World) -> None:
    fetch = ClaimKey(Function.FETCH, SOURCE)
    with world.one.claims.hold(fetch) as claim:
        claim.take("uid")
    with world.one.claims.hold(KEY) as claim:
        claim.take("uid")
        world.two.claims.forget(SOURCE)
        assert world.cluster.get(fetch.lease) is None
        claim.check()
    world.two.claims.forget(SOURCE)
    assert world.cluster.get(KEY.lease) is None


def test_leases_that_may_not_be_removed_keep_no_source_from_going(world: World) -> None:
    world.cluster.fail(Forbidden("no"), lambda call: call.ref.kind == "Lease")
    world.one.claims.forget(SOURCE)
    assert "its Leases stay for now" in world.one.output.getvalue()


def test_where_there_can_be_no_lease_the_work_goes_on_without(world: World) -> None:
    """Threats B-36: a Kustomization whose source's namespace is gone must still be let go."""
    with world.one.claims.hold(ClaimKey(Function.APPLY, git_repository("nowhere", "fleet"))) as claim:
        assert claim.take("")
        claim.check()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_by_an_hour_blocks_nobody_and_lets_two_work_for_one_check_at_most(
    world: World, hours: int
) -> None:
    """Threats B-29: the wall clock of one process jumps; the other takes over, and the first one notices."""
    jumped = FakeClock()
    jumped.set_back(-3600 * hours)
    third = Process("third", world.cluster, jumped)
    with third.claims.hold(KEY) as first:
        first.take("uid")
        with world.two.claims.hold(KEY) as second:
            second.take("uid")
            jumped.move(5.1)
            with pytest.raises(ClaimLost):
                first.check()
            second.check()
    with third.claims.hold(KEY) as again:
        again.take("uid")
        assert again.fence == 3


def test_errors_of_the_run_are_not_hidden_by_those_of_the_claim(world: World) -> None:
    def failing(error: type[Exception]) -> Callable[[], None]:
        def run() -> None:
            with world.one.claims.hold(KEY) as claim:
                claim.take("uid")
                world.cluster.fail(Unavailable("away"), lambda call: call.verb == "patch", once=True)
                raise error("theirs")

        return run

    for error in (ZeroDivisionError, PenstockError):
        with pytest.raises(error, match="theirs"):
            failing(error)()
