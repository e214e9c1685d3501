"""Waiting by watch, and by looking again where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.client.progress import reconciled
from penstock.client.waiting import POLL_S, WaitFailed, WaitTimedOut, wait
from penstock.cluster.errors import Expired, Forbidden, Unauthorized, Unavailable, Untrusted

from tests.client.world import APPS, TIMEOUT_S, World, conditions, done, flux_object

if TYPE_CHECKING:
    from penstock.base.errors import PenstockError

    from tests.fakes.cluster import Call

RETRIED = {"observedGeneration": 1, "conditions": conditions(1, Ready=("False", "no such path"))}


def _watches(call: Call) -> bool:
    return call.verb == "watch"


@pytest.fixture
def world() -> World:
    return World(flux_object(APPS))


def _wait(world: World, seconds: float = TIMEOUT_S) -> str:
    found = wait(world.limited(seconds).look_now(APPS), APPS, reconciled)
    return str(found["status"]["lastAppliedRevision"])


def test_what_is_done_already_is_read_once(world: World) -> None:
    world.sets(APPS, done(APPS))
    assert _wait(world)
    assert [call.verb for call in world.cluster.calls] == ["get"]


def test_a_watch_tells_of_the_end(world: World) -> None:
    world.acts = [world.finishes(APPS)]
    assert _wait(world)
    assert world.tell.lines == []


def test_where_nothing_may_be_watched_it_is_looked_at_as_often_as_flux_does(world: World) -> None:
    world.cluster.fail(Forbidden("no watch"), _watches)
    world.acts = [lambda: None, lambda: None, world.finishes(APPS)]
    began = world.clock.monotonic()
    assert _wait(world)
    assert world.clock.monotonic() - began == pytest.approx(3 * POLL_S)


@pytest.mark.parametrize("error", [Expired("too old"), Unavailable("it restarts")])
def test_an_api_server_that_is_away_for_a_while_is_waited_for(world: World, error: Exception) -> None:
    world.cluster.fail_at(1, error)
    world.cluster.fail(error, _watches, once=True)
    world.acts = [lambda: None, world.finishes(APPS)]
    assert _wait(world)


@pytest.mark.parametrize(
    "error", [Unauthorized("who are you?"), Untrusted("another certificate"), Forbidden("not yours")]
)
def test_what_will_not_change_ends_the_wait(world: World, error: PenstockError) -> None:
    world.cluster.fail_at(1, error)
    with pytest.raises(type(error), match=error.message.replace("?", r"\?")):
        _wait(world)


def test_an_object_that_is_gone_ends_the_wait(world: World) -> None:
    world.acts = [lambda: world.cluster.delete(APPS, uid=None)]
    with pytest.raises(
        WaitFailed, match="Kustomization apps reconciliation failed: it is not there any more"
    ):
        _wait(world)


def test_a_failure_that_is_tried_again_is_told_once_and_waited_for(world: World) -> None:
    world.acts = [lambda: world.sets(APPS, RETRIED), lambda: None, lambda: None, world.finishes(APPS)]
    assert _wait(world)
    assert world.tell.lines == ["◎ Kustomization apps is not ready, and is tried again: no such path"]


def test_a_final_failure_is_told_at_once(world: World) -> None:
    found = conditions(1, Stalled=("True", "wrong spec"), Ready=("False", "wrong spec"))
    world.acts = [lambda: world.sets(APPS, {"observedGeneration": 1, "conditions": found})]
    with pytest.raises(WaitFailed, match="wrong spec"):
        _wait(world)


def test_when_the_time_is_over_the_last_message_says_why(world: World) -> None:
    world.sets(APPS, RETRIED)
    with pytest.raises(WaitTimedOut) as caught:
        _wait(world, 5)
    assert caught.value.message == (
        "Kustomization apps is not ready after 5s: no such path. penstock goes on with it; --timeout waits "
        "longer"
    )


def test_who_waits_in_vain_hears_of_it_after_a_while_and_at_the_end(world: World) -> None:
    with pytest.raises(WaitTimedOut, match=r"after 1m0s: nobody has looked at it yet: .*`penstock check`"):
        _wait(world)
    (line,) = world.tell.lines
    assert line.startswith("◎ nobody has looked at it yet: the next tick will")
    assert "PENSTOCK_RECEIVER_URL" in line


def test_a_short_wait_in_vain_says_it_at_the_end_only(world: World) -> None:
    with pytest.raises(WaitTimedOut):
        _wait(world, 4)
    assert world.tell.lines == []


def test_without_any_time_left_there_is_one_look(world: World) -> None:
    world.sets(APPS, done(APPS))
    assert _wait(world, 0)


def test_an_api_server_that_stays_away_is_what_is_told(world: World) -> None:
    world.cluster.fail(Unavailable("it restarts"), lambda _call: True)
    with pytest.raises(WaitTimedOut, match="is not ready after 5s: it restarts"):
        _wait(world, 5)
