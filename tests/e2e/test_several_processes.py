"""Several `penstock serve` on one cluster and bucket, each with a queue of its own (threats B-01 to B-13)."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.e2e.fleet import Fleet, Functions, config_map
from tests.fixtures_git import clone
from tests.runtime.processes import ask
from tests.runtime.requesting import bearer
from tests.support.faulty_proxy import FaultyProxy, Seen, slow
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from penstock.tools.controlplane.plane import ControlPlane
    from penstock.tools.gitserver import GitServer

    from tests.e2e.conftest import Serve
    from tests.fixtures_git import WorkingCopy
    from tests.support.audit import Audit
    from tests.support.kube import Kube

AT_ONCE = 8
"""Writes that a run has on their way at once."""
CLAIM_S = 3
"""The duration of a Lease: in place of 60 s, so that a stopped process is given up soon."""


class Fleets:
    """One fleet as each of several processes sees it."""

    def __init__(self, kube: Kube, processes: list[Functions], namespace: str, copy: WorkingCopy) -> None:
        self.each = [Fleet(kube, functions, namespace, copy) for functions in processes]
        self.first = self.each[0]

    def at_once(self, *steps: Callable[[], object]) -> None:
        """All of these, begun in the same moment."""
        barrier = threading.Barrier(len(steps))

        def run(step: Callable[[], object]) -> object:
            barrier.wait(60)
            return step()

        with ThreadPoolExecutor(len(steps)) as pool:
            list(pool.map(run, steps))

    def wait_idle(self) -> None:
        """Until nothing waits in any queue and nobody has the source."""
        eventually(lambda: not self._waiting(), "the queues to be empty")
        eventually(lambda: not self._held(), "the Leases to be nobody's")

    def _waiting(self) -> list[Path]:
        folders = [fleet.functions.queue / name for fleet in self.each for name in ("pending", "claimed")]
        return [path for folder in folders for path in folder.iterdir()]

    def _held(self) -> list[str]:
        path = f"/apis/coordination.k8s.io/v1/namespaces/{self.first.namespace}/leases"
        leases = (self.first.kube.get(path) or {})["items"]
        return [lease["metadata"]["name"] for lease in leases if lease["spec"].get("holderIdentity")]

    def artifacts(self) -> list[Path]:
        """The stored archives, whoever stored them."""
        return list(self.first.functions.bucket.rglob("*.tar.gz"))


def tick(fleet: Fleet) -> None:
    assert ask(fleet.functions.url, "/tick", b"", bearer())[0] == 202


@pytest.fixture
def fleets(
    serve: Serve, kube: Kube, namespace: str, repository: WorkingCopy, tmp_path: Path
) -> Iterator[Fleets]:
    """Three processes, and a fleet that nobody has looked at."""
    with ExitStack() as stack:
        processes = []
        for n in range(3):
            queue = tmp_path / f"queue-{n}"
            running = stack.enter_context(
                serve(tmp_path, namespaces=namespace, queue=queue, claim_seconds=CLAIM_S)
            )
            processes.append(Functions(running.running, running.url, running.bucket, queue))
        found = Fleets(kube, processes, namespace, repository)
        found.first.add_source()
        found.first.add_kustomization()
        yield found


def writes_of(audit: Audit, mark: int, namespace: str, plural: str) -> list[str]:
    """The writes to objects of a kind since then, of whoever."""
    prefix = f"/namespaces/{namespace}/{plural}"
    return [f"{one.verb} {one.uri}" for one in audit.since(mark) if one.writes and prefix in one.uri]


def test_webhook_tick_and_invoke_in_the_same_moment_are_one_writer(fleets: Fleets, audit: Audit) -> None:
    """Threats B-04: three processes; one stores and applies, the others leave it to that one."""
    one, two, three = fleets.each
    mark = audit.mark()
    commit = one.copy.publish({"a.yaml": config_map("a", x="1")})
    fleets.at_once(one.announce, lambda: tick(two), lambda: three.invoke("Kustomization", "apps", wait=""))
    one.wait_applied(commit)
    fleets.wait_idle()
    assert len(fleets.artifacts()) == 1
    assert len(writes_of(audit, mark, one.namespace, "configmaps")) == 1
    assert [reason for _, reason, _ in one.events("fleet")].count("NewArtifact") == 1
    assert all(fleet.functions.running.logged("given up") == [] for fleet in fleets.each)


def test_one_push_told_fifty_times_at_once_to_three_processes_is_one_artifact_and_at_most_two_applies(
    fleets: Fleets, audit: Audit
) -> None:
    """Threats B-01."""
    mark = audit.mark()
    commit = fleets.first.copy.publish({"a.yaml": config_map("a", x="1")})
    fleets.at_once(*(fleets.each[n % 3].announce for n in range(50)))
    fleets.first.wait_applied(commit)
    fleets.wait_idle()
    assert len(fleets.artifacts()) == 1
    assert len(writes_of(audit, mark, fleets.first.namespace, "configmaps")) == 1
    applied = [line for fleet in fleets.each for line in fleet.functions.running.logged("Applied revision")]
    assert 1 <= len(applied) <= 2


def test_events_out_of_order_end_at_the_newest_commit(fleets: Fleets) -> None:
    """Threats B-03: the news of the older commit comes last, and to another process."""
    first, second, third = fleets.each
    older = first.copy.publish({"a.yaml": config_map("a", x="older"), "b.yaml": config_map("b")})
    newer = first.copy.publish({"a.yaml": config_map("a", x="newer"), "b.yaml": None})
    for fleet, commit in ((first, newer), (second, older), (third, newer), (first, older)):
        assert fleet.functions.deliver(fleet.copy.url, "refs/heads/main", commit) == 202
        fleet.wait_applied(newer)
    fleets.wait_idle()
    assert first.the("ConfigMap", "a")["data"] == {"x": "newer"}
    assert first.get("ConfigMap", "b") is None
    assert len(fleets.artifacts()) == 1


def test_a_process_that_was_stopped_in_the_middle_writes_nothing_late_but_what_was_in_flight(
    serve: Serve,
    kube: Kube,
    namespace: str,
    repository: WorkingCopy,
    tmp_path: Path,
    control_plane: ControlPlane,
) -> None:
    """Threats B-13: SIGSTOP with its writes held on their way, a newer revision by another one, SIGCONT."""
    with ExitStack() as stack:
        proxy = stack.enter_context(FaultyProxy(control_plane, tmp_path))
        settings = {"namespaces": namespace, "claim_seconds": CLAIM_S}
        through = {"PENSTOCK_KUBECONFIG": str(proxy.kubeconfig)}
        zombie = stack.enter_context(serve(tmp_path, through, queue=tmp_path / "zombie", **settings))
        other = stack.enter_context(serve(tmp_path, queue=tmp_path / "other", **settings))
        stopped, fleet = (Fleet(kube, one, namespace, repository) for one in (zombie, other))
        fleet.add_source()
        fleet.add_kustomization()
        names = [f"map-{n:02}" for n in range(30)]
        proxy.fail(slow, writes_a_config_map)
        stopped.push({f"{name}.yaml": config_map(name, x="older") for name in names})
        eventually(lambda: len(list(filter(writes_a_config_map, proxy.seen))) == AT_ONCE, "the first writes")
        zombie.running.process.send_signal(signal.SIGSTOP)
        try:
            kept, gone = names[:10], names[10:]
            newer = {f"{name}.yaml": config_map(name, x="newer") for name in kept}
            commit = fleet.push({**newer, **dict.fromkeys(f"{name}.yaml" for name in gone)})
            fleet.wait_applied(commit)
            in_flight = len(proxy.seen)
        finally:
            zombie.running.process.send_signal(signal.SIGCONT)
            proxy.heal()
        zombie.running.wait_for("failed, to be tried again")
        eventually(lambda: not list((tmp_path / "zombie" / "pending").iterdir()), "the zombie to be idle")
        late = [f"{seen.method} {seen.path}" for seen in proxy.seen[in_flight:] if touches(seen)]
        assert late == []
        assert fleet.invoke("Kustomization", "apps")[0] == 200
        assert {name: fleet.the("ConfigMap", name)["data"]["x"] for name in fleet.names("ConfigMap")} == (
            dict.fromkeys(kept, "newer")
        )
        status = fleet.the("Kustomization", "apps")["status"]
        assert status["lastAppliedRevision"].endswith(commit)


def writes_a_config_map(seen: Seen) -> bool:
    return seen.write and "/configmaps/" in seen.path


def touches(seen: Seen) -> bool:
    """A write to anything but a Lease; what it tells of itself in Events is no effect."""
    return seen.write and "/leases/" not in seen.path and "/events" not in seen.path


def test_a_deployment_that_replaces_another_in_the_middle_of_a_run_loses_nothing_and_does_nothing_twice(
    serve: Serve,
    kube: Kube,
    namespace: str,
    repository: WorkingCopy,
    tmp_path: Path,
    control_plane: ControlPlane,
    audit: Audit,
) -> None:
    """Threats B-30: the new one starts while the old one writes, and the old one is told to stop."""
    with ExitStack() as stack:
        proxy = stack.enter_context(FaultyProxy(control_plane, tmp_path))
        settings = {"namespaces": namespace, "claim_seconds": CLAIM_S}
        through = {"PENSTOCK_KUBECONFIG": str(proxy.kubeconfig)}
        old = stack.enter_context(serve(tmp_path, through, queue=tmp_path / "old", **settings))
        before = Fleet(kube, old, namespace, repository)
        before.add_source()
        before.add_kustomization()
        mark = audit.mark()
        proxy.fail(slow, writes_a_config_map)
        commit = before.push({f"{name}.yaml": config_map(name) for name in "abcdefghijkl"})
        eventually(lambda: list(filter(writes_a_config_map, proxy.seen)), "the first writes")
        new = stack.enter_context(serve(tmp_path, queue=tmp_path / "new", **settings))
        after = Fleet(kube, new, namespace, repository)
        after.announce()
        tick(after)
        new.running.wait_for("left to the process that is at it")
        old.running.process.send_signal(signal.SIGTERM)
        proxy.heal()
        after.wait_applied(commit)
        assert old.running.process.wait(60) == 0
        assert set(after.names("ConfigMap")) == set("abcdefghijkl")
        written = writes_of(audit, mark, namespace, "configmaps")
        names = [one.rpartition("/")[2].partition("?")[0] for one in written]
        assert sorted(names) == list("abcdefghijkl"), "each of them once"


def test_two_processes_with_the_same_object_in_two_sources_end_with_one_owner_and_a_warning(
    fleets: Fleets, git_server: GitServer, tmp_path: Path
) -> None:
    """Threats B-12: the last one has it, as in Flux; neither fails, and each writes it once."""
    one, two, _ = fleets.each
    copy = clone(git_server, f"{tmp_path.name}/second", tmp_path / "second")
    second = Fleet(two.kube, two.functions, two.namespace, copy)
    second.create("GitRepository", "second", {"url": copy.url, "interval": "1h", "ref": {"branch": "main"}})
    second.add_kustomization("others", sourceRef={"kind": "GitRepository", "name": "second"})
    commit = one.copy.publish({"a.yaml": config_map("a", x="one"), "b.yaml": config_map("b")})
    other = copy.publish({"a.yaml": config_map("a", x="two"), "c.yaml": config_map("c")})
    fleets.at_once(one.announce, second.announce)
    one.wait_applied(commit)
    second.wait_applied(other, "others")
    fleets.wait_idle()
    owners = {name: set(one.names("ConfigMap", name)) for name in ("apps", "others")}
    assert owners in ({"apps": {"a", "b"}, "others": {"c"}}, {"apps": {"b"}, "others": {"a", "c"}})
    loser, winner = ("others", "apps") if "a" in owners["apps"] else ("apps", "others")
    assert one.the("ConfigMap", "a")["data"] == {"x": "one" if winner == "apps" else "two"}
    assert one.invoke("Kustomization", loser)[0] == 200
    told = [message for _, reason, message in one.events(loser) if reason == "TakenOver"]
    assert f"applied by Kustomization/{one.namespace}/{winner} too" in "".join(told)
