from __future__ import annotations

import pytest
import yaml

from bench import fleets
from bench.fleets import SHAPES, Shape
from bench.samples import Fleet

CHAIN = SHAPES[Fleet.CHAIN10].rehearsed()
SMALL = Shape(Fleet.F100X10, 5, 3)


@pytest.mark.parametrize(
    ("name", "kustomizations", "objects", "files"),
    [
        (Fleet.F100X10, 100, 1000, 1100),
        (Fleet.F1X1000, 1, 1000, 1001),
        (Fleet.F1000X2, 1000, 2000, 3000),
        (Fleet.CHAIN10, 10, 100, 110),
        (Fleet.MONOREPO10K, 10, 100, 10_000),
    ],
)
def test_a_fleet_has_the_size_of_its_name(name: Fleet, kustomizations: int, objects: int, files: int) -> None:
    shape = SHAPES[name]
    change = fleets.first_files(shape)
    assert len(fleets.consumers(shape, "ns")) == kustomizations
    assert len({one.name for one in change.things}) == shape.size == objects
    assert len(change.files) == files


def test_a_manifest_has_20_lines_and_the_name_of_its_object() -> None:
    change = fleets.first_files(SMALL)
    for one in change.things:
        text = change.files[one.path]
        assert len(text.splitlines()) == 20
        found = yaml.safe_load(text)
        assert (found["kind"], found["metadata"]["name"]) == ("ConfigMap", one.name)
        assert all(isinstance(value, str) for value in found["data"].values())


def test_each_kustomization_lists_the_files_of_its_folder() -> None:
    change = fleets.first_files(SMALL)
    for owner in fleets.kustomizations(SMALL):
        listed = yaml.safe_load(change.files[f"apps/{owner}/kustomization.yaml"])["resources"]
        owned = [one.path for one in change.things if one.kustomization == owner]
        assert [f"apps/{owner}/{name}" for name in listed] == owned


def test_one_file_is_the_one_that_the_seed_chooses_and_differs_from_every_edition_before() -> None:
    first = fleets.one_file(SMALL, {}, seed=7)
    again = fleets.one_file(SMALL, first.editions, seed=7)
    (path,) = first.files
    texts = {fleets.first_files(SMALL).files[path], first.files[path], again.files[path]}
    assert (first.things, len(texts)) == (again.things, 3)
    assert {fleets.one_file(SMALL, {}, seed).things for seed in range(50)} > {first.things}


def test_all_files_change_in_every_manifest_also_after_one_was_ahead() -> None:
    ahead = fleets.one_file(SMALL, {}, seed=1)
    change = fleets.all_files(SMALL, ahead.editions)
    before = {**fleets.first_files(SMALL).files, **ahead.files}
    assert set(change.files) == {one.path for one in change.things}
    assert len(change.things) == SMALL.size
    assert all(before[path] != text for path, text in change.files.items())


def test_a_chain_depends_link_by_link_and_changes_at_its_end() -> None:
    specs = [one["spec"] for one in fleets.consumers(CHAIN, "ns")]
    names = fleets.kustomizations(CHAIN)
    assert [spec.get("dependsOn") for spec in specs] == [None, *([{"name": name}] for name in names[:-1])]
    assert {fleets.one_file(CHAIN, {}, seed).things[0].kustomization for seed in range(20)} == {names[-1]}
    assert all("dependsOn" not in one["spec"] for one in fleets.consumers(SMALL, "ns"))


def test_the_flux_objects_apply_into_their_own_namespace_and_are_looked_at_once_an_hour() -> None:
    made = (fleets.source("ns", "http://127.0.0.1/x.git"), *fleets.consumers(SMALL, "ns"))
    assert {one["metadata"]["namespace"] for one in made} == {"ns"}
    assert {one["spec"]["interval"] for one in made} == {"60m"}
    assert {one["spec"]["targetNamespace"] for one in made[1:]} == {"ns"}
    assert {(one["spec"]["wait"], one["spec"]["prune"]) for one in made[1:]} == {(False, True)}


def test_a_rehearsal_keeps_the_kind_of_a_fleet() -> None:
    small = {name: shape.rehearsed() for name, shape in SHAPES.items()}
    assert [(one.kustomizations, one.objects) for one in small.values()] == [
        (5, 2),
        (1, 50),
        (2, 2),
        (2, 2),
        (50, 2),
    ]
    assert small[Fleet.CHAIN10].chained
    assert small[Fleet.MONOREPO10K].unused_files == 494
