"""The raw samples of a run, and the file that keeps them: `bench/results.json`.

A sample is one round of one phase by one peer. Absent numbers are null: what was not measured, or what a
phase does not have (nothing is applied by an interval check). Samples are added one by one, each wholly or
not at all, so that a run that was cut off goes on where it stopped.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from penstock.base.errors import Terminal
from penstock.base.files import read_text
from penstock.queue.files import write_durably

FORMAT = 1
RESULTS = Path(__file__).parent / "results.json"
"""The run that docs/performance.md tells of."""
_MOST_BYTES = 64 * 1024 * 1024

Number = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Text = Annotated[str, Meta(min_length=1)]


class ResultsError(Terminal):
    """The file of results cannot be used as it is."""

    reason = "InvalidResults"


class NoResults(ResultsError):
    """There is no file of results yet."""


class Fleet(StrEnum):
    """Kustomizations by objects of each; a dependsOn chain of ten; one repository of 10,000 files."""

    F100X10 = "100x10"
    F1X1000 = "1x1000"
    F1000X2 = "1000x2"
    CHAIN10 = "chain10"
    MONOREPO10K = "monorepo10k"


class Phase(StrEnum):
    """What is asked of a peer."""

    INSTALL = "install"
    ONE_FILE = "one-file"
    ALL_FILES = "all-files"
    FORCED_CHECK = "forced-check"
    INTERVAL_CHECK = "interval-check"
    DELETE = "delete"
    COLD = "cold"


class Peer(StrEnum):
    """Who is asked."""

    FLUX = "flux"
    PENSTOCK = "penstock"


class Flags(StrEnum):
    """How the peer was started; penstock has defaults only."""

    DEFAULT = "default"
    TUNED = "tuned"


class Key(msgspec.Struct, frozen=True):
    """Which sample it is; there is one of each."""

    fleet: Fleet
    phase: Phase
    peer: Peer
    flags: Flags
    round: int

    def __str__(self) -> str:
        return f"{self.fleet} {self.phase} {self.peer} {self.flags} round {self.round}"


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What stands in the file: no other field is taken."""


class Sample(_Record, frozen=True, kw_only=True):
    """One round, counted from 1. `_s` are seconds, `bytes` were fetched, `peak_rss` is in bytes.

    `wall_s` ends when all is as asked, `applied_s` when the changed object is; `cpu_s` is that of the peer's
    own processes, `peak_rss` of all of them together, what they share counted once; `requests` those it made
    of the API server. `bound`: it was stopped, its numbers are the least they would have become; only
    `applied_s` is exact, and null if nothing was applied until then. `unsupported`: what the peer answered to
    a phase that it cannot do.
    """

    fleet: Fleet
    phase: Phase
    peer: Peer
    flags: Flags
    round: Annotated[int, Meta(ge=1)]
    wall_s: Number | None
    applied_s: Number | None
    cpu_s: Number | None
    apiserver_cpu_s: Number | None
    requests: Count | None
    bytes: Count | None
    peak_rss: Count | None
    etcd_cpu_s: Number | None = None
    git_cpu_s: Number | None = None
    requests_by_agent: Mapping[str, Count] = msgspec.field(default_factory=dict)
    bound: bool = False
    unsupported: str = ""
    note: str = ""

    @property
    def key(self) -> Key:
        """Which sample it is."""
        return Key(self.fleet, self.phase, self.peer, self.flags, self.round)


class Machine(_Record, frozen=True, kw_only=True):
    """What it was measured on; `memory` in bytes."""

    cpus: Annotated[int, Meta(ge=1)]
    model: str
    memory: Count
    kernel: str
    python: str


class Floor(_Record, frozen=True, kw_only=True):
    """What this machine needs at least: the median of `times` in seconds, of the fetch that of `fetches`.

    A metadata-only list of `list_objects` ConfigMaps (`list_bytes` long), one server-side dry-run, one apply,
    one shallow fetch of the repository by git.
    """

    list_s: Number
    list_objects: Count
    list_bytes: Count
    dry_run_s: Number
    apply_s: Number
    fetch_s: Number
    times: Annotated[int, Meta(ge=1)]
    fetches: Annotated[int, Meta(ge=1)]


