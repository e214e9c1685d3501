"""What may be done with a Lease, and what it looks like then."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api import lease as leases
from penstock.api.lease import ClaimKey, Lease
from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.api.work import Function

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
KEY = ClaimKey(Function.APPLY, git_repository("flux-system", "fleet"))
MARK = "apply/GitRepository/flux-system/fleet"


def held(seconds_ago: float, **changes: Any) -> Lease:
    """One that `other` renewed so long ago, for 60 seconds."""
    values = {
        "holder": "other",
        "fence": 3,
        "duration_s": 60.0,
        "renewed": NOW - timedelta(seconds=seconds_ago),
    }
    return Lease(**{**values, **changes})


@pytest.mark.parametrize(
    ("lease", "seconds"),
    [
        (held(0), 60),
        (held(59), 1),
        (held(60), 0),
        (held(3600), 0),
        (held(-30), 90),
        (held(-61), 0),
        (held(-3600), 0),
        (held(0, holder=""), 0),
        (held(0, renewed=None), 0),
        (held(0, duration_s=0.0), 0),
    ],
)
def test_a_lease_is_its_holders_until_it_runs_out_and_the_future_is_no_better_than_the_past(
    lease: Lease, seconds: float
) -> None:
    assert leases.left_s(lease, NOW) == seconds
    assert leases.may_take(lease, "me", NOW, gone=False) == (seconds == 0)


def test_what_is_ours_from_before_and_what_the_dead_hold_may_be_taken_at_once() -> None:
    assert leases.may_take(held(0), "other", NOW, gone=False)
    assert leases.may_take(held(0), "me", NOW, gone=True)


def test_a_new_lease_names_its_holder_and_goes_with_its_source() -> None:
    obj = leases.new(KEY, "uid-1", "me", NOW, 60)
    assert obj == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "namespace": "flux-system",
            "name": "penstock-apply-gitrepository-fleet",
            "labels": {"app.kubernetes.io/managed-by": "penstock"},
            "ownerReferences": [
                {
                    "apiVersion": "source.toolkit.fluxcd.io/v1",
                    "kind": "GitRepository",
                    "name": "fleet",
                    "uid": "uid-1",
                }
            ],
        },
        "spec": {
            "holderIdentity": "me",
            "leaseTransitions": 1,
            "leaseDurationSeconds": 60,
            "acquireTime": "2030-01-01T12:00:00.000000Z",
            "renewTime": "2030-01-01T12:00:00.000000Z",
        },
    }
    assert "ownerReferences" not in leases.new(KEY, "", "me", NOW, 60)["metadata"]
    assert leases.read(obj) == Lease("me", 1, NOW, 60.0)


def test_the_fence_grows_with_every_holder_and_stays_when_the_lease_is_released() -> None:
    assert leases.taken(held(90), "me", NOW, 60, MARK)["spec"]["leaseTransitions"] == 4
    assert leases.released() == {"spec": {"holderIdentity": None}}
    assert leases.renewed(NOW) == {"spec": {"renewTime": "2030-01-01T12:00:00.000000Z"}}


def test_marks_come_and_go_and_whoever_takes_the_lease_leaves_those_of_others() -> None:
    lease = held(0, marks=frozenset({"a"}))
    assert leases.marked(lease, MARK) == {"metadata": {"annotations": {leases.RUN_AGAIN: f"a {MARK}"}}}
    both = held(90, marks=frozenset({"a", MARK}))
    assert leases.taken(both, "me", NOW, 60, MARK)["metadata"] == {"annotations": {leases.RUN_AGAIN: "a"}}
    assert "metadata" not in leases.taken(lease, "me", NOW, 60, MARK)
    assert leases.unmarked(both, [MARK]) == {"metadata": {"annotations": {leases.RUN_AGAIN: "a"}}}
    assert leases.unmarked(lease, ["a"]) == {"metadata": {"annotations": {leases.RUN_AGAIN: None}}}


def test_there_is_room_for_so_many_marks_and_no_more() -> None:
    full = held(0, marks=frozenset(f"apply/Kustomization/apps/n{n}" for n in range(leases.MOST_MARKS)))
    assert leases.marked(full, MARK) is None
    assert len(leases.items(full)) == leases.MOST_MARKS


def test_marks_are_work_and_what_is_none_we_know_is_passed_over() -> None:
    """Threats B-30: a newer penstock may write what an older one cannot read; it stays as it is."""
    wanted = leases.item(Function.APPLY, kustomization("apps", "podinfo"))
    strange = {"", "apply", "apply/Kustomization/apps", "release/HelmRelease/apps/x", "apply/Pod/apps/x"}
    strange |= {"apply/Kustomization/../x", "v2:apply/Kustomization/apps/x", "apply/Kustomization/apps/x/y"}
    lease = held(0, marks=frozenset({wanted.key, *strange}))
    assert leases.items(lease) == (wanted,)
    kept = leases.unmarked(lease, [wanted.key])["metadata"]["annotations"][leases.RUN_AGAIN]
    assert set(kept.split()) == strange - {""}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (git_repository("a", "fleet"), "penstock-apply-gitrepository-fleet"),
        (git_repository("a", "a.b-c"), "penstock-apply-gitrepository-a.b-c"),
        (ObjectRef("x", "v1", "OCIRepository", "a", "oci"), "penstock-apply-ocirepository-oci"),
        (git_repository("a", ""), "penstock-apply-" + sha256(b"gitrepository-").hexdigest()[:16]),
        (git_repository("a", "../x"), "penstock-apply-" + sha256(b"gitrepository-../x").hexdigest()[:16]),
    ],
)
def test_a_lease_is_named_after_what_it_stands_for(source: ObjectRef, name: str) -> None:
    assert leases.lease_name(ClaimKey(Function.APPLY, source)) == name


PART = "[a-z0-9]([-a-z0-9]{0,120}[a-z0-9])?"
NAMES = st.from_regex(rf"{PART}(\.{PART})?", fullmatch=True)
SUBDOMAIN = r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"


@given(st.one_of(NAMES, st.text(max_size=300)), st.sampled_from(Function))
def test_every_name_is_one_that_kubernetes_takes(name: str, function: Function) -> None:
    assert re.fullmatch(SUBDOMAIN, leases.lease_name(ClaimKey(function, git_repository("a", name))))


@given(st.lists(st.one_of(NAMES, st.text(max_size=300)), unique=True, min_size=2, max_size=20))
def test_two_sources_never_share_a_lease(names: list[str]) -> None:
    found = {
        leases.lease_name(ClaimKey(function, git_repository("a", name)))
        for name in names
        for function in Function
    }
    assert len(found) == len(names) * len(Function)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=10,
)
FIELDS = ("holderIdentity", "leaseTransitions", "leaseDurationSeconds", "renewTime", "acquireTime")
SPEC = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON))


@given(st.fixed_dictionaries({}, optional={"spec": st.one_of(JSON, SPEC), "metadata": JSON}))
def test_a_lease_of_any_shape_can_be_read_and_holds_nobody_up_for_more_than_an_hour_or_two(obj: Any) -> None:
    lease = leases.read(obj)
    assert 0 <= leases.left_s(lease, NOW) <= 7200
    assert leases.read({"spec": leases.taken(lease, "me", NOW, 60, MARK)["spec"]}).fence == lease.fence + 1


@given(st.integers(-10_000, 10_000), st.integers(-10_000, 10_000), st.integers(1, 3600))
def test_whatever_the_clock_of_a_dead_holder_said_it_holds_others_up_near_that_moment_only(
    skew_s: int, later_s: int, duration_s: int
) -> None:
    """Threats B-29."""
    obj = leases.new(KEY, "", "dead", NOW + timedelta(seconds=skew_s), duration_s)
    left_s = leases.left_s(leases.read(obj), NOW + timedelta(seconds=later_s))
    assert (left_s > 0) == (-duration_s <= later_s - skew_s < duration_s)
