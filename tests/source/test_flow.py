"""fetch on a cluster in memory: what is written when, and what is told."""

import pytest
from penstock.api.refs import ObjectRef
from penstock.api.rollback import ROLLBACK_ANNOTATION, Rollback, written
from penstock.api.work import Function, WorkItem
from penstock.base.limits import Limits
from penstock.cluster.errors import Forbidden
from penstock.source.archive import Member, pack
from penstock.store.artifacts import Artifacts
from penstock.tools.giterrors import GitFailed

from tests.fakes.bucket import MemoryBucket
from tests.source.world import ONE, REF, TWO, World


def test_the_first_look_stores_an_artifact_and_tells_everybody(world: World) -> None:
    outcome = world.fetch()
    message = f"stored artifact for revision 'main@sha1:{ONE}'"
    assert (outcome.ok, outcome.message, outcome.revision) == (True, message, f"main@sha1:{ONE}")
    assert world.condition("Ready") == world.condition("ArtifactInStorage") == f"True Succeeded: {message}"
    assert world.status()["observedGeneration"] == 1
    artifact = world.status()["artifact"]
    assert Artifacts(world.bucket, Limits()).intact(artifact["path"], artifact["digest"])
    assert artifact["url"] == f"memory:{artifact['path']}"
    assert artifact["lastUpdateTime"] == "2030-01-01T12:00:00Z"
    assert world.events.lines() == [
        "info GitRepository/apps/fleet NewArtifact: stored artifact for commit 'Change'"
    ]
    assert dict(world.events.seen[0].metadata) == {
        "source.toolkit.fluxcd.io/revision": f"main@sha1:{ONE}",
        "source.toolkit.fluxcd.io/digest": artifact["digest"],
    }
    assert world.queue.items == [
        WorkItem(Function.APPLY, "GitRepository", "apps", "fleet", "new artifact", f"main@sha1:{ONE}")
    ]
    record = world.record()
    assert record is not None
    assert (record.ok, record.failures, record.generation, record.outcome) == (True, 0, 1, outcome)


def test_the_finalizer_comes_first_and_the_work_is_shown_before_the_result(world: World) -> None:
    world.fetch()
    writes = [(call.subresource, call.manager, call.body) for call in world.cluster.writes()]
    assert [(sub, manager) for sub, manager, _ in writes] == [
        ("", "source-controller"),
        ("status", "source-controller"),
        ("status", "source-controller"),
    ]
    assert writes[0][2] == {"metadata": {"finalizers": ["finalizers.fluxcd.io"]}}
    shown = writes[1][2]
    assert shown is not None
    assert [c["type"] for c in shown["status"]["conditions"]] == ["Reconciling", "Ready"]


def test_a_look_that_finds_nothing_new_writes_nothing(world: World) -> None:
    world.fetch()
    world.cluster.calls.clear()
    world.clock.move(60)
    assert world.fetch().ok
    assert [call.verb for call in world.cluster.calls] == ["get"]
    assert len(world.fetcher.fetched) == 1
    assert len(world.queue.items) == len(world.events.seen) == 1
    record = world.record()
    assert record is not None
    assert record.checked_at == "2030-01-01T12:01:00Z"


def test_a_new_revision_becomes_a_new_artifact(world: World) -> None:
    world.fetch()
    first = world.status()["artifact"]
    world.fetcher.commit, world.fetcher.files = TWO, {"a.yaml": b"2"}
    assert world.fetch().revision == f"main@sha1:{TWO}"
    second = world.status()["artifact"]
    assert (second["revision"], second["digest"] != first["digest"]) == (f"main@sha1:{TWO}", True)
    assert world.condition("ArtifactOutdated") == ""
    assert [item.token for item in world.queue.items] == [f"main@sha1:{ONE}", f"main@sha1:{TWO}"]


def test_a_reference_that_moves_back_is_followed(world: World) -> None:
    for commit in (ONE, TWO, ONE):
        world.fetcher.commit = commit
        world.fetch()
    assert world.status()["artifact"]["revision"] == f"main@sha1:{ONE}"


def test_a_new_revision_of_the_same_files_is_no_new_artifact_event(world: World) -> None:
    world.fetch()
    world.fetcher.commit = TWO
    world.fetch()
    assert world.status()["artifact"]["revision"] == f"main@sha1:{TWO}"
    assert len(world.events.seen) == 1
    assert len(world.queue.items) == 2


def test_other_ignore_rules_make_the_artifact_again_at_the_same_revision(world: World) -> None:
    world.fetcher.files = {"a.yaml": b"1", "b.yaml": b"2"}
    world.fetch()
    before = world.status()["artifact"]["digest"]
    world.change({"spec": {"ignore": "b.yaml"}})
    world.fetch()
    assert world.status()["artifact"]["digest"] != before
    assert world.status()["observedIgnore"] == "b.yaml"
    world.change({"spec": {"ignore": None}})
    world.fetch()
    assert world.status()["artifact"]["digest"] == before
    assert "observedIgnore" not in world.status()


@pytest.mark.parametrize("damage", ["gone", "changed", "digests gone"])
def test_an_artifact_that_is_not_as_it_was_stored_is_made_again(world: World, damage: str) -> None:
    world.fetch()
    key = world.status()["artifact"]["path"]
    if damage == "changed":
        world.bucket.put(key, b"something else")
    else:
        world.bucket.delete(key if damage == "gone" else key.replace(".tar.gz", ".files.json"))
    world.fetch()
    artifact = world.status()["artifact"]
    assert Artifacts(world.bucket, Limits()).intact(artifact["path"], artifact["digest"])
    assert world.condition("Ready").startswith("True Succeeded")
    shown = [call.body or {} for call in world.cluster.writes() if call.subresource == "status"][2]["status"]
    assert shown["artifact"] is None
    assert "disappeared from storage" in str(shown)
    assert len(world.queue.items) == 2


