"""Looks that find nothing changed: no build and no dry-run, and nothing missed for it (decision 3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal, Transient
from penstock.base.limits import Limits
from penstock.cluster.errors import Forbidden

from tests.kustomize.builders import changed, config_map, crd, make
from tests.kustomize.world import APPS, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.cluster import Call

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")
FILES: dict[str, Any] = {"apps/a.yaml": A, "apps/b.yaml": B, "README": "first"}
BASELINE = "baselines/11111111-2222-3333-4444-555555555555/Kustomization/flux-system/apps.json"
LISTED = 100
"""Kustomizations in one list."""


@pytest.fixture
def quiet(world: World) -> World:
    """A Kustomization that was applied once, looked at ten minutes later."""
    world.be_quiet()
    world.add()
    world.push(FILES)
    assert world.one().ok
    _later(world)
    return world


def _later(world: World, seconds: float = 601) -> None:
    world.forget()
    world.clock.move(seconds - 3600)


def _cost(world: World) -> tuple[int, int]:
    """Builds, and dry-runs."""
    dry_runs = sum(call.dry_run for call in world.cluster.calls)
    return len(world.builder.paths), dry_runs


def _run(world: World) -> tuple[int, int]:
    """What one look costs that has to go well."""
    world.builder.paths.clear()
    assert world.one().ok
    return _cost(world)


QUIET = (0, 0)
ONE = (1, 1)
FULL = (1, 2)


def test_a_look_that_finds_nothing_changed_lists_and_tries_nothing(quiet: World) -> None:
    assert _run(quiet) == QUIET
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
    assert _run(quiet) == QUIET
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
            _later(world)
        told.append((world.status(), world.records.read(APPS), [run for _, run in world.runs.newest(APPS)]))
    assert told[0] == told[1]


def _edit(world: World) -> None:
    world.patch(_ref(A), {"data": {"x": "by hand"}})


def _relabel(world: World) -> None:
    world.patch(_ref(A), {"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "other"}}})


def _delete(world: World) -> None:
    world.cluster.delete(_ref(A), uid=None)


def _make_anew(world: World) -> None:
    found = world.get(_ref(A))
    world.cluster.delete(_ref(A), uid=None)
    meta = {key: found["metadata"][key] for key in ("name", "namespace", "labels")}
    world.cluster.seed({**found, "metadata": meta})


@pytest.mark.parametrize("drift", [_edit, _relabel, _delete])
def test_an_object_that_was_changed_by_hand_is_put_right_at_the_next_look(
    quiet: World, drift: Callable[[World], None]
) -> None:
    drift(quiet)
    _later(quiet)
    assert _run(quiet) == ONE
    assert [call for call in quiet.effects() if "ConfigMap" in call] == ["apply ConfigMap/default/a"]
    assert quiet.get(_ref(A))["data"] == {"x": "1"}
    _later(quiet)
    assert _run(quiet) == QUIET


def test_an_object_that_was_made_anew_is_tried(quiet: World) -> None:
    _make_anew(quiet)
    _later(quiet)
    assert _run(quiet) == ONE


def test_what_only_a_status_says_is_no_change(quiet: World) -> None:
    quiet.patch(_ref(A), {"status": {"seen": "often"}}, "status")
    _later(quiet)
    assert _run(quiet) == QUIET


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
    assert _cost(quiet) == cost
    _later(quiet)
    assert _run(quiet) == QUIET


def test_changes_that_are_pushed_all_the_time_put_off_no_full_pass(quiet: World) -> None:
    for value in range(5):
        quiet.push({**FILES, "apps/a.yaml": changed(A, x=f"v{value}")})
        assert quiet.one().changes
        _later(quiet, 500)
    dry_runs = []
    for value in range(5):
        quiet.push({**FILES, "apps/a.yaml": changed(A, x=f"w{value}")})
        assert quiet.one().changes
        dry_runs.append(_cost(quiet)[1])
        _later(quiet, 500)
    assert dry_runs.count(2) == 1
    assert set(dry_runs) == {1, 2}


def test_a_secret_is_tried_whenever_something_else_changes(world: World) -> None:
    """What it was applied from is not kept: a digest would help to guess it."""
    world.be_quiet()
    world.add()
    files: dict[str, Any] = {"apps/a.yaml": A, "apps/s.yaml": make("v1", "Secret", "s", "default")}
    world.push(files)
    assert world.one().ok
    _later(world)
    world.push({**files, "apps/c.yaml": C})
    assert world.one().changes == ("ConfigMap/default/c created",)
    assert _cost(world)[1] == 2


def _respec(world: World) -> None:
    world.patch(APPS, {"spec": {"interval": "9m"}})


def _other_helper(world: World) -> None:
    world.builder.made_of = "another kustomize"


def _other_settings(world: World) -> None:
    world.ports = replace(world.ports, refused_kinds=("Pod",))


def _other_limits(world: World) -> None:
    world.ports = replace(world.ports, limits=Limits(build_objects=7))


def _lost(world: World) -> None:
    world.bucket.delete(BASELINE)


def _damaged(world: World) -> None:
    world.bucket.put(BASELINE, b'{"at": 7}')


def _without_a_time(world: World) -> None:
    data = (world.bucket.get(BASELINE) or (b"",))[0]
    world.bucket.put(BASELINE, data.replace(b'"at":"2030', b'"at":"soon'))


def _failed(world: World) -> None:
    ready = {"type": "Ready", "status": "False", "reason": "ReconciliationFailed", "message": "no"}
    _say(world, ready)


def _cut_off(world: World) -> None:
    _say(world, {"type": "Reconciling", "status": "True", "reason": "Progressing", "message": "doing"})


def _say(world: World, condition: dict[str, Any]) -> None:
    kept = [one for one in world.status()["conditions"] if one["type"] != condition["type"]]
    stamp = {"lastTransitionTime": "2030-01-01T00:00:00Z", "observedGeneration": 1}
    world.patch(APPS, {"status": {"conditions": [*kept, {**condition, **stamp}]}}, "status")


def _of_many(call: Call) -> bool:
    return call.verb == "list" and call.ref.kind == "ConfigMap"


@pytest.mark.parametrize(
    "differs",
    [
        _respec,
        _other_helper,
        _other_settings,
        _other_limits,
        _lost,
        _damaged,
        _without_a_time,
        _failed,
        _cut_off,
    ],
)
def test_whatever_else_differs_makes_a_full_pass_and_the_next_look_is_quiet(
    quiet: World, differs: Callable[[World], None]
) -> None:
    differs(quiet)
    _later(quiet)
    assert _run(quiet) == FULL
    assert quiet.effects() == []
    _later(quiet)
    assert _run(quiet) == QUIET


def test_objects_that_cannot_be_listed_with_others_are_listed_by_themselves(quiet: World) -> None:
    """As where penstock has rights in some namespaces only."""
    quiet.cluster.fail(Forbidden("no", status=403), _of_many, once=True)
    assert _run(quiet) == (1, 0)
    assert sum(_of_many(call) for call in quiet.cluster.calls) == 2


def test_an_entry_of_the_inventory_that_is_not_built_is_pruned(quiet: World) -> None:
    entries = [{"id": f"default_{name}__ConfigMap", "v": "v1"} for name in "abz"]
    quiet.patch(APPS, {"status": {"inventory": {"entries": entries}}}, "status")
    _later(quiet)
    assert _run(quiet) == (1, 0)
    assert len(quiet.inventory()) == 2


def test_a_cluster_that_took_the_others_place_is_applied_to_in_full(quiet: World) -> None:
    quiet.cluster.uid = "22222222-2222-3333-4444-555555555555"
    assert _run(quiet) == FULL


def test_a_full_pass_is_made_now_and_then(quiet: World) -> None:
    quiet.clock.move(3600)
    assert _run(quiet) == FULL
    _later(quiet)
    assert _run(quiet) == QUIET
    assert not [line for line in quiet.logged() if "quiet looks had missed" in line["message"]]


def test_a_clock_that_was_set_back_makes_a_full_pass(quiet: World) -> None:
    quiet.clock.set_back(86_400)
    assert _run(quiet) == FULL


def test_a_full_pass_that_finds_what_quiet_looks_missed_says_so(quiet: World) -> None:
    """As when an admission webhook began to change what is applied."""
    webhook = {"metadata": {"annotations": {"injected": "yes"}}}
    apply = quiet.cluster.apply

    def mutated(obj: Any, **how: Any) -> Any:
        return apply({**obj, "metadata": {**obj["metadata"], **webhook["metadata"]}}, **how)

    quiet.ports = replace(quiet.ports, cluster=_Mutating(quiet.cluster, mutated))
    assert _run(quiet) == QUIET
    quiet.clock.move(3600)
    assert quiet.one().changes
    (line,) = [line for line in quiet.logged() if "quiet looks had missed" in line["message"]]
    assert (line["object"], line["changes"]) == ("Kustomization/flux-system/apps", 2)


class _Mutating:
    """The cluster with an admission webhook that changes every apply."""

    def __init__(self, cluster: Any, apply: Callable[..., Any]) -> None:
        self._cluster = cluster
        self.apply = apply

    def within(self, _deadline: object) -> _Mutating:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)


def test_a_namespace_that_is_being_deleted_is_not_passed_over(world: World) -> None:
    world.be_quiet()
    world.add()
    world.push({"apps/n.yaml": make("v1", "Namespace", "team")})
    assert world.one().ok
    world.patch(ObjectRef("", "v1", "Namespace", "", "team"), {"metadata": {"finalizers": ["x"]}})
    world.cluster.delete(ObjectRef("", "v1", "Namespace", "", "team"), uid=None)
    _later(world)
    assert "is being deleted" in world.one().message


def test_objects_that_a_list_does_not_show_leave_no_baseline(world: World) -> None:
    """As what somebody has marked in the cluster so that it is left alone: it never gets our labels."""
    mark = {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}
    world.cluster.seed({**A, "metadata": {**A["metadata"], "annotations": mark}})
    world.be_quiet()
    world.add()
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    assert world.bucket.get(BASELINE) is None


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
    _later(world)
    assert _run(world) == QUIET


def test_what_has_changed_is_applied_before_the_rest_is_moved_on(world: World) -> None:
    world.be_quiet()
    names = [f"k{n}" for n in range(6)]
    files: dict[str, Any] = {f"{name}/x.yaml": config_map(name, data={"x": "1"}) for name in names}
    for name in names:
        world.add(name)
        world.clock.move(1)
    world.push(files)
    world.run()
    _later(world)
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
    _later(world)
    _edit_of(world, names[-1])
    _later(world)
    assert len(world.run()) == len(names)
    assert sum(_of_many(call) for call in world.cluster.calls) == 3
    assert world.effects() == [f"apply ConfigMap/default/{names[-1]}"]


def _edit_of(world: World, name: str) -> None:
    world.patch(_ref(config_map(name)), {"data": {"x": "by hand"}})


def test_a_list_is_not_trusted_for_long(world: World) -> None:
    """Who comes to its turn late in a long run sees what was changed meanwhile."""
    world.be_quiet()
    files: dict[str, Any] = {f"k{n}/x.yaml": config_map(f"k{n}", data={"x": "1"}) for n in range(2)}
    for name in ("k0", "k1"):
        world.add(name)
        world.clock.move(1)
    world.push(files)
    world.run()
    _later(world)
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


def test_a_kustomization_that_is_deleted_takes_its_baseline_along(quiet: World) -> None:
    assert quiet.bucket.get(BASELINE) is not None
    quiet.cluster.delete(APPS, uid=None)
    quiet.run()
    assert quiet.bucket.get(BASELINE) is None


def test_a_damaged_artifact_is_still_found_out(quiet: World) -> None:
    (entry,) = [one for one in quiet.bucket.list("") if one.key.endswith(".tar.gz")]
    quiet.bucket.put(entry.key, b"damaged")
    outcome = quiet.one()
    assert (outcome.ok, outcome.reason) == (False, "ArtifactFailed")


def test_a_bucket_that_takes_no_baseline_fails_no_run(world: World) -> None:
    world.be_quiet()
    world.add()
    world.push(FILES)
    world.ports = replace(world.ports, baselines=_Full())  # type: ignore[arg-type] # as far as it is used
    assert world.one().ok
    assert [line for line in world.logged() if "could not be written" in line["message"]]


class _Full:
    def read(self, _ref: ObjectRef) -> None:
        return None

    def write(self, *_: object) -> None:
        raise Terminal("the bucket is full")


def _ref(obj: dict[str, Any]) -> ObjectRef:
    return ObjectRef.from_object(obj)