class Step(_Record, frozen=True, kw_only=True):
    """A moment in the time line of one push: seconds after it, and what was seen."""

    peer: Peer
    at_s: Number
    what: Text


class Results(_Record, frozen=True, kw_only=True):
    """A whole run. `versions`: penstock's commit, Flux's controllers, kube-apiserver, etcd, by name."""

    format: int = FORMAT
    machine: Machine
    versions: Mapping[str, str]
    floor: Floor | None = None
    samples: tuple[Sample, ...] = ()
    timelines: tuple[Step, ...] = ()


def done(results: Results, key: Key) -> bool:
    """Whether this sample is there already."""
    return any(sample.key == key for sample in results.samples)


def start(path: Path, machine: Machine, versions: Mapping[str, str]) -> Results:
    """The run to go on with: a new one if there is none; ResultsError if it was of something else."""
    try:
        found = load(path)
    except NoResults:
        made = Results(machine=machine, versions=dict(versions))
        save(path, made)
        return made
    if found.machine != machine or dict(found.versions) != dict(versions):
        raise ResultsError(
            f"{path} holds a run on another machine or of other versions, which cannot be mixed with this "
            "one: move it away to begin anew"
        )
    return found


def append(path: Path, sample: Sample) -> Results:
    """The run with one more sample, already in the file. ResultsError if that one is there already."""
    results = load(path)
    if done(results, sample.key):
        raise ResultsError(f"{path} has a sample of {sample.key} already: ask `done` before measuring")
    return save(path, msgspec.structs.replace(results, samples=(*results.samples, sample)))


def with_floor(path: Path, floor: Floor) -> Results:
    """The run with this floor, already in the file."""
    return save(path, msgspec.structs.replace(load(path), floor=floor))


def with_timeline(path: Path, peer: Peer, steps: tuple[Step, ...]) -> Results:
    """The run with this time line of the peer in place of what it had, already in the file."""
    results = load(path)
    others = tuple(step for step in results.timelines if step.peer is not peer)
    return save(path, msgspec.structs.replace(results, timelines=(*others, *steps)))


def load(path: Path = RESULTS) -> Results:
    """The run in the file. NoResults, or ResultsError that names the place and the remedy."""
    try:
        text = read_text(path, _MOST_BYTES)
    except FileNotFoundError:
        raise NoResults(f"there are no results at {path} yet: `make bench` measures them") from None
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path} cannot be read: {error}") from None
    return parse(text, str(path))


def parse(text: str, place: str) -> Results:
    """The run in a text; ResultsError names `place` and the field that is wrong."""
    try:
        results = msgspec.json.decode(text, type=Results)
    except msgspec.DecodeError as error:
        raise ResultsError(
            f"{place} holds no results: {error}; mend it, or move it away and measure again"
        ) from None
    if results.format != FORMAT:
        raise ResultsError(
            f"{place} is of format {results.format}, this is for {FORMAT}: use the commit that wrote it"
        )
    keys = [sample.key for sample in results.samples]
    twice = next((key for number, key in enumerate(keys) if key in keys[:number]), None)
    if twice is not None:
        raise ResultsError(f"{place} has two samples of {twice}: remove one")
    return results


def save(path: Path, results: Results) -> Results:
    """Replaces the file by this run, wholly or not at all; gives what a reader now finds."""
    text = render(results)
    found = parse(text, str(path))
    write_durably(path, text.encode(), path.with_name(f".{path.name}.new"))
    return found


def render(results: Results) -> str:
    """The text of the file: a line for each sample, so that a change of one is a change of one line."""
    names = ("format", "machine", "versions", "floor")
    lines = [f'"{name}": {_json(getattr(results, name))}' for name in names]
    for name in ("samples", "timelines"):
        rows = ",\n  ".join(_json(one) for one in getattr(results, name))
        lines.append(f'"{name}": [{f"{chr(10)}  {rows}{chr(10)} " if rows else ""}]')
    return "{" + ",\n ".join(lines) + "}\n"


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
