"""Leases on the real API server, and on the fake that other tests use in its place (decision 4)."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api import lease as leases
from penstock.api.lease import RUN_AGAIN, ClaimKey, Lease
from penstock.api.objects import annotations_of
from penstock.api.refs import git_repository, kustomization
from penstock.api.work import Function
from penstock.base.errors import Transient
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.cluster.errors import Conflict, Forbidden
from penstock.cluster.leases import Leases

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster

if TYPE_CHECKING:
    from penstock.cluster.client import ApiCluster
    from penstock.cluster.port import Cluster

    from tests.support.kube import Kube

MARK = "apply/Kustomization/apps/podinfo"


class Holders:
    """Two processes on one cluster, with one clock; `key` is what they claim."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.clock = FakeClock()
        self.key = ClaimKey(Function.APPLY, git_repository(namespace, "fleet"))
        self.dead: set[str] = set()
        self.one, self.two = (self.holder(name) for name in ("one", "two"))

    def holder(self, name: str) -> Leases:
        return Leases(self.cluster, self.clock, name, 60, gone=self.dead.__contains__)

    def taken(self, by: Leases, mark: str = MARK) -> Lease:
        found = by.take(self.key, "", mark)
        assert found is not None
        return found

    def object(self) -> Any:
        return self.cluster.get(self.key.lease)


@pytest.fixture(params=["fake", "real"])
def holders(request: pytest.FixtureRequest, api_cluster: ApiCluster, namespace: str) -> Holders:
    cluster = api_cluster if request.param == "real" else FakeCluster(namespaces=(namespace,))
    return Holders(cluster, namespace)


def test_one_has_it_until_it_is_released_and_each_holder_has_a_higher_number(holders: Holders) -> None:
    one = holders.taken(holders.one)
    assert (one.holder, one.fence) == ("one", 1)
    two = holders.taken(holders.two)
    assert (two.holder, two.fence, two.marks) == ("one", 1, frozenset({MARK}))
    released = holders.one.release(holders.key, one)
    assert released is not None
    assert (released.holder, released.fence, released.marks) == ("", 1, frozenset({MARK}))
    assert holders.taken(holders.two).fence == 2
    assert RUN_AGAIN not in annotations_of(holders.object())


def test_one_that_is_renewed_stays_and_one_that_is_not_is_anybodys(holders: Holders) -> None:
    one = holders.taken(holders.one)
    holders.clock.move(50)
    renewed = holders.one.renew(holders.key, one)
    assert renewed is not None
    holders.clock.move(50)
    assert holders.taken(holders.two).holder == "one"
    assert holders.one.confirm(holders.key, renewed) is not None
    holders.clock.move(20)
    assert holders.taken(holders.two).holder == "two"
    for look in (holders.one.renew, holders.one.confirm, holders.one.release):
        assert look(holders.key, renewed) is None
    assert holders.object()["spec"]["holderIdentity"] == "two"


def test_what_a_dead_process_held_is_free_at_once_where_that_is_known(holders: Holders) -> None:
    holders.taken(holders.one)
    holders.dead.add("one")
    assert holders.taken(holders.two).holder == "two"


def test_what_is_ours_from_before_is_taken_again_under_a_new_number(holders: Holders) -> None:
    first = holders.taken(holders.one)
    second = holders.taken(holders.one)
    assert (second.holder, second.fence) == ("one", 2)
    assert holders.one.confirm(holders.key, first) is None


def test_whoever_remembers_a_lease_that_nobody_touched_takes_it_with_one_request(holders: Holders) -> None:
    released = holders.one.release(holders.key, holders.taken(holders.one))
    assert released is not None
    again = holders.one.retake(holders.key, MARK, released)
    assert again is not None
    assert again.fence == 2
    assert holders.two.retake(holders.key, MARK, released) is None
    assert holders.one.retake(holders.key, MARK, replace(released, version="1")) is None


def test_renewing_and_releasing_go_on_although_others_leave_marks(holders: Holders) -> None:
    one = holders.taken(holders.one)
    holders.taken(holders.two)
    renewed = holders.one.renew(holders.key, one)
    assert renewed is not None
    holders.taken(holders.two, "apply/Kustomization/apps/other")
    released = holders.one.release(holders.key, renewed)
    assert released is not None
    assert [item.name for item in leases.items(released)] == ["other", "podinfo"]
    left = holders.one.unmark(holders.key.lease, [MARK])
    assert left is not None
    assert left.marks == {"apply/Kustomization/apps/other"}


