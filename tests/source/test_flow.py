"""fetch on a cluster in memory: what is written when, and what faults leave behind.

Threats A-62, A-78, B-03, B-05.
"""

import io
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from penstock.api.objects import metadata
from penstock.api.refs import ObjectRef, git_repository
from penstock.api.work import Function, Hint, WorkItem
from penstock.base.errors import Transient
from penstock.base.limits import Limits
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.cluster.errors import Forbidden, Unreachable
from penstock.queue.claims import LocalClaims
from penstock.source.flow import FetchPorts, fetch
from penstock.source.reference import EmptyRepository
from penstock.store.artifacts import Artifacts
from penstock.store.bucket import BucketFailed
from penstock.store.records import NewerRecord, Record, Records
from penstock.tools.giterrors import GitFailed

from tests.fakes.bucket import MemoryBucket
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.events import RecordedEvents
from tests.fakes.fetcher import FakeFetcher
from tests.fakes.killing import Killed, dying
from tests.fakes.queue import FakeQueue

REF = git_repository("apps", "fleet")
ITEM = WorkItem(Function.FETCH, "GitRepository", "apps", "fleet", "test")
ONE, TWO = "1" * 40, "2" * 40


def repository(name: str = "fleet", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"namespace": "apps", "name": name},
        "spec": {"url": "https://host/r", "interval": "1m", "ref": {"branch": "main"}, **spec},
        "status": {"observedGeneration": -1},
    }


@dataclass
class World:
    """Everything that fetch touches, in memory."""

    cluster: FakeCluster = field(default_factory=lambda: FakeCluster(repository()))
    fetcher: FakeFetcher = field(default_factory=FakeFetcher)
    bucket: Any = field(default_factory=MemoryBucket)
    queue: FakeQueue = field(default_factory=FakeQueue)
    events: RecordedEvents = field(default_factory=RecordedEvents)
    clock: FakeClock = field(default_factory=FakeClock)
    masker: Masker = field(default_factory=Masker)
    output: io.StringIO = field(default_factory=io.StringIO)

    def ports(self, **changes: Any) -> FetchPorts:
        values = {
            "cluster": self.cluster,
            "fetcher": self.fetcher,
            "artifacts": Artifacts(self.bucket, Limits()),
            "records": Records(self.bucket, "uid-1"),
            "queue": self.queue,
            "claims": LocalClaims(0.0),
            "events": self.events,
            "clock": self.clock,
            "log": Log(self.masker, stream=self.output, clock=self.clock),
            "masker": self.masker,
        }
        return FetchPorts(**{**values, **changes})

    def fetch(self, item: WorkItem = ITEM, **changes: Any) -> Any:
        """The first outcome."""
        return fetch(self.ports(**changes), item)[0]

    def object(self, name: str = "fleet") -> dict[str, Any]:
        found = self.cluster.get(git_repository("apps", name))
        assert found is not None
        return found

    def status(self, name: str = "fleet") -> dict[str, Any]:
        found: dict[str, Any] = self.object(name)["status"]
        return found

    def condition(self, kind: str, name: str = "fleet") -> str:
        found = (c for c in self.status(name)["conditions"] if c["type"] == kind)
        return next((f"{c['status']} {c['reason']}: {c['message']}" for c in found), "")

    def record(self) -> Record | None:
        return Records(self.bucket, "uid-1").read(REF)

    def change(self, patch: dict[str, Any], name: str = "fleet", subresource: str = "") -> None:
        """What somebody else does to the object."""
        self.cluster.merge_patch(
            git_repository("apps", name), patch, field_manager="someone", subresource=subresource
        )

    def request(self, token: str) -> None:
        self.change({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}})

    def everything(self) -> str:
        """All text that left the flow."""
        kept = [data.decode("latin-1") for data, _ in self.bucket._objects.values()]
        parts = (
            self.output.getvalue(),
            *self.events.lines(),
            *kept,
            str(self.object()),
            str(self.queue.items),
        )
        return "\n".join(parts)


@pytest.fixture
def world() -> World:
    return World()


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
        ("", "gotk-source-controller"),
        ("status", "gotk-source-controller"),
        ("status", "gotk-source-controller"),
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


