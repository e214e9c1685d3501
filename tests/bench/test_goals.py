"""The goals: met, missed, or left open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.goals import Goal, goals, highest
from bench.statistics import Ratio, Relation, Spread, rows
from tests.bench.made_up import sample

if TYPE_CHECKING:
    from bench.samples import Sample


def _goals(*samples: Sample) -> dict[str, Goal]:
    return {goal.text: goal for goal in goals(rows(samples), samples)}


@pytest.mark.parametrize(
    ("applied", "met"),
    [(1.0, True), (1.0001, False), (None, None)],
)
def test_one_file_is_applied_in_half_of_fluxs_time(applied: float | None, met: bool | None) -> None:
    found = _goals(sample(applied_s=2.0), sample("penstock", applied_s=applied))
    assert found["one file of 100x10, applied"].met is met


def test_the_better_of_fluxs_flags_is_the_one_to_beat() -> None:
    found = _goals(
        sample(phase="all-files", wall_s=34.0),
        sample(phase="all-files", flags="tuned", wall_s=4.0),
        sample("penstock", phase="all-files", wall_s=3.0),
    )
    assert found["all files of 100x10, wall"].ratio == Ratio(0.75)
    assert found["all files of 100x10, wall"].met is False


def test_the_memory_is_that_of_the_highest_phase_on_each_fleet() -> None:
    found = _goals(
        sample(phase="install", peak_rss=200),
        sample(phase="one-file", peak_rss=300),
        sample("penstock", phase="install", peak_rss=270),
        sample("penstock", phase="one-file", peak_rss=90),
        sample(fleet="1x1000", phase="install", peak_rss=100),
        sample("penstock", fleet="1x1000", phase="install", peak_rss=101),
    )
    assert found["peak memory of all processes, 100x10"].ratio == Ratio(0.9)
    assert found["peak memory of all processes, 100x10"].met is True
    assert found["peak memory of all processes, 1x1000"].met is False


def test_a_phase_that_only_flux_was_measured_in_makes_nothing_of_fluxs_memory() -> None:
    found = _goals(
        sample(phase="install", peak_rss=100),
        sample(phase="all-files", peak_rss=900),
        sample("penstock", phase="install", peak_rss=90),
        sample("penstock", phase="cold", peak_rss=110),
    )
    assert found["peak memory of all processes, 100x10"].ratio == Ratio(0.9)
    assert found["peak memory of all functions, cold, 100x10"].ratio == Ratio(1.1)


def test_memory_of_a_flux_that_was_stopped_is_a_bound() -> None:
    found = _goals(
        sample(fleet="1000x2", phase="install", peak_rss=400, bound=True),
        sample("penstock", fleet="1000x2", phase="install", peak_rss=100),
    )
    goal = found["peak memory of all processes, 1000x2"]
    assert goal.ratio == Ratio(0.25, Relation.AT_MOST)
    assert goal.met is True


def test_without_samples_every_goal_is_open() -> None:
    found = _goals()
    assert len(found) == 4
    assert {goal.met for goal in found.values()} == {None}


def test_a_fleet_that_penstock_cannot_do_is_no_goal() -> None:
    found = _goals(
        sample(fleet="chain10", peak_rss=100),
        sample("penstock", fleet="chain10", unsupported="not yet supported: spec.dependsOn"),
    )
    assert [text for text in found if text.endswith("chain10")] == []


def test_the_highest_of_nothing_is_nothing() -> None:
    assert highest([None]) is None
    low = Spread(1, 1, 1, 1, bound=True)
    assert highest([low, Spread(2, 2, 3, 4)]) == Spread(2, 2, 3, 4, bound=True)