def test_a_status_that_points_to_an_artifact_of_another_source_is_made_right(world: World) -> None:
    world.fetch()
    files = pack([Member("a.yaml", b"another's")], Limits())
    other = Artifacts(world.bucket, Limits()).store("GitRepository", "apps", "other", files.data, files.files)
    world.change({"status": {"artifact": {"path": other.key, "digest": other.digest}}}, subresource="status")
    world.fetch()
    assert world.status()["artifact"]["path"].startswith("gitrepository/apps/fleet/")
    assert Artifacts(world.bucket, Limits()).intact(other.key, other.digest)


def test_a_status_that_flux_wrote_is_taken_over(world: World) -> None:
    artifact = {
        "digest": "sha256:" + "a" * 64,
        "lastUpdateTime": "2026-01-01T00:00:00Z",
        "path": f"gitrepository/apps/fleet/{ONE}.tar.gz",
        "revision": f"main@sha1:{ONE}",
        "url": "http://source-controller.flux-system.svc/x",
    }
    world.change({"status": {"artifact": artifact, "observedGeneration": 1}}, subresource="status")
    world.fetch()
    assert world.status()["artifact"]["path"].startswith("gitrepository/apps/fleet/")
    assert world.status()["artifact"]["url"].startswith("memory:")


def test_a_request_is_answered_with_the_result_and_not_before(world: World) -> None:
    world.fetch()
    world.cluster.calls.clear()
    world.request("t1")
    world.fetcher.commit = TWO
    world.fetch()
    bodies = [call.body or {} for call in world.cluster.writes() if call.subresource == "status"]
    assert ["lastHandledReconcileAt" in body["status"] for body in bodies] == [False, True]
    world.request("t2")
    world.fetch()
    assert world.status()["lastHandledReconcileAt"] == "t2"
    assert world.events.lines()[-1] == (
        "trace GitRepository/apps/fleet GitOperationSucceeded: no changes since last reconciliation: "
        f"observed revision 'main@sha1:{TWO}'"
    )
    world.request("t3")
    world.fetcher.head_error = GitFailed("no")
    world.fetch()
    assert world.status()["lastHandledReconcileAt"] == "t3"


def test_old_artifacts_are_collected_and_the_current_one_never(world: World) -> None:
    world.bucket = MemoryBucket(world.clock)
    for number in range(4):
        world.clock.move(61)
        world.fetcher.commit = str(number) * 40
        world.fetcher.files = {"a": str(number).encode()}
        world.fetch(keep_count=2, keep_seconds=60)
    archives = [entry.key for entry in world.bucket.list("gitrepository/") if entry.key.endswith(".tar.gz")]
    assert world.status()["artifact"]["path"] in archives
    assert len(archives) == 2
    assert any(e.reason == "GarbageCollectionSucceeded" for e in world.events.seen)


def test_an_artifact_that_a_rollback_goes_to_is_not_collected(world: World) -> None:
    world.bucket = MemoryBucket(world.clock)
    world.fetch()
    first = world.status()["artifact"]
    rollback = Rollback(
        bad="main@sha1:bad", revision=first["revision"], artifact=first["path"], digest=first["digest"]
    )
    for name, text in (("apps", written(rollback)), ("broken", "no JSON")):
        annotations = {ROLLBACK_ANNOTATION: text}
        meta = {"name": name, "namespace": "apps", "annotations": annotations}
        api = "kustomize.toolkit.fluxcd.io/v1"
        world.cluster.seed({"apiVersion": api, "kind": "Kustomization", "metadata": meta, "spec": {}})
    for number in range(2, 6):
        world.clock.move(61)
        world.fetcher.commit = str(number) * 40
        world.fetcher.files = {"a": str(number).encode()}
        world.fetch(keep_count=2, keep_seconds=60)
    archives = [entry.key for entry in world.bucket.list("gitrepository/") if entry.key.endswith(".tar.gz")]
    assert first["path"] in archives
    assert len(archives) == 3


def test_nothing_is_collected_while_nobody_knows_what_is_rolled_back(world: World) -> None:
    world.bucket = MemoryBucket(world.clock)
    world.cluster.fail(Forbidden("no"), lambda call: (call.verb, call.ref.kind) == ("list", "Kustomization"))
    for number in range(4):
        world.clock.move(61)
        world.fetcher.commit = str(number) * 40
        world.fetcher.files = {"a": str(number).encode()}
        assert world.fetch(keep_count=2, keep_seconds=60).ok
    archives = [entry.key for entry in world.bucket.list("gitrepository/") if entry.key.endswith(".tar.gz")]
    assert len(archives) == 4
    assert "old artifacts could not be collected" in world.output.getvalue()


def test_the_run_record_of_an_artifact_names_the_commit(world: World) -> None:
    world.fetch()
    ((_, run),) = world.ports().runs.newest(REF)
    assert (run.author, run.subject) == ("Ada", "Change")


def test_the_log_has_one_line_for_each_look(world: World) -> None:
    world.fetch()
    (line,) = world.output.getvalue().splitlines()
    assert '"object": "GitRepository/apps/fleet"' in line
    assert f'"revision": "main@sha1:{ONE}"' in line
    assert '"seconds": 0.0' in line
    assert ObjectRef.from_object(world.object()) == REF
