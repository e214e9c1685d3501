"""Medians, spreads and ratios: tables for each rule, hypothesis for what must always hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.samples import Flags, Fleet, Peer, Phase
from bench.statistics import (
    APPLIED,
    CPU,
    MEMORY,
    REQUESTS,
    WALL,
    Ratio,
    Relation,
    Spread,
    opponent,
    ratio,
    rows,
    spread,
)
from tests.bench.made_up import sample

_values = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=9)


def _spread(median: float, *, bound: bool = False) -> Spread:
    return Spread(median, median, median, 1, bound)


@given(_values)
def test_a_median_lies_within_its_spread_whatever_the_order_of_the_rounds(values: list[float]) -> None:
    one = spread([sample(round=n, wall_s=v) for n, v in enumerate(values, 1)], WALL)
    back = spread([sample(round=n, wall_s=v) for n, v in enumerate(reversed(values), 1)], WALL)
    assert one is not None
    assert one == back
    assert one.least <= one.median <= one.most
    assert one.rounds == len(values)
    assert sum(v <= one.median for v in values) * 2 >= len(values)
    assert sum(v >= one.median for v in values) * 2 >= len(values)


@given(st.floats(0.01, 1e4), st.floats(0.01, 1e4), st.floats(0.01, 100))
def test_a_ratio_has_no_unit(ours: float, theirs: float, factor: float) -> None:
    one = ratio(_spread(ours), _spread(theirs))
    other = ratio(_spread(ours * factor), _spread(theirs * factor))
    assert one is not None
    assert other is not None
    assert other.value == pytest.approx(one.value)
    assert one.relation is Relation.IS


@pytest.mark.parametrize(
    ("ours", "theirs", "wanted"),
    [
        (_spread(1), _spread(4), Ratio(0.25)),
        (_spread(0), _spread(4), Ratio(0.0)),
        (_spread(6), _spread(600, bound=True), Ratio(0.01, Relation.AT_MOST)),
        (_spread(600, bound=True), _spread(6), Ratio(100, Relation.AT_LEAST)),
        (_spread(6, bound=True), _spread(600, bound=True), None),
        (_spread(1), _spread(0), None),
        (None, _spread(1), None),
        (_spread(1), None, None),
    ],
)
def test_a_ratio_is_exact_a_bound_or_not_to_be_had(
    ours: Spread | None, theirs: Spread | None, wanted: Ratio | None
) -> None:
    assert ratio(ours, theirs) == wanted


@pytest.mark.parametrize(
    ("one", "limit", "wanted"),
    [
        (Ratio(0.5), 0.5, True),
        (Ratio(0.51), 0.5, False),
        (Ratio(0.4, Relation.AT_MOST), 0.5, True),
        (Ratio(0.6, Relation.AT_MOST), 0.5, None),
        (Ratio(0.6, Relation.AT_LEAST), 0.5, False),
        (Ratio(0.4, Relation.AT_LEAST), 0.5, None),
    ],
)
def test_a_bound_decides_only_what_it_can(one: Ratio, limit: float, wanted: bool | None) -> None:
    assert one.within(limit) is wanted


def test_what_was_not_measured_has_no_spread() -> None:
    assert spread([], WALL) is None
    assert spread([sample(cpu_s=1.0)], WALL) is None
    assert spread([sample(), sample(round=2, wall_s=2.0)], WALL) == Spread(2.0, 2.0, 2.0, 1)


def test_one_round_that_was_stopped_makes_a_bound_of_the_median() -> None:
    found = spread([sample(wall_s=500.0), sample(round=2, wall_s=600.0, bound=True)], WALL)
    assert found == Spread(550.0, 500.0, 600.0, 2, bound=True)


def test_that_an_object_was_applied_is_exact_whatever_was_stopped_later() -> None:
    found = spread([sample(applied_s=5.0, wall_s=600.0, bound=True)], APPLIED)
    assert found == Spread(5.0, 5.0, 5.0, 1)


@pytest.mark.parametrize(
    ("default", "tuned", "wanted"),
    [(2, 7, Flags.DEFAULT), (27, 18, Flags.TUNED), (3, 3, Flags.DEFAULT)],
)
def test_the_opponent_is_flux_with_the_better_flags(default: float, tuned: float, wanted: Flags) -> None:
    both = {Flags.TUNED: _spread(tuned), Flags.DEFAULT: _spread(default)}
    assert opponent(both) is wanted
    assert opponent({}) is None


@given(_values, _values, _values)
def test_the_ratio_is_never_better_than_that_to_either_of_fluxs_flags(
    ours: list[float], default: list[float], tuned: list[float]
) -> None:
    samples = [
        *(sample("penstock", round=n, cpu_s=v) for n, v in enumerate(ours, 1)),
        *(sample(round=n, cpu_s=v) for n, v in enumerate(default, 1)),
        *(sample(flags="tuned", round=n, cpu_s=v) for n, v in enumerate(tuned, 1)),
    ]
    (row,) = rows(samples)
    cell = row.cell(CPU)
    assert cell is not None
    assert cell.ratio is not None
    assert cell.penstock is not None
    for flux in cell.flux.values():
        assert cell.ratio.value >= cell.penstock.median / flux.median


def test_the_opponent_is_chosen_for_each_number_by_itself() -> None:
    (row,) = rows(
        [
            sample(applied_s=2.0, wall_s=33.0),
            sample(flags="tuned", applied_s=7.0, wall_s=32.0),
            sample("penstock", applied_s=0.5, wall_s=0.8),
        ]
    )
    chosen = {cell.metric: cell.opponent for cell in row.cells}
    assert chosen == {APPLIED: Flags.DEFAULT, WALL: Flags.TUNED}


def test_rows_come_in_order_and_only_where_there_are_samples() -> None:
    found = rows(
        [
            sample(fleet="1x1000", phase="delete", wall_s=1.0),
            sample(phase="all-files", wall_s=1.0),
            sample(phase="install", wall_s=1.0),
        ]
    )
    assert [(row.fleet, row.phase) for row in found] == [
        (Fleet.F100X10, Phase.INSTALL),
        (Fleet.F100X10, Phase.ALL_FILES),
        (Fleet.F1X1000, Phase.DELETE),
    ]
    assert found[0].cell(MEMORY) is None
    assert rows([]) == ()


def test_a_cold_start_is_held_against_a_push_that_finds_flux_running_until_the_object_is_there() -> None:
    samples = [
        sample(applied_s=2.0, wall_s=33.0, requests=2900),
        sample("penstock", phase="cold", applied_s=1.0, wall_s=1.0, requests=9),
    ]
    cold = next(row for row in rows(samples) if row.phase is Phase.COLD)
    applied, wall, requests = cold.cell(APPLIED), cold.cell(WALL), cold.cell(REQUESTS)
    assert applied is not None
    assert wall is not None
    assert requests is not None
    assert (applied.ratio, applied.against) == (Ratio(0.5), Phase.ONE_FILE)
    assert (wall.ratio, wall.flux, requests.ratio) == (None, {}, None)


def test_what_a_peer_cannot_do_is_told_in_its_words() -> None:
    (row,) = rows([sample(wall_s=1.0), sample("penstock", unsupported="not yet supported: spec.dependsOn")])
    assert row.unsupported == {Peer.PENSTOCK: "not yet supported: spec.dependsOn"}
    cell = row.cell(WALL)
    assert cell is not None
    assert cell.ratio is None
