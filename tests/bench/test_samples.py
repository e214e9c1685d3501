"""The file of results: read with a check, written whole, one sample after the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.machine import model_of, this_machine
from bench.samples import (
    Flags,
    Fleet,
    Floor,
    Key,
    NoResults,
    Peer,
    Phase,
    ResultsError,
    Sample,
    Step,
    append,
    done,
    load,
    parse,
    render,
    save,
    start,
    with_floor,
    with_timeline,
)
from tests.bench.made_up import MACHINE, results, sample

if TYPE_CHECKING:
    from pathlib import Path

_VERSIONS = {"penstock": "abc1234", "etcd": "3.7.3"}
_FLOOR = Floor(
    list_s=0.015, list_objects=1000, list_bytes=643000, dry_run_s=0.002, apply_s=0.002, fetch_s=0.1,
    times=50, fetches=10,
)  # fmt: skip
_FIELDS = [
    *("fleet", "phase", "peer", "flags", "round"),
    *("wall_s", "applied_s", "cpu_s", "apiserver_cpu_s", "requests", "bytes", "peak_rss"),
]

_numbers = st.none() | st.floats(0, 1e6, allow_nan=False)
_counts = st.none() | st.integers(0, 2**40)
_samples = st.builds(
    Sample,
    fleet=st.sampled_from(Fleet),
    phase=st.sampled_from(Phase),
    peer=st.sampled_from(Peer),
    flags=st.sampled_from(Flags),
    round=st.integers(1, 9),
    wall_s=_numbers,
    applied_s=_numbers,
    cpu_s=_numbers,
    apiserver_cpu_s=_numbers,
    requests=_counts,
    bytes=_counts,
    peak_rss=_counts,
    etcd_cpu_s=_numbers,
    git_cpu_s=_numbers,
    requests_by_agent=st.dictionaries(st.text(), st.integers(0, 9), max_size=2),
    bound=st.booleans(),
    unsupported=st.text(max_size=9),
    note=st.text(max_size=9),
)


@given(st.lists(_samples, unique_by=lambda one: one.key, max_size=5))
def test_what_is_written_is_read_again(samples: list[Sample]) -> None:
    run = results(*samples, floor=_FLOOR, timelines=(Step(peer=Peer.FLUX, at_s=0.5, what="fetched"),))
    assert parse(render(run), "here") == run


def test_a_sample_is_one_line_with_the_fields_of_the_contract_and_null_for_what_is_absent() -> None:
    text = render(results(sample(wall_s=1.5), sample(round=2)))
    lines = [line.strip(" ,") for line in text.splitlines() if '"round"' in line]
    assert len(lines) == 2
    first = json.loads(lines[0])
    assert list(first) == _FIELDS
    assert first["wall_s"] == 1.5
    assert first["applied_s"] is None


def test_a_run_begins_grows_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    assert start(path, MACHINE, _VERSIONS).samples == ()
    key = Key(Fleet.F100X10, Phase.ONE_FILE, Peer.FLUX, Flags.DEFAULT, 1)
    assert not done(load(path), key)
    assert done(append(path, sample(wall_s=33.0)), key)
    again = start(path, MACHINE, _VERSIONS)
    assert done(again, key)
    assert not done(again, msgspec.structs.replace(key, round=2))
    assert [one.wall_s for one in append(path, sample(round=2, wall_s=34.0)).samples] == [33.0, 34.0]
    assert load(path).samples == append(path, sample("penstock")).samples[:2]
    assert [one.name for one in tmp_path.iterdir()] == ["results.json"]


def test_a_sample_that_is_there_is_not_measured_twice(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    save(path, results(sample()))
    before = path.read_bytes()
    with pytest.raises(ResultsError, match="100x10 one-file flux default round 1 already"):
        append(path, sample(wall_s=1.0))
    assert path.read_bytes() == before


def test_a_number_that_cannot_be_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    save(path, results(sample()))
    before = path.read_bytes()
    with pytest.raises(ResultsError, match="wall_s"):
        append(path, sample(round=2, wall_s=-1.0))
    assert path.read_bytes() == before


@pytest.mark.parametrize("change", [{"machine": {"cpus": 4}}, {"versions": {"penstock": "def5678"}}])
def test_a_run_is_not_mixed_with_another(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "results.json"
    start(path, MACHINE, _VERSIONS)
    machine = msgspec.structs.replace(MACHINE, **change.get("machine", {}))
    with pytest.raises(ResultsError, match="move it away to begin anew"):
        start(path, machine, _VERSIONS | change.get("versions", {}))


def test_floor_and_time_lines_are_kept_beside_the_samples(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    save(path, results(sample()))
    with_floor(path, _FLOOR)
    with_timeline(path, Peer.FLUX, (Step(peer=Peer.FLUX, at_s=0.1, what="old"),))
    with_timeline(path, Peer.PENSTOCK, (Step(peer=Peer.PENSTOCK, at_s=0.1, what="applied"),))
    with_timeline(path, Peer.FLUX, (Step(peer=Peer.FLUX, at_s=2.0, what="applied"),))
    run = load(path)
    assert run.floor == _FLOOR
    assert [(step.peer, step.at_s) for step in run.timelines] == [("penstock", 0.1), ("flux", 2.0)]
    assert run.samples == (sample(),)


def test_no_results_say_how_to_get_some(tmp_path: Path) -> None:
    with pytest.raises(NoResults, match=r"results\.json yet: `make bench` measures them"):
        load(tmp_path / "results.json")


_ONE = json.loads(render(results(sample())))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "here holds no results"),
        ('{"format": 1', "here holds no results"),
        (json.dumps(_ONE | {"format": 2}), "here is of format 2, this is for 1"),
        (json.dumps(_ONE | {"more": 1}), "`more`"),
        (json.dumps(_ONE | {"samples": _ONE["samples"] * 2}), "two samples of 100x10 one-file flux default"),
        (json.dumps(_ONE | {"samples": [_ONE["samples"][0] | {"fleet": "2x2"}]}), r"\$.samples\[0\].fleet"),
        (json.dumps(_ONE | {"samples": [_ONE["samples"][0] | {"round": 0}]}), r"\$.samples\[0\].round"),
        (json.dumps(_ONE | {"samples": [{"fleet": "100x10"}]}), "phase"),
        (json.dumps(_ONE | {"samples": [_ONE["samples"][0] | {"wall": 1}]}), "`wall`"),
    ],
)
def test_what_is_wrong_with_a_file_is_named_by_its_place(text: str, told: str) -> None:
    with pytest.raises(ResultsError, match=told) as caught:
        parse(text, "here")
    assert str(caught.value).startswith("here ")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ResultsError, match=r"results\.json cannot be read: it is no text"):
        load(tmp_path / "results.json")


def test_the_machine_says_what_it_is() -> None:
    machine = this_machine()
    assert machine.cpus >= 1
    assert machine.memory > 1024**2
    assert all((machine.model, machine.kernel, machine.python))


def test_a_processor_is_called_by_the_first_name_in_the_systems_list() -> None:
    assert model_of("processor\t: 0\nmodel name\t: Abacus 3000\nmodel name\t: Other\n") == "Abacus 3000"
    assert model_of("processor\t: 0\nmodel name\t:\n")