def test_a_failure_leaves_the_last_good_artifact_and_is_counted(world: World) -> None:
    world.fetch()
    artifact = world.status()["artifact"]
    world.fetcher.head_error = GitFailed("repository not found")
    for failures in (1, 2):
        outcome = world.fetch()
        record = world.record()
        assert record is not None
        assert (outcome.ok, record.failures, record.ok) == (False, failures, False)
    text = (
        "GitOperationFailed: failed to checkout and determine revision: unable to clone 'https://host/r': "
        "repository not found"
    )
    assert world.condition("FetchFailed") == f"True {text}"
    assert world.condition("Ready") == f"False {text}"
    assert world.status()["artifact"] == artifact
    assert world.condition("ArtifactInStorage").startswith("True")
    assert len(world.queue.items) == 1
    assert world.events.lines()[-1] == f"error GitRepository/apps/fleet {text}"


def test_a_failure_while_fetching_leaves_the_last_good_artifact(world: World) -> None:
    world.fetch()
    artifact = world.status()["artifact"]
    world.fetcher.commit, world.fetcher.fetch_error = TWO, GitFailed("cut off")
    assert not world.fetch().ok
    assert world.status()["artifact"] == artifact
    assert world.condition("ArtifactOutdated").startswith("True NewRevision")
    assert world.condition("Reconciling").startswith("True ProgressingWithRetry: building artifact")


def test_the_end_of_a_failure_is_told_and_nothing_is_queued_again(world: World) -> None:
    world.fetch()
    world.fetcher.head_error = EmptyRepository("git repository is empty")
    world.fetch()
    assert world.condition("Ready") == "False EmptyGitRepository: git repository is empty"
    world.fetcher.head_error = None
    world.fetch()
    assert [e.reason for e in world.events.seen] == ["NewArtifact", "EmptyGitRepository", "Succeeded"]
    assert world.condition("FetchFailed") == world.condition("Reconciling") == ""
    assert len(world.queue.items) == 1


@pytest.mark.parametrize(
    ("spec", "reason", "text"),
    [
        ({"url": "https://host"}, "URLInvalid", "spec.url 'https://host' is not of the form"),
        ({"url": "ssh://git@host/r"}, "NotSupported", "not yet supported: spec.url ssh://"),
        ({"recurseSubmodules": True, "verify": {"secretRef": {"name": "x"}}}, "NotSupported", "spec.verify"),
        ({"interval": "soon"}, "InvalidObject", "interval"),
    ],
)
def test_what_cannot_work_stalls_until_the_object_changes(
    world: World, spec: dict[str, Any], reason: str, text: str
) -> None:
    world.change({"spec": spec})
    world.request("t1")
    outcome = world.fetch()
    assert (outcome.ok, outcome.reason) == (False, reason)
    assert text in outcome.message
    assert world.condition("Stalled").startswith(f"True {reason}")
    assert world.condition("Ready").startswith(f"False {reason}")
    assert world.status()["observedGeneration"] == metadata(world.object())["generation"]
    assert world.status()["lastHandledReconcileAt"] == "t1"
    assert world.fetcher.asked == []
    world.change(
        {"spec": {"url": "https://host/r", "interval": "1m", "recurseSubmodules": None, "verify": None}}
    )
    assert world.fetch().ok
    assert world.condition("Stalled") == ""


def test_a_reference_that_cannot_exist_fails_without_a_request(world: World) -> None:
    world.change({"spec": {"ref": {"branch": "--upload-pack=x"}}})
    assert world.fetch().reason == "GitOperationFailed"
    assert world.fetcher.asked == []
    assert world.condition("Stalled") == ""


def test_a_suspended_object_is_left_alone(world: World) -> None:
    world.change({"spec": {"suspend": True}})
    world.cluster.calls.clear()
    assert world.fetch().message == "GitRepository/apps/fleet is suspended"
    assert (world.cluster.writes(), world.fetcher.asked, world.events.seen) == ((), [], [])
    assert world.record() is None


def delete(world: World) -> None:
    world.cluster.delete(REF, uid=None)


@pytest.mark.parametrize("suspended", [False, True])
def test_a_deleted_object_takes_its_artifacts_along(world: World, suspended: bool) -> None:
    world.fetch()
    world.change({"spec": {"suspend": suspended}})
    delete(world)
    assert world.fetch().message == "GitRepository/apps/fleet is deleted"
    assert world.cluster.get(REF) is None
    assert world.bucket.list("") == ()
    assert world.events.lines()[-1].startswith("trace GitRepository/apps/fleet GarbageCollectionSucceeded")


def test_a_deleted_object_that_was_never_read_is_let_go_even_if_it_is_broken(world: World) -> None:
    world.change(
        {"metadata": {"finalizers": ["finalizers.fluxcd.io", "other"]}, "spec": {"interval": "soon"}}
    )
    delete(world)
    world.fetch()
    assert metadata(world.object())["finalizers"] == ["other"]
    assert world.fetch().message == "GitRepository/apps/fleet is being deleted"


