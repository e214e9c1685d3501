from __future__ import annotations

import pytest

from bench.plan import FULL, ORDER, QUICK, Plan, missing, phases_of, seconds_left
from bench.samples import Flags, Fleet, Key, Peer, Phase

ONE = Plan({Fleet.F100X10: 2}, (Flags.DEFAULT,), 1)


def test_the_quick_run_is_two_fleets_with_flux_as_it_comes_in_about_20_minutes() -> None:
    keys = QUICK.all_keys()
    assert {key.fleet for key in keys} == {Fleet.F100X10, Fleet.F1X1000}
    assert {(key.peer, key.flags) for key in keys} == set(QUICK.parties)
    assert {key.round for key in keys} == {1, 2, 3}
    assert 15 * 60 < seconds_left(keys, {}) < 30 * 60


def test_the_full_run_has_every_fleet_phase_and_way_to_start_flux() -> None:
    keys = FULL.all_keys()
    assert {key.fleet for key in keys} == set(Fleet)
    assert {key.phase for key in keys} == set(Phase)
    assert {(key.peer, key.flags) for key in keys} == {
        (Peer.FLUX, Flags.DEFAULT),
        (Peer.FLUX, Flags.TUNED),
        (Peer.PENSTOCK, Flags.DEFAULT),
    }
    assert FULL.rounds[Fleet.F100X10] >= 5
    assert FULL.rounds[Fleet.F1000X2] == 1


def test_every_key_is_there_once() -> None:
    assert len(set(FULL.all_keys())) == len(FULL.all_keys())


def test_a_round_begins_with_the_install_ends_with_the_deletion_and_only_penstock_is_cold() -> None:
    keys = ONE.keys(Fleet.F100X10, 1)
    assert [key.phase for key in keys[:2]] == [Phase.INSTALL] * 2
    assert [key.phase for key in keys[-2:]] == [Phase.DELETE] * 2
    assert [key.peer for key in keys if key.phase is Phase.COLD] == [Peer.PENSTOCK]
    assert set(phases_of(Peer.PENSTOCK)) == set(ORDER) == set(Phase)


def test_the_interval_check_is_left_out_of_later_rounds() -> None:
    assert [Phase.INTERVAL_CHECK in ONE.phases(number) for number in (1, 2)] == [True, False]


def test_fleets_and_rounds_can_be_chosen_also_such_as_are_not_in_the_plan() -> None:
    assert QUICK.of([Fleet.CHAIN10]).rounds == {Fleet.CHAIN10: 1}
    assert QUICK.of([], 1).rounds == {Fleet.F100X10: 1, Fleet.F1X1000: 1}
    assert QUICK.of([]) == QUICK


def test_what_is_there_is_not_missing() -> None:
    keys = ONE.all_keys()
    assert missing(keys, keys[:5]) == keys[5:]
    assert missing(keys, ()) == keys


@pytest.mark.parametrize("phase", [Phase.ONE_FILE, Phase.INTERVAL_CHECK])
def test_how_long_it_takes_is_told_by_the_last_one_of_the_same_sort(phase: Phase) -> None:
    keys = [Key(Fleet.F100X10, phase, Peer.FLUX, Flags.DEFAULT, number) for number in (1, 2)]
    took = {(Fleet.F100X10, phase, Peer.FLUX, Flags.DEFAULT): 7.0}
    assert seconds_left(keys, took) == 14
    assert seconds_left(keys, {}) > 60
    assert seconds_left((), took) == 0
