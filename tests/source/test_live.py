"""fetch on a real API server, from a real Git server (contract C1, C5, C6, C8)."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.api.kstatus import State, judge, judge_dynamic
from penstock.api.work import Function, Hint, WorkItem
from penstock.queue.claims import LocalClaims
from penstock.source.flow import fetch
from penstock.tools.gitserver import GitServer, Login

from tests.fixtures_git import clone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_git import WorkingCopy
    from tests.source.live import Live
    from tests.support.audit import Audit


def test_a_push_becomes_an_artifact_that_clients_can_see(live: Live, repository: WorkingCopy) -> None:
    live.create(repository.url)
    commit = repository.publish({"apps/a.yaml": "kind: A\n", "README.md": "x", "logo.png": "x"}, "Add a")
    assert judge(live.object()).state is State.IN_PROGRESS
    outcome = live.fetch()
    revision = f"main@sha1:{commit}"
    assert (outcome.ok, outcome.revision) == (True, revision)
    assert live.files() == {"apps/a.yaml": b"kind: A\n", "README.md": b"x"}
    assert judge_dynamic(live.object()).state is State.CURRENT
    assert live.condition("Ready") == f"True Succeeded: stored artifact for revision '{revision}'"
    assert live.object()["metadata"]["finalizers"] == ["finalizers.fluxcd.io"]
    assert live.events() == ["Normal NewArtifact: stored artifact for commit 'Add a'"]
    assert [item.token for item in live.queue.items] == [revision]
    managers = {entry["manager"] for entry in live.object()["metadata"]["managedFields"]}
    assert "source-controller" in managers


def test_a_quiet_look_reads_one_object_and_writes_none(
    live: Live, repository: WorkingCopy, audit: Audit
) -> None:
    live.create(repository.url)
    repository.publish({"a": "1"})
    live.fetch()
    mark = audit.mark()
    assert live.fetch().ok
    assert [request.verb for request in audit.since(mark)] == ["get"]


def test_pushes_reverts_and_force_pushes_are_followed(live: Live, repository: WorkingCopy) -> None:
    live.create(repository.url)
    first = repository.publish({"a": "1"})
    live.fetch()
    second = repository.publish({"a": "2"})
    assert live.fetch().revision == f"main@sha1:{second}"
    assert live.files() == {"a": b"2"}
    repository.git("reset", "--hard", "--quiet", first)
    repository.push("main", force=True)
    assert live.fetch().revision == f"main@sha1:{first}"
    assert live.files() == {"a": b"1"}
    assert live.status()["artifact"]["revision"] == f"main@sha1:{first}"


def test_a_branch_that_goes_away_leaves_the_artifact_until_it_comes_back(
    live: Live, repository: WorkingCopy
) -> None:
    live.create(repository.url, ref={"branch": "next"})
    assert live.fetch().reason == "EmptyGitRepository"
    repository.publish({"a": "1"})
    repository.push("HEAD:refs/heads/next")
    live.fetch()
    artifact = live.status()["artifact"]
    repository.push(":refs/heads/next")
    assert not live.fetch().ok
    text = (
        "GitOperationFailed: failed to checkout and determine revision: unable to clone "
        f"'{repository.url}': couldn't find remote ref \"refs/heads/next\""
    )
    assert live.condition("Ready") == f"False {text}"
    assert judge(live.object()).state is State.IN_PROGRESS
    assert live.status()["artifact"] == artifact
    repository.push("HEAD:refs/heads/next")
    assert live.fetch().ok
    assert f"Warning {text}" in live.events()
    assert any(line.startswith("Normal Succeeded") for line in live.events())


def test_a_range_of_versions_follows_new_tags(live: Live, repository: WorkingCopy) -> None:
    live.create(repository.url, ref={"semver": ">=1.0.0 <2.0.0"})
    for version in ("v1.0.0", "v1.10.0", "v1.9.0", "v2.0.0", "latest"):
        repository.commit({"a": version})
        repository.git("tag", "--annotate", "--message", "x", version)
        repository.push("HEAD", version)
    commit = repository.git("rev-parse", "v1.10.0^{commit}")
    assert live.fetch().revision == f"v1.10.0@sha1:{commit}"
    assert live.files() == {"a": b"v1.10.0"}
    live.change({"spec": {"ref": {"semver": "not a range"}}})
    assert live.fetch().reason == "GitOperationFailed"


def test_a_private_repository_over_plain_http_is_read_on_this_machine_only(
    live: Live, tmp_path: Path
) -> None:
    login = Login("ada", "canary-password")
    with GitServer(tmp_path / "server", login=login) as server:
        copy = clone(server, "fleet", tmp_path / "copy")
        copy.git("config", "http.extraHeader", f"Authorization: {login.header()}")
        copy.publish({"a": "1"})
        live.create(copy.url, secretRef={"name": "login"})
        assert live.fetch().reason == "AuthenticationFailed"
        live.secret("login", username="ada", password="wrong-password")
        assert "the server does not accept the credentials" in live.fetch().message
        live.secret("login", username="ada", password="canary-password")
        assert live.fetch().ok
        live.change({"spec": {"url": "http://git.example.com/fleet"}})
        assert "not sent over plain http to git.example.com" in live.fetch().message
    shown = f"{live.object()}{live.events()}{live.output.getvalue()}"
    assert "canary" not in shown


def test_a_deleted_object_takes_its_artifacts_along_and_is_gone(live: Live, repository: WorkingCopy) -> None:
    live.create(repository.url)
    repository.publish({"a": "1"})
    live.fetch()
    live.change({"spec": {"suspend": True}})
    assert live.fetch().reason == "Suspended"
    live.cluster.delete(live.ref, uid=None)
    assert live.cluster.get(live.ref) is not None
    assert live.fetch().reason == "Deleted"
    assert live.cluster.get(live.ref) is None
    assert live.bucket.list("") == ()


def test_two_instances_at_once_end_at_what_the_remote_has(live: Live, repository: WorkingCopy) -> None:
    live.create(repository.url)
    commit = repository.publish({"a": "1"})
    item = WorkItem(Function.FETCH, hint=Hint((repository.url,), "refs/heads/main"))
    ends: list[str] = []

    def instance() -> None:
        ports = replace(live.ports, claims=LocalClaims(), namespaces=(live.namespace,))
        ends.extend(outcome.revision for outcome in fetch(ports, item))

    threads = [threading.Thread(target=instance) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [f"main@sha1:{commit}"] * 3
    assert live.condition("Ready").startswith("True Succeeded")
    assert live.condition("Reconciling") == ""


def test_what_is_not_supported_stalls(live: Live, repository: WorkingCopy) -> None:
    live.create(repository.url, verify={"secretRef": {"name": "keys"}})
    outcome = live.fetch()
    assert outcome.message == "not yet supported: spec.verify"
    assert judge(live.object()).state is State.FAILED
