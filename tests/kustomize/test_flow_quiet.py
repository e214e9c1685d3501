"""Looks that find nothing changed: no build and no dry-run, and nothing missed for it (decision 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal, Transient
from penstock.cluster.errors import Forbidden

from tests.kustomize.builders import changed, config_map, crd, make
from tests.kustomize.world import APPS, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.cluster import Call
from tests.kustomize.quietly import FILES, QUIET, A, B, C, cost_of, later, run_cost

LISTED = 100
"""Kustomizations in one list."""
ONE = (1, 1)


def test_a_look_that_finds_nothing_changed_lists_and_tries_nothing(quiet: World) -> None:
    assert run_cost(quiet) == QUIET
    assert [call.ref.kind for call in quiet.cluster.calls if call.verb == "list"] == [
        "Kustomization",
        "ConfigMap",
    ]
    assert quiet.cluster.writes() == ()
    (event,) = quiet.events.seen
    assert event.message.startswith("Reconciliation finished in ")


def test_a_spec_that_changed_while_the_last_run_was_writing_is_built(world: World) -> None:
    world.be_quiet()
    world.add()
    world.push({"apps/a.yaml": A, "new/b.yaml": B})

    def edit(call: Call) -> bool:
        if call.verb == "apply" and not call.dry_run and world.get()["spec"]["path"] != "new":
            world.patch(APPS, {"spec": {"path": "new"}})
        return False

    world.cluster.fail(Transient("never"), edit)
    assert world.one().changes == ("ConfigMap/default/a created",)
    assert world.one().changes == ("ConfigMap/default/b created", "ConfigMap/default/a deleted")


def test_another_revision_with_the_same_files_is_moved_to_by_one_patch(quiet: World) -> None:
    revision = quiet.push({**FILES, "README": "second"})
    assert run_cost(quiet) == QUIET
    assert quiet.condition()[2] == f"Applied revision: {revision}"
    (patch,) = quiet.status_writes()
    assert patch["status"]["lastAppliedRevision"] == revision
    assert "inventory" not in patch["status"]
    assert len(quiet.inventory()) == 2


def test_a_quiet_look_says_what_a_full_pass_says() -> None:
    told = []
    for be_quiet in (True, False):
        world = World()
        if be_quiet:
            world.be_quiet()
        world.add()
        for readme in ("first", "second"):
            world.push({**FILES, "README": readme})
            assert world.one().ok
            later(world)
        told.append((world.status(), world.records.read(APPS), [run for _, run in world.runs.newest(APPS)]))
    assert told[0] == told[1]


def _edit(world: World) -> None:
    world.patch(ObjectRef.from_object(A), {"data": {"x": "by hand"}})


def _relabel(world: World) -> None:
    world.patch(
        ObjectRef.from_object(A), {"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "other"}}}
    )


def _delete(world: World) -> None:
    world.cluster.delete(ObjectRef.from_object(A), uid=None)


def _make_anew(world: World) -> None:
    found = world.get(ObjectRef.from_object(A))
    world.cluster.delete(ObjectRef.from_object(A), uid=None)
    meta = {key: found["metadata"][key] for key in ("name", "namespace", "labels")}
    world.cluster.seed({**found, "metadata": meta})


@pytest.mark.parametrize("drift", [_edit, _relabel, _delete])
def test_an_object_that_was_changed_by_hand_is_put_right_at_the_next_look(
    quiet: World, drift: Callable[[World], None]
) -> None:
    drift(quiet)
    later(quiet)
    assert run_cost(quiet) == ONE
    assert [call for call in quiet.effects() if "ConfigMap" in call] == ["apply ConfigMap/default/a"]
    assert quiet.get(ObjectRef.from_object(A))["data"] == {"x": "1"}
    later(quiet)
    assert run_cost(quiet) == QUIET


def test_an_object_that_was_made_anew_is_tried(quiet: World) -> None:
    _make_anew(quiet)
    later(quiet)
    assert run_cost(quiet) == ONE


def test_what_only_a_status_says_is_no_change(quiet: World) -> None:
    quiet.patch(ObjectRef.from_object(A), {"status": {"seen": "often"}}, "status")
    later(quiet)
    assert run_cost(quiet) == QUIET


@pytest.mark.parametrize(
    ("files", "change", "cost"),
    [
        ({**FILES, "apps/a.yaml": changed(A, x="2")}, "a configured", (1, 1)),
        ({**FILES, "apps/c.yaml": C}, "c created", (1, 1)),
        ({"apps/a.yaml": A, "README": "first"}, "b deleted", (1, 0)),
    ],
)
def test_files_that_the_build_looked_at_are_built_and_what_changes_by_them_is_tried(
    quiet: World, files: dict[str, Any], change: str, cost: tuple[int, int]
) -> None:
    quiet.push(files)
    quiet.builder.paths.clear()
    assert quiet.one().changes == (f"ConfigMap/default/{change}",)
    assert cost_of(quiet) == cost
    later(quiet)
    assert run_cost(quiet) == QUIET


def test_a_secret_is_tried_whenever_something_else_changes(world: World) -> None:
    """What it was applied from is not kept: a digest would help to guess it."""
    world.be_quiet()
    world.add()
    files: dict[str, Any] = {"apps/a.yaml": A, "apps/s.yaml": make("v1", "Secret", "s", "default")}
    world.push(files)
    assert world.one().ok
    later(world)
    world.push({**files, "apps/c.yaml": C})
    assert world.one().changes == ("ConfigMap/default/c created",)
    assert cost_of(world)[1] == 2


def _of_many(call: Call) -> bool:
    return call.verb == "list" and call.ref.kind == "ConfigMap"


def test_objects_that_cannot_be_listed_with_others_are_listed_by_themselves(quiet: World) -> None:
    """As where penstock has rights in some namespaces only."""
    quiet.cluster.fail(Forbidden("no", status=403), _of_many, once=True)
    assert run_cost(quiet) == (1, 0)
    assert sum(_of_many(call) for call in quiet.cluster.calls) == 2


def test_an_entry_of_the_inventory_that_is_not_built_is_pruned(quiet: World) -> None:
    entries = [{"id": f"default_{name}__ConfigMap", "v": "v1"} for name in "abz"]
    quiet.patch(APPS, {"status": {"inventory": {"entries": entries}}}, "status")
    later(quiet)
    assert run_cost(quiet) == (1, 0)
    assert len(quiet.inventory()) == 2


def test_kinds_of_all_stages_can_be_quiet(world: World) -> None:
    world.be_quiet()
    world.add()
    things = [
        crd(),
        make("example.com/v1", "Widget", "w", "team"),
        make("v1", "Namespace", "team"),
        make("storage.k8s.io/v1", "StorageClass", "fast"),
        make("v1", "Secret", "s", "team", data={"x": "eA=="}),
    ]
    world.push({"apps/all.yaml": things})
    assert world.one().ok
    later(world)
    assert run_cost(world) == QUIET


def test_what_has_changed_is_applied_before_the_rest_is_moved_on(world: World) -> None:
    world.be_quiet()
    names = [f"k{n}" for n in range(6)]
    files: dict[str, Any] = {f"{name}/x.yaml": config_map(name, data={"x": "1"}) for name in names}
    for name in names:
        world.add(name)
        world.clock.move(1)
    world.push(files)
    world.run()
    later(world)
    world.push({**files, "k4/x.yaml": config_map("k4", data={"x": "2"})})
    assert all(outcome.ok for outcome in world.run())
    writes = (call for call in world.cluster.writes() if call.ref.kind == "Kustomization")
    patched = [call.ref.name for call in writes if call.subresource == "status"]
    assert patched[:2] == ["k4", "k4"]
    assert sorted(patched[2:]) == [name for name in names if name != "k4"]
    assert world.effects() == ["apply ConfigMap/default/k4"]


def test_one_list_serves_many(world: World) -> None:
    world.be_quiet()
    names = [f"k{n:03}" for n in range(LISTED + 2)]
    files: dict[str, Any] = {f"{name}/x.yaml": config_map(name, data={"x": "1"}) for name in names}
    for name in names:
        world.add(name)
    world.push(files)
    world.run()
    later(world)
    _edit_of(world, names[-1])
    later(world)
    assert len(world.run()) == len(names)
    assert sum(_of_many(call) for call in world.cluster.calls) == 3
    assert world.effects() == [f"apply ConfigMap/default/{names[-1]}"]


def _edit_of(world: World, name: str) -> None:
    world.patch(ObjectRef.from_object(config_map(name)), {"data": {"x": "by hand"}})


def test_a_list_is_not_trusted_for_long(world: World) -> None:
    """Who comes to its turn late in a long run sees what was changed meanwhile."""
    world.be_quiet()
    files: dict[str, Any] = {f"k{n}/x.yaml": config_map(f"k{n}", data={"x": "1"}) for n in range(2)}
    for name in ("k0", "k1"):
        world.add(name)
        world.clock.move(1)
    world.push(files)
    world.run()
    later(world)
    world.push({**files, "README": "second"})
    edited: list[bool] = []

    def slow(call: Call) -> bool:
        if call.subresource == "status" and not edited:
            edited.append(True)
            world.clock.move(6)
            _edit_of(world, "k1")
        return False

    world.cluster.fail(Terminal("never"), slow)
    world.run()
    assert world.effects() == ["patch ConfigMap/default/k1", "apply ConfigMap/default/k1"]


def test_a_damaged_artifact_is_still_found_out(quiet: World) -> None:
    (entry,) = [one for one in quiet.bucket.list("") if one.key.endswith(".tar.gz")]
    quiet.bucket.put(entry.key, b"damaged")
    outcome = quiet.one()
    assert (outcome.ok, outcome.reason) == (False, "ArtifactFailed")
