"""A run: a yard for each fleet, its rounds, and every sample in the file as soon as it is taken."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.tools.gotools import CONTROL_PLANE, tool
from penstock.tools.process import Bounds, environment
from penstock.tools.process import run as run_process
from penstock.tools.progress import spent

from bench import fleets, floor, samples
from bench.beside import peers
from bench.beside.process import ROOT
from bench.beside.yard import Yard
from bench.fleets import SHAPES
from bench.machine import this_machine
from bench.phases.ground import Ground
from bench.phases.rounds import LIMIT_S, Round, Told
from bench.phases.sides import open_side
from bench.plan import missing, seconds_left
from bench.samples import Flags, Fleet, Key, Peer, Phase, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.fleets import Shape
    from bench.plan import Party, Plan
    from bench.samples import Results, Sample

ASIDE = Path("build") / "bench"
"""Where results of other runs go, below the checkout, and logs."""
_FLOOR = "bench-floor"
_MEASURED = ("shared", "functions", "requirements.txt")
_MEASURES = ("bench/beside", "bench/fleets.py", "bench/measure", "bench/peers", "bench/phases")
"""What makes other numbers, below the checkout: penstock itself, and how it is measured."""
_GIT_S, _GIT_BYTES = 30.0, 1024 * 1024


@dataclass(frozen=True)
class Options:
    """`fresh`: what is there is put aside. `rehearse`: the fleets in small. `line` takes what people read."""

    results: Path
    line: Callable[[str], None]
    fresh: bool = False
    rehearse: bool = False
    limit_s: float = LIMIT_S
    aside: Path = ROOT / ASIDE


class Run:
    """A plan, and a file of results that it goes on with."""

    def __init__(self, plan: Plan, options: Options) -> None:
        self._plan, self._options = plan, options
        self._took: dict[tuple[Fleet, Phase, Peer, Flags], float] = {}
        self._failed: list[str] = []

    def run(self) -> tuple[str, ...]:
        """Takes all samples that are missing; gives what went wrong."""
        programs = peers.programs(self._options.line)
        self._results = begin(self._options)
        self._tell_plan()
        for fleet in self._plan.rounds:
            if self._missing(fleet):
                self._fleet(SHAPES[fleet].rehearsed() if self._options.rehearse else SHAPES[fleet], programs)
        return tuple(self._failed)

    def _missing(self, fleet: Fleet | None = None) -> tuple[Key, ...]:
        keys = (key for key in self._plan.all_keys() if fleet in {None, key.fleet})
        return missing(keys, (sample.key for sample in self._results.samples))

    def _fleet(self, shape: Shape, programs: Mapping[str, Path]) -> None:
        """All rounds of a fleet; what stops them stops no other fleet, and leaves its logs."""
        place = Path(tempfile.mkdtemp(prefix=f"penstock-bench-{shape.name}-"))
        try:
            with Yard(place, self._options.line) as yard, Ground(yard) as ground:
                self._floor(yard, shape)
                self._rounds(ground, shape, programs)
        except (AssertionError, OSError) as error:
            self._failed.append(f"{shape.name}: {error}; what its processes said is in {place}")
            self._options.line(self._failed[-1])
        else:
            shutil.rmtree(place)

    def _rounds(self, ground: Ground, shape: Shape, programs: Mapping[str, Path]) -> None:
        with ExitStack() as opened:
            sides = {
                party: opened.enter_context(open_side(ground.yard, programs, shape, *party))
                for party in self._parties(shape.name)
            }
            for number in range(1, self._plan.rounds[shape.name] + 1):
                wanted = missing(self._plan.keys(shape.name, number), self._missing_not(shape.name))
                parties = {(key.peer, key.flags) for key in wanted}
                if taking := [side for party, side in sides.items() if party in parties]:
                    told = Told(self._keep, self._keep_timeline, self._options.line)
                    Round(
                        ground, taking, number, self._plan.phases(number), told, self._options.limit_s
                    ).run()

    def _missing_not(self, fleet: Fleet) -> tuple[Key, ...]:
        return tuple(sample.key for sample in self._results.samples if sample.fleet is fleet)

    def _parties(self, fleet: Fleet) -> tuple[Party, ...]:
        wanted = {(key.peer, key.flags) for key in self._missing(fleet)}
        return tuple(party for party in self._plan.parties if party in wanted)

    def _floor(self, yard: Yard, shape: Shape) -> None:
        """Measured once, before anybody works."""
        if self._results.floor is not None:
            return
        copy = yard.repository(_FLOOR)
        copy.publish(fleets.first_files(shape).files)
        found = floor.measure(yard.plane.kubeconfig, copy.url, _FLOOR)
        self._results = samples.with_floor(self._options.results, found)

    def _keep(self, sample: Sample, seconds: float) -> None:
        """Into the file, unless a round that was cut off has left one; a line for people."""
        if not samples.done(self._results, sample.key):
            self._results = samples.append(self._options.results, sample)
        if seconds:
            self._took[sample.fleet, sample.phase, sample.peer, sample.flags] = seconds
        left = seconds_left(self._missing(), self._took)
        self._options.line(f"{described(sample):76} about {spent(left)} left")

    def _keep_timeline(self, peer: Peer, steps: tuple[Step, ...]) -> None:
        self._results = samples.with_timeline(self._options.results, peer, steps)

    def _tell_plan(self) -> None:
        keys, left = self._plan.all_keys(), self._missing()
        there = f", {len(keys) - len(left)} are there" if len(left) < len(keys) else ""
        span = spent(seconds_left(left, self._took))
        self._options.line(f"{len(keys)} samples to {self._options.results}{there}: about {span}")


def described(sample: Sample) -> str:
    """A sample in one line. Pure."""
    who = sample.peer.value if sample.flags is Flags.DEFAULT else f"{sample.peer} {sample.flags}"
    head = f"{sample.fleet} {sample.round} {sample.phase:14} {who:12}"
    if sample.unsupported:
        return f"{head} {sample.unsupported}"
    parts = [
        f"{'≥ ' if sample.bound else ''}{sample.wall_s:.1f} s" if sample.wall_s is not None else "",
        f"applied {sample.applied_s:.2f} s" if sample.applied_s is not None else "",
        f"cpu {sample.cpu_s:.1f} s" if sample.cpu_s is not None else "",
        f"({sample.note})" if sample.note else "",
    ]
    return f"{head} {'  '.join(filter(None, parts))}"


def begin(options: Options) -> Results:
    """The results to go on with; those of something else, or all if `fresh`, are put aside first."""
    options.results.parent.mkdir(parents=True, exist_ok=True)
    machine, known = this_machine(), versions(rehearse=options.rehearse)
    if options.fresh:
        put_aside(options)
    try:
        return samples.start(options.results, machine, known)
    except samples.ResultsError as error:
        options.line(str(error))
        put_aside(options)
        return samples.start(options.results, machine, known)


def put_aside(options: Options) -> None:
    """Moves the file of results out of the way, if there is one, to where it is found again."""
    with suppress(FileNotFoundError):
        aside = options.aside / f"results-{time.time_ns() // 10**9}.json"
        aside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(options.results, aside)
        options.results.unlink()
        options.line(f"the results that were there are in {aside}")


def versions(*, rehearse: bool = False) -> dict[str, str]:
    """Of all that is measured, by name; penstock's is the last commit that made other numbers."""
    plane = {name: tool(name).version for name in CONTROL_PLANE}
    return {
        "penstock": _commit(),
        **peers.versions(),
        **plane,
        **({"rehearsal": "in small"} if rehearse else {}),
    }


def _commit() -> str:
    paths = (*_MEASURED, *_MEASURES)
    commit = _git("log", "-1", "--format=%h", "--", *paths)
    return commit + (" with changes" if _git("status", "--porcelain", "--", *paths) else "")


def _git(*arguments: str) -> str:
    bounds = Bounds(Deadline.after(SystemClock(), _GIT_S), _GIT_BYTES)
    done = run_process(["git", *arguments], bounds, env=environment({}), cwd=ROOT)
    assert not done.code, done.stderr
    return done.stdout.decode().strip()
