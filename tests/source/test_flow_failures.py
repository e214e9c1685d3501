"""fetch when something is wrong with the object, the server or the bucket (threats A-62, A-78)."""

from base64 import b64encode
from typing import Any

import pytest
from penstock.api.objects import metadata
from penstock.cluster.errors import Forbidden
from penstock.source.reference import EmptyRepository
from penstock.store.records import Applied, NewerRecord
from penstock.store.runs import Runs
from penstock.tools.giterrors import GitFailed

from tests.fixtures_ssh import exported, new_key
from tests.source.world import ONE, REF, TWO, FailingBucket, World


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
        "GitOperationFailed: failed to checkout and determine revision: "
        "unable to list remote for 'https://host/r': repository not found"
    )
    assert world.condition("FetchFailed") == f"True {text}"
    assert world.condition("Ready") == f"False {text}"
    assert world.condition("Reconciling") == "True ProgressingWithRetry: reconciliation in progress"
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
    assert world.condition("Ready").endswith("remote repository is empty")
    world.fetcher.head_error = None
    world.fetch()
    assert [e.reason for e in world.events.seen] == ["NewArtifact", "GitOperationFailed", "Succeeded"]
    assert world.condition("FetchFailed") == world.condition("Reconciling") == ""
    assert len(world.queue.items) == 1


@pytest.mark.parametrize(
    ("spec", "reason", "text"),
    [
        ({"url": "https://host"}, "URLInvalid", "spec.url 'https://host' is not of the form"),
        ({"url": "ssh://-oProxyCommand=x/r"}, "URLInvalid", "is not of the form"),
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
    encoded = {
        key.replace("ca_crt", "ca.crt"): b64encode(value.encode()).decode() for key, value in data.items()
    }
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


def test_a_key_for_ssh_and_its_passphrase_show_nowhere(world: World) -> None:
    key, passphrase = new_key(), "canary: pass phrase"
    encrypted = exported(key, passphrase=passphrase).decode()
    known = f"host {key.export_public_key().decode()}"
    secret(world, identity=encrypted, password=passphrase, known_hosts=known)
    world.change({"spec": {"url": "ssh://git@host/r"}})
    assert world.fetch().ok
    found = world.fetcher.asked[0].credentials.ssh
    assert found is not None
    plain = found.key.decode()
    assert plain.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    for text in (plain, encrypted, passphrase, "\n".join(plain.splitlines()[1:-1])):
        world.fetcher.head_error = GitFailed(f"no: {text}")
        assert not world.fetch().ok
    world.fetcher.head_error, world.fetcher.subject = None, plain.splitlines()[2]
    world.fetcher.commit = TWO
    assert world.fetch().ok
    shown = world.everything()
    lines = [*plain.splitlines()[1:-1], *encrypted.splitlines()[1:-1]]
    assert [line for line in lines if line in shown] == []
    assert "canary" not in shown


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (None, "failed to get secret 'apps/login': secrets \"login\" not found"),
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


def test_artifacts_that_cannot_be_collected_are_no_failure(world: World) -> None:
    world.bucket = FailingBucket()
    world.bucket.broken = lambda verb, _key: verb == "delete"
    for commit, content in ((ONE, b"1"), (TWO, b"2")):
        world.clock.move(1)
        world.fetcher.commit, world.fetcher.files = commit, {"a": content}
        assert world.fetch(keep_count=0, keep_seconds=0).ok
    assert "old artifacts could not be collected" in world.output.getvalue()


def test_a_record_of_a_newer_penstock_stops_this_one_before_it_does_anything(world: World) -> None:
    world.bucket.put("records/uid-1/GitRepository/apps/fleet.json", b'{"version": 99}')
    with pytest.raises(NewerRecord):
        world.fetch()
    assert world.cluster.writes() == ()


def test_a_stored_artifact_and_a_failure_leave_a_record_and_a_quiet_look_none(world: World) -> None:
    runs = Runs(world.bucket, "uid-1")
    world.fetch()
    first = world.status()["artifact"]
    world.clock.move(60)
    world.fetch()
    ((_, run),) = runs.newest(REF)
    assert (run.ok, run.revision, run.artifact, run.digest, run.before) == (
        True,
        f"main@sha1:{ONE}",
        first["path"],
        first["digest"],
        None,
    )
    world.clock.move(60)
    world.fetcher.commit = TWO
    world.fetch()
    _, run = next(runs.newest(REF))
    assert run.before == Applied(first["revision"], first["path"], first["digest"], 0)
    world.clock.move(60)
    world.fetcher.head_error = GitFailed("the server hung up")
    world.fetch()
    _, run = next(runs.newest(REF))
    assert (run.ok, run.artifact) == (False, "")
    assert "the server hung up" in run.message
