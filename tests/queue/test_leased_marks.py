"""What is wanted again of a claim that is taken: the marks on its Lease, none of which may be lost."""

from __future__ import annotations

import pytest
from penstock.api.refs import kustomization
from penstock.api.work import Function, WorkItem
from penstock.queue.claims import Taken

from tests.fakes.killing import Killed, dying
from tests.queue.leasing import AGAIN, KEY, PODINFO, Process, World


@pytest.fixture
def world() -> World:
    return World()


def test_who_finds_it_taken_leaves_a_mark_and_the_holder_hands_the_work_on(world: World) -> None:
    """Threats B-04."""
    with world.one.claims.hold(KEY) as claim:
        claim.take("uid")
        busy = world.stood_down(world.two)
        assert isinstance(busy, Taken)
        assert busy.retry_after == 60
        world.calls()
        world.stood_down(world.two)
        assert world.calls() == ["get"], "the mark is there already"
    assert (world.one.queue, world.two.queue) == ([AGAIN], [])
    assert world.marks() == frozenset()
    assert claim.again == ()


def test_a_mark_asks_for_the_object_that_was_wanted(world: World) -> None:
    with world.one.claims.hold(KEY) as claim:
        claim.take("uid")
        with pytest.raises(Taken), world.two.claims.hold(KEY, PODINFO) as other:
            other.take("uid")
    assert world.one.queue == [WorkItem(Function.APPLY, "Kustomization", "apps", "podinfo", "run again")]


def test_who_has_no_queue_does_the_work_again_itself(world: World) -> None:
    world.one.keeps = False
    with world.one.claims.hold(KEY) as claim:
        claim.take("uid")
        world.stood_down(world.two)
    assert claim.again == (AGAIN,)
    assert world.marks() == {AGAIN.key}, "until it is done"
    claim.seen_to(AGAIN)
    assert world.marks() == frozenset()


def test_more_marks_than_there_is_room_for_are_not_acknowledged(world: World) -> None:
    with world.one.claims.hold(KEY) as claim:
        claim.take("uid")
        for n in range(100):
            with pytest.raises(Taken), world.two.claims.hold(KEY, kustomization("apps", f"n{n}")) as other:
                other.take("uid")
        assert not isinstance(world.stood_down(world.two), Taken)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("keeps", [False, True])
def test_no_mark_is_lost_wherever_the_holder_dies(after: bool, keeps: bool) -> None:
    """Threats B-34: killed at any request, the work is on its queue, or the mark is there for the tick."""
    for k in range(1, 20):
        world = World()
        alive = world.one
        if not _dies(world, k, after=after, keeps=keeps):
            assert k > 3
            return
        world.clock.move(121)
        left = [item for one in world.two.claims.left_over(()) for item in one.items]
        assert AGAIN in [*left, *alive.queue], f"lost at request {k}"
    pytest.fail("more requests than expected")


def _dies(world: World, k: int, *, after: bool, keeps: bool) -> bool:
    """Whether process one dies at its k-th request, of a run during which process two came with work."""
    doomed = Process("one", dying(world.cluster, k, after=after), world.clock)
    doomed.queue, doomed.keeps = world.one.queue, keeps
    taken = False
    try:
        with doomed.claims.hold(KEY) as claim:
            claim.take("uid")
            taken = True
            world.stood_down(world.two)
        for item in claim.again:
            world.one.queue.append(item)  # that is: it was done
            claim.seen_to(item)
    except Killed:
        if not taken:
            world.one.queue.append(AGAIN)  # nobody stood down yet
        return True
    return False


def test_what_a_dead_holder_was_asked_for_is_found_once_and_handed_on(world: World) -> None:
    with pytest.raises(Killed):
        _run_and_die(world)
    assert world.two.claims.left_over(()) == (), "it may still be at work"
    world.clock.move(61)
    (left,) = world.two.claims.left_over(())
    assert left.items == (AGAIN,)
    left.seen_to()
    assert world.two.claims.left_over(()) == ()


def _run_and_die(world: World) -> None:
    doomed = Process("one", dying(world.cluster, 3, after=False), world.clock)
    with doomed.claims.hold(KEY) as claim:
        claim.take("uid")
        world.stood_down(world.two)
