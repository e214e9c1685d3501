"""What apply leaves in the bucket of its runs (promise C-26)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.masking import Masker
from penstock.cluster.errors import Forbidden, Unavailable
from penstock.store.bucket import BucketFailed

from tests.kustomize.builders import changed, config_map, make
from tests.kustomize.world import APPS, REPOSITORY, World, about

if TYPE_CHECKING:
    from penstock.store.runs import RunRecord

    from tests.fakes.cluster import Call

A, B = (config_map(name, data={"x": "1"}) for name in "ab")
NEW = {"status": {"artifact": {"revision": "main@sha1:" + "9" * 40}}}


def _left(world: World) -> list[RunRecord]:
    """The run records, the oldest first."""
    return [run for _, run in world.runs.newest(APPS)][::-1]


def _done(run: RunRecord) -> list[str]:
    return [f"{change.id} {change.action}" for change in run.changes]


def test_a_run_with_effects_leaves_one_record_and_a_quiet_check_none(world: World) -> None:
    world.add()
    first = world.push({"apps/a.yaml": [A, B]})
    world.one()
    (run,) = _left(world)
    artifact = world.get(REPOSITORY)["status"]["artifact"]
    assert (run.ok, run.reason, run.message) == (
        True,
        "ReconciliationSucceeded",
        f"Applied revision: {first}",
    )
    assert (run.revision, run.artifact, run.digest) == (first, artifact["path"], artifact["digest"])
    assert run.build_digest == world.status()["history"][0]["digest"]
    assert _done(run) == ["default_a__ConfigMap created", "default_b__ConfigMap created"]
    assert run.before is None
    assert run.started_at <= run.ended_at
    world.forget()
    assert world.one().ok
    assert len(_left(world)) == 1
    second = world.push({"apps/a.yaml": changed(A, x="2")})
    world.one()
    run = _left(world)[1]
    assert run.revision == second
    assert run.before is not None
    assert (run.before.revision, run.before.artifact) == (first, artifact["path"])
    assert (run.before.digest, run.before.objects) == (artifact["digest"], 2)
    assert _done(run) == ["default_a__ConfigMap configured", "default_b__ConfigMap deleted"]
    assert run.deleted[0].version == "v1"


def test_a_new_revision_without_a_change_leaves_a_record(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.one()
    second = world.push({"apps/a.yaml": A, "README": "x"})
    world.one()
    assert [(run.revision == second, len(run.changes)) for run in _left(world)] == [(False, 1), (True, 0)]


def test_a_failed_run_tells_what_it_did_all_the_same(world: World) -> None:
    world.add()
    first = world.push({"apps/a.yaml": [A, B]})
    world.one()
    world.cluster.fail(Forbidden("policy says no"), about("b", verb="delete", dry_run=False), once=True)
    world.push({"apps/a.yaml": changed(A, x="2")})
    world.one()
    run = _left(world)[-1]
    assert (run.ok, run.reason) == (False, "PruneFailed")
    assert "policy says no" in run.message
    assert _done(run) == ["default_a__ConfigMap configured"]
    world.forget()
    world.one()
    run = _left(world)[-1]
    assert (run.ok, _done(run)) == (True, ["default_b__ConfigMap deleted"])
    assert run.before is not None
    assert run.before.revision == first


def test_a_held_run_names_what_is_held(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()
    world.push({"apps/a.yaml": ""})
    world.one()
    run = _left(world)[-1]
    assert [(held.id, held.action) for held in run.held] == [
        ("default_a__ConfigMap", "held"),
        ("default_b__ConfigMap", "held"),
    ]
    assert run.changes == ()


def test_a_run_that_stood_down_in_its_middle_tells_what_it_did(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [make("v1", "Namespace", "team"), A]})

    def overtaken(call: Call) -> bool:
        if about("team", dry_run=False)(call):
            world.patch(REPOSITORY, NEW, "status")
        return False

    world.cluster.fail(ValueError(), overtaken)
    assert world.one().reason == "Superseded"
    (run,) = _left(world)
    assert (run.ok, run.reason, _done(run)) == (False, "Superseded", ["_team__Namespace created"])


def test_a_run_whose_status_could_not_be_written_tells_what_it_did(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    writes: list[Call] = []

    def second(call: Call) -> bool:
        if call.verb == "patch" and call.subresource == "status" and call.ref == APPS:
            writes.append(call)
        return len(writes) > 1

    world.cluster.fail(Unavailable("down"), second)
    try:
        world.run()
    except Unavailable:
        pass
    else:
        raise AssertionError("it should have been told")
    (run,) = _left(world)
    assert (run.ok, run.message, _done(run)) == (False, "down", ["default_a__ConfigMap created"])


def test_a_deleted_kustomization_leaves_what_it_deleted(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()
    world.cluster.delete(APPS, uid=None)
    world.one()
    run = _left(world)[-1]
    assert (run.ok, run.reason, len(run.deleted)) == (True, "Deleted", 2)


class _NoRuns:
    """A bucket that takes no run record."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def put(self, key: str, data: bytes, **conditions: Any) -> int:
        if key.startswith("runs/"):
            raise BucketFailed("no room")
        return int(self._inner.put(key, data, **conditions))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_a_run_record_that_cannot_be_written_is_a_warning(world: World) -> None:
    world.ports = replace(world.ports, runs=type(world.runs)(_NoRuns(world.bucket), world.cluster.uid))
    world.add()
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    assert world.condition()[0] == "True"
    assert [line["error"] for line in world.logged() if "run record" in line["message"]] == ["no room"]


def test_no_value_of_a_secret_and_no_content_is_in_a_record(world: World) -> None:
    world.ports = replace(world.ports, masker=Masker("canary-token"))
    world.add()
    secret = make("v1", "Secret", "s", "default", stringData={"password": "canary-1"})
    world.push({"apps/a.yaml": [changed(A, x="canary-2"), secret]})
    world.one()
    world.cluster.fail(Forbidden("it says canary-token"), about("a"), once=True)
    world.push({"apps/a.yaml": [changed(A, x="canary-3"), secret]})
    world.one()
    stored = b"".join(
        found[0] for entry in world.bucket.list("runs/") if (found := world.bucket.get(entry.key)) is not None
    )
    assert b"ReconciliationFailed" in stored
    assert b"canary" not in stored


@pytest.mark.parametrize("after", [False, True])
def test_what_a_killed_run_deleted_is_told_by_the_next(after: bool) -> None:
    """But for one that dies when all that is left to do is the record: its status says that all is done."""
    names = ("default_b__ConfigMap", "default_c__ConfigMap")
    for k in range(1, 60):
        world = World()
        world.add()
        first = world.push({"apps/a.yaml": [A, B, config_map("c")]})
        world.one()
        second = world.push({"apps/a.yaml": changed(A, x="2")})
        died = world.run_killed(k, after=after)
        if died and world.status()["lastAppliedRevision"] == second:
            continue
        for _ in range(4):
            world.run(APPS)
        deleting = [run for _, run in world.runs.newest(APPS, deleting=True)]
        assert sorted({change.id for run in deleting for change in run.deleted}) == list(names), k
        assert {run.before.revision for run in deleting if run.before is not None} == {first}
        if not died:
            return
    raise AssertionError("the sweep has no end")
