"""A round on the real control plane with penstock alone: tests never start Flux."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.beside.gitserver import GitProcess
from bench.beside.yard import Yard
from bench.fleets import Shape
from bench.phases.ground import Ground
from bench.phases.rounds import Round, Told
from bench.phases.sides import Side, open_side
from bench.plan import ORDER
from bench.samples import Flags, Fleet, Peer, Phase
from tests.fixtures_flux import install_crds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.tools.controlplane.plane import ControlPlane

    from bench.samples import Sample, Step
    from tests.support.kube import Kube

WARM = tuple(phase for phase in ORDER if phase not in {Phase.INTERVAL_CHECK, Phase.COLD})
SMALL, COLD, SLOW = (Shape(name, 2, 3) for name in (Fleet.F100X10, Fleet.F1X1000, Fleet.MONOREPO10K))
CHAIN = Shape(Fleet.CHAIN10, 2, 2, chained=True)


class Heard:
    """What a round has told."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.steps: tuple[Step, ...] = ()
        self.lines: list[str] = []

    @property
    def told(self) -> Told:
        return Told(lambda sample, _: self.samples.append(sample), self.take, self.lines.append)

    def take(self, peer: Peer, steps: tuple[Step, ...]) -> None:
        assert {step.peer for step in steps} == {peer}
        self.steps = steps


@pytest.fixture
def ground(control_plane: ControlPlane, kube: Kube, kubeconfig: Path, tmp_path: Path) -> Iterator[Ground]:
    install_crds(kubeconfig)
    yard = Yard(tmp_path)
    yard.plane, yard.kube = control_plane, kube
    with GitProcess(tmp_path / "git") as yard.git, Ground(yard) as ground:
        yield ground


def opened(ground: Ground, shape: Shape) -> Side:
    return open_side(ground.yard, {}, shape, Peer.PENSTOCK, Flags.DEFAULT)


def test_a_round_measures_each_phase_and_leaves_nothing_behind(ground: Ground) -> None:
    heard = Heard()
    with opened(ground, SMALL) as side:
        for number in (1, 2):
            Round(ground, [side], number, WARM, heard.told).run()
        assert side.yard.kube.get(side.path("GitRepository")) is None
    assert [sample.phase for sample in heard.samples] == [*WARM, *WARM]
    first = {sample.phase: sample for sample in heard.samples[: len(WARM)]}
    assert all(one.wall_s and one.peak_rss and one.requests and not one.note for one in first.values())
    assert all(one.cpu_s is not None and not one.bound for one in first.values())
    assert [phase for phase, one in first.items() if one.applied_s is None] == [
        Phase.FORCED_CHECK,
        Phase.DELETE,
    ]
    applies = [first[phase].requests_by_agent["penstock apply"] for phase in WARM[:3]]
    assert applies == [6, 1, 6]
    assert all(first[phase].bytes for phase in WARM[:3])
    assert first[Phase.DELETE].bytes == 0
    # The watch may tell of the last write before the API server has logged its end.
    assert "all Kustomizations are at the new revision" in {step.what for step in heard.steps[-2:]}


def test_cold_functions_are_started_by_the_push(ground: Ground) -> None:
    heard = Heard()
    with opened(ground, COLD) as side:
        Round(ground, [side], 1, (Phase.INSTALL, Phase.COLD, Phase.DELETE), heard.told).run()
    _, cold, _ = heard.samples
    assert cold.phase is Phase.COLD
    assert cold.applied_s is not None
    assert cold.cpu_s is not None
    assert cold.cpu_s > 0.5  # three interpreters with their imports
    assert cold.requests_by_agent["penstock apply"] == 1
    assert cold.bytes is not None
    assert cold.bytes > 1000


def test_a_chain_is_measured_as_any_other_fleet(ground: Ground) -> None:
    heard = Heard()
    with opened(ground, CHAIN) as side:
        Round(ground, [side], 1, WARM, heard.told).run()
    assert [sample.phase for sample in heard.samples] == list(WARM)
    assert {(sample.unsupported, sample.bound) for sample in heard.samples} == {("", False)}


def test_a_phase_that_takes_too_long_is_a_bound_and_the_next_one_begins_in_time(
    ground: Ground,
) -> None:
    heard = Heard()
    with opened(ground, SLOW) as side:
        Round(ground, [side], 1, (Phase.INSTALL, Phase.ONE_FILE), heard.told, limit_s=0.0).run()
    assert [(sample.bound, sample.wall_s) for sample in heard.samples] == [(True, 0.0), (True, 0.0)]
    assert len(heard.lines) == 2