def test_an_object_that_is_gone_leaves_nothing_behind(world: World) -> None:
    world.fetch()
    world.change({"metadata": {"finalizers": None}})
    delete(world)
    assert world.fetch().message == "GitRepository/apps/fleet is gone"
    assert world.bucket.list("") == ()


class FailingBucket(MemoryBucket):
    """Fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: Callable[[str, str], bool] = lambda _verb, _key: False

    def _check(self, verb: str, key: str) -> None:
        if self.broken(verb, key):
            raise BucketFailed("the bucket is away")

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None) -> int:
        self._check("put", key)
        return super().put(key, data, if_absent=if_absent, if_generation=if_generation)

    def list(self, prefix: str) -> Any:
        self._check("list", prefix)
        return super().list(prefix)

    def delete(self, key: str) -> None:
        self._check("delete", key)
        super().delete(key)


def test_a_bucket_that_is_away_keeps_a_deleted_object(world: World) -> None:
    world.bucket = FailingBucket()
    world.fetch()
    delete(world)
    world.bucket.broken = lambda verb, _key: verb == "delete"
    with pytest.raises(BucketFailed):
        world.fetch()
    assert metadata(world.object())["finalizers"] == ["finalizers.fluxcd.io"]


@pytest.mark.parametrize("verb", ["put", "list"])
def test_a_bucket_that_is_away_is_a_failure_of_storage_and_nothing_is_lost(world: World, verb: str) -> None:
    world.bucket = FailingBucket()
    world.fetch()
    artifact = world.status()["artifact"]
    world.fetcher.commit = TWO
    world.bucket.broken = lambda broken, key: broken == verb and key.startswith("gitrepository/")
    assert world.fetch().reason == "ArchiveOperationFailed"
    text = "ArchiveOperationFailed: unable to archive artifact to storage: the bucket is away"
    assert world.condition("StorageOperationFailed") == f"True {text}"
    assert world.status()["artifact"] == artifact
    world.bucket.broken = lambda _verb, _key: False
    assert world.fetch().revision == f"main@sha1:{TWO}"
    assert world.condition("StorageOperationFailed") == ""


def secret(world: World, **data: str) -> None:
    encoded = {key.replace("_", "."): b64encode(value.encode()).decode() for key, value in data.items()}
    world.cluster.seed(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"namespace": "apps", "name": "login"},
            "data": encoded,
        }
    )
    world.change({"spec": {"secretRef": {"name": "login"}}})


def test_the_secret_is_used_and_shows_nowhere(world: World) -> None:
    secret(world, username="ada", password="canary-password", ca_crt="PEM")
    basic = b64encode(b"ada:canary-password").decode()
    world.fetcher.head_error = GitFailed(f"no: canary-password {basic} https://ada:canary-password@host/r")
    world.fetch()
    world.fetcher.head_error = None
    world.fetcher.subject = "Leak canary-password"
    world.fetch()
    found = world.fetcher.asked[0].credentials
    assert (found.authorization, found.authorities) == (f"Basic {basic}", b"PEM")
    shown = world.everything()
    assert "canary" not in shown
    assert basic not in shown
    assert "*****" in shown


def test_the_password_of_a_url_shows_nowhere_but_in_the_spec(world: World) -> None:
    world.change({"spec": {"url": "https://ada:canary-password@host/r"}})
    world.fetcher.head_error = GitFailed("refused: canary-password")
    world.fetch()
    assert "canary" not in world.everything().replace("https://ada:canary-password@host/r", "")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (None, "failed to get secret 'apps/login': Secret \"login\" not found"),
        ({"password": "canary"}, "'password' requires 'username' to be set"),
    ],
)
def test_a_secret_that_cannot_be_used_is_an_authentication_failure(
    world: World, data: dict[str, str] | None, text: str
) -> None:
    if data is None:
        world.change({"spec": {"secretRef": {"name": "login"}}})
    else:
        secret(world, **data)
    assert world.fetch().reason == "AuthenticationFailed"
    assert text in world.condition("FetchFailed")
    assert world.fetcher.asked == []
    assert "canary" not in world.condition("Ready")


def test_a_secret_that_must_not_be_read_is_an_authentication_failure(world: World) -> None:
    secret(world, bearerToken="canary-token")
    world.cluster.fail(Forbidden("secrets is forbidden"), lambda call: call.ref.kind == "Secret")
    assert "failed to get secret 'apps/login': secrets is forbidden" in world.fetch().message


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


def test_a_spec_that_changes_during_the_look_is_looked_at_again(world: World) -> None:
    def change_once() -> None:
        world.fetcher.meanwhile = lambda: None
        world.change({"spec": {"ref": {"branch": "next"}}})

    world.fetcher.meanwhile = change_once
    assert world.fetch().revision == f"next@sha1:{ONE}"
    assert world.status()["artifact"]["revision"] == f"next@sha1:{ONE}"
    assert world.status()["observedGeneration"] == 2
    assert [item.token for item in world.queue.items] == [f"next@sha1:{ONE}"]


def test_an_observation_made_earlier_never_overwrites_a_later_one(world: World) -> None:
    world.fetch()
    world.fetcher.commit = TWO

    def another_run_is_faster() -> None:
        world.fetcher.meanwhile = lambda: None
        world.fetcher.commit = "3" * 40
        fetch(world.ports(claims=LocalClaims()), ITEM)

    world.fetcher.meanwhile = another_run_is_faster
    assert world.fetch().revision == f"main@sha1:{'3' * 40}"
    assert world.status()["artifact"]["revision"] == f"main@sha1:{'3' * 40}"
    assert world.fetcher.fetched.count(f"main@sha1:{'3' * 40}") == 1


def test_an_object_that_never_stands_still_is_tried_again_later(world: World) -> None:
    world.fetcher.meanwhile = lambda: world.request(str(len(world.cluster.calls)))
    with pytest.raises(Transient, match="changes faster"):
        world.fetch()


def test_an_object_deleted_during_the_look_is_let_go(world: World) -> None:
    world.fetcher.meanwhile = lambda: delete(world)
    assert world.fetch().message == "GitRepository/apps/fleet is deleted"
    assert world.cluster.get(REF) is None
    assert world.bucket.list("") == ()


def test_one_object_is_looked_at_by_one_run_at_a_time(world: World) -> None:
    ports = world.ports()
    busy: list[Exception] = []

    def second() -> None:
        try:
            fetch(ports, ITEM)
        except Transient as error:
            busy.append(error)

    def meanwhile() -> None:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    world.fetcher.meanwhile = meanwhile
    assert fetch(ports, ITEM)[0].ok
    assert [error.reason for error in busy] == ["Busy"]  # type: ignore[attr-defined] # they are Transient


def test_fetch_does_not_wait_for_apply(world: World) -> None:
    ports = world.ports()
    with ports.claims.hold("GitRepository/apps/fleet"):
        assert fetch(ports, ITEM)[0].ok


HINT = Hint(("https://host/r.git",), "refs/heads/main")


def test_a_push_looks_at_every_object_it_concerns_and_at_no_other(world: World) -> None:
    world.cluster.seed(
        repository("other-branch", ref={"branch": "x"}),
        repository("other-url", url="https://host/x"),
        repository("ssh", url="ssh://git@host/r"),
    )
    outcomes = fetch(world.ports(), WorkItem(Function.FETCH, hint=HINT))
    assert [outcome.ok for outcome in outcomes] == [True, False]
    assert len(world.fetcher.fetched) == 1
    assert world.condition("Stalled", "ssh").startswith("True NotSupported")
    assert (
        fetch(world.ports(), WorkItem(Function.FETCH, hint=Hint(("https://host/none",), "refs/heads/main")))
        == ()
    )


def test_one_object_that_cannot_be_written_does_not_stop_the_others(world: World) -> None:
    world.cluster.seed(repository("another"))
    world.cluster.fail(Unreachable("no"), lambda call: call.verb == "patch" and call.ref.name == "another")
    with pytest.raises(Unreachable):
        fetch(world.ports(), WorkItem(Function.FETCH, hint=HINT))
    assert world.condition("Ready").startswith("True")


def test_only_the_namespaces_that_are_served_are_looked_at(world: World) -> None:
    other = repository()
    other["metadata"]["namespace"] = "default"
    world.cluster.seed(other)
    outcomes = fetch(world.ports(namespaces=("default",)), WorkItem(Function.FETCH, hint=HINT))
    assert [outcome.ok for outcome in outcomes] == [True]
    assert "conditions" not in world.status()
    assert (
        world.fetch(namespaces=("default",)).message
        == "the namespace of GitRepository/apps/fleet is not served"
    )


def test_old_artifacts_are_collected_and_the_current_one_never(world: World) -> None:
    for number in range(4):
        world.fetcher.commit = str(number) * 40
        world.fetcher.files = {"a": str(number).encode()}
        world.fetch(keep_count=2, keep_seconds=60)
    archives = [entry.key for entry in world.bucket.list("gitrepository/") if entry.key.endswith(".tar.gz")]
    assert world.status()["artifact"]["path"] in archives
    assert len(archives) in {2, 3}
    assert any(e.reason == "GarbageCollectionSucceeded" for e in world.events.seen)


def test_artifacts_that_cannot_be_collected_are_no_failure(world: World) -> None:
    world.bucket = FailingBucket()
    world.bucket.broken = lambda verb, _key: verb == "delete"
    for commit, content in ((ONE, b"1"), (TWO, b"2")):
        world.fetcher.commit, world.fetcher.files = commit, {"a": content}
        assert world.fetch(keep_count=0, keep_seconds=0).ok
    assert "old artifacts could not be collected" in world.output.getvalue()


def test_a_record_of_a_newer_penstock_stops_this_one_before_it_does_anything(world: World) -> None:
    world.bucket.put("records/uid-1/GitRepository/apps/fleet.json", b'{"version": 99}')
    with pytest.raises(NewerRecord):
        world.fetch()
    assert world.cluster.writes() == ()


def test_work_that_could_not_be_queued_is_queued_by_the_next_look(world: World) -> None:
    world.queue.failure = Transient("the queue is away")
    with pytest.raises(Transient):
        world.fetch()
    world.queue.failure = None
    world.fetch()
    assert [item.token for item in world.queue.items] == [f"main@sha1:{ONE}"]


def test_lost_records_only_queue_once_more(world: World) -> None:
    world.fetch()
    Records(world.bucket, "uid-1").delete(REF)
    world.fetch()
    assert len(world.queue.items) == 2
    assert len(world.fetcher.fetched) == 1


def _converged(world: World) -> None:
    artifact = world.status()["artifact"]
    assert artifact["revision"] == f"main@sha1:{TWO}"
    assert Artifacts(world.bucket, Limits()).intact(artifact["path"], artifact["digest"])
    assert world.condition("Ready").startswith("True Succeeded")
    assert world.condition("Reconciling") == world.condition("ArtifactOutdated") == ""
    assert f"main@sha1:{TWO}" in {item.token for item in world.queue.items}


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_request_to_the_cluster_the_next_look_converges(after: bool) -> None:
    for k in range(1, 20):
        world = World()
        world.fetch()
        world.fetcher.commit, world.fetcher.files = TWO, {"a.yaml": b"2"}
        try:
            world.fetch(cluster=dying(world.cluster, k, after=after))
        except Killed:
            artifact = world.status()["artifact"]
            assert Artifacts(world.bucket, Limits()).intact(artifact["path"], artifact["digest"])
            world.fetch()
            _converged(world)
        else:
            assert k > 3
            return
    pytest.fail("the flow made more requests than expected")


class DyingBucket(MemoryBucket):
    """Ends the process at its k-th call from `arm` on, before or after its effect."""

    def __init__(self) -> None:
        super().__init__()
        self._left = -1
        self._after = False

    def arm(self, k: int, *, after: bool) -> None:
        self._left, self._after = k, after

    def _call(self, action: Callable[[], Any]) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        result = action()
        if self._left == 0:
            raise Killed
        return result

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_generation: int | None = None) -> int:
        put = super().put
        return int(self._call(lambda: put(key, data, if_absent=if_absent, if_generation=if_generation)))

    def get(self, key: str) -> Any:
        get = super().get
        return self._call(lambda: get(key))

    def list(self, prefix: str) -> Any:
        list_all = super().list
        return self._call(lambda: list_all(prefix))

    def delete(self, key: str) -> None:
        delete_one = super().delete
        self._call(lambda: delete_one(key))


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_of_the_bucket_the_next_look_converges(after: bool) -> None:
    for k in range(1, 30):
        world = World(bucket=DyingBucket())
        world.fetch()
        world.fetcher.commit, world.fetcher.files = TWO, {"a.yaml": b"2"}
        world.bucket.arm(k, after=after)
        try:
            world.fetch(keep_count=1, keep_seconds=0)
        except Killed:
            world.bucket.arm(-1, after=False)
            world.fetch()
            _converged(world)
        else:
            assert k > 5
            return
    pytest.fail("the flow made more calls than expected")


def test_the_log_has_one_line_for_each_look(world: World) -> None:
    world.fetch()
    (line,) = world.output.getvalue().splitlines()
    assert '"object": "GitRepository/apps/fleet"' in line
    assert f'"revision": "main@sha1:{ONE}"' in line
    assert '"seconds": 0.0' in line
    assert ObjectRef.from_object(world.object()) == REF