def test_a_lease_that_was_deleted_is_lost(holders: Holders) -> None:
    one = holders.taken(holders.one)
    holders.cluster.delete(holders.key.lease, uid=None)
    assert holders.one.confirm(holders.key, one) is None
    assert holders.one.renew(holders.key, one) is None
    assert holders.one.release(holders.key, one) is None
    assert holders.one.unmark(holders.key.lease, [MARK]) is None
    fresh = holders.taken(holders.one)
    assert not fresh.same_hold(one)


def test_only_a_lease_that_nobody_has_is_removed(holders: Holders) -> None:
    one = holders.taken(holders.one)
    holders.two.remove(holders.key.lease)
    assert holders.object() is not None
    holders.one.release(holders.key, one)
    holders.two.remove(holders.key.lease)
    assert holders.object() is None
    holders.two.remove(holders.key.lease)


def test_in_a_namespace_that_does_not_exist_there_is_none(holders: Holders) -> None:
    nowhere = ClaimKey(Function.APPLY, git_repository("does-not-exist", "fleet"))
    assert holders.one.take(nowhere, "", MARK) is None


def test_what_is_wanted_of_nobody_is_found(holders: Holders, namespace: str) -> None:
    log = Log(Masker(), stream=io.StringIO())
    one = holders.taken(holders.one)
    holders.taken(holders.two)
    assert holders.two.left_over([namespace], log) == ()
    holders.one.release(holders.key, one)
    ((ref, lease),) = holders.two.left_over([namespace], log)
    assert (ref, leases.items(lease)) == (
        holders.key.lease,
        (leases.item(Function.APPLY, kustomization("apps", "podinfo")),),
    )
    holders.two.unmark(ref, lease.marks)
    assert holders.two.left_over([namespace], log) == ()


def test_of_many_who_come_at_once_one_gets_it(api_cluster: ApiCluster, namespace: str) -> None:
    """Threats B-04: whoever does not get it leaves its mark, whatever the order."""
    holders = Holders(api_cluster, namespace)
    names = [f"p{n}" for n in range(12)]
    with ThreadPoolExecutor(len(names)) as pool:
        marks = [f"apply/Kustomization/apps/{name}" for name in names]
        found = list(pool.map(lambda name, mark: holders.taken(holders.holder(name), mark), names, marks))
    (winner,) = {lease.holder for lease in found}
    assert sum(lease.holder == name for lease, name in zip(found, names, strict=True)) == 1
    lease = leases.read(holders.object())
    assert lease.fence == 1
    assert lease.marks == set(marks) - {f"apply/Kustomization/apps/{winner}"}


def test_one_that_never_stands_still_is_given_up_for_now() -> None:
    holders = Holders(FakeCluster(), "apps")
    one = holders.taken(holders.one)
    holders.cluster.fail(Conflict("no"), lambda call: call.verb == "patch")  # type: ignore[attr-defined]
    with pytest.raises(Transient, match="faster than it can be taken"):
        holders.two.take(holders.key, "", MARK)
    with pytest.raises(Transient, match="faster than it can be renewed"):
        holders.one.renew(holders.key, one)
    with pytest.raises(Transient, match="faster than it can be released"):
        holders.one.release(holders.key, one)


def test_whoever_may_not_claim_is_told_what_to_grant_and_loses_nothing() -> None:
    cluster = FakeCluster()
    cluster.fail(Forbidden("leases is forbidden"), lambda call: call.ref.kind == "Lease")
    holders = Holders(cluster, "apps")
    with pytest.raises(Transient, match="leases is forbidden: grant get, list, create, patch and delete on"):
        holders.taken(holders.one)


def test_a_lease_goes_with_its_source_and_can_be_read_by_kubectl(
    api_cluster: ApiCluster, namespace: str, kube: Kube
) -> None:
    owner = kube.post(f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "fleet"}})
    holders = Holders(api_cluster, namespace)
    holders.one.take(holders.key, owner["metadata"]["uid"], MARK)
    found = holders.object()
    assert found["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]
    assert found["spec"]["renewTime"] == "2030-01-01T12:00:00.000000Z"


def test_in_a_namespace_that_ends_there_is_none(api_cluster: ApiCluster, namespace: str, kube: Kube) -> None:
    """Threats B-36: what has to be let go there is let go."""
    obj = {"metadata": {"name": "stays", "finalizers": ["example.com/stays"]}}
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    kube.post(path, obj)
    kube.delete(f"/api/v1/namespaces/{namespace}")
    holders = Holders(api_cluster, namespace)
    assert holders.one.take(holders.key, "", MARK) is None
    headers = {"Content-Type": "application/merge-patch+json"}
    kube.request("PATCH", f"{path}/stays", {"metadata": {"finalizers": None}}, headers)
