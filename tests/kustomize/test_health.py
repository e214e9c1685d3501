"""What health checks are about and what their states come to: pure decisions in Flux's words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.kstatus import State
from penstock.api.kustomization import KustomizationSpec, decode
from penstock.api.kustomize import CustomHealthCheck
from penstock.api.refs import ObjectRef
from penstock.kustomize.health import (
    CURRENT,
    NOT_FOUND,
    Group,
    Health,
    InvalidHealthCheck,
    by_expressions,
    groups,
    judge,
    judged_part,
    key_of,
    later,
    mark,
    problem,
    targets,
    tells_of_success,
    vanishing,
    without_itself,
)

from tests.kustomize.builders import OWNER, config_map, make, ref

WEB = ref("Deployment", "web", "x", "apps")
JOB = ref("Job", "once", "x", "batch")
POD = ref("Pod", "p", "x")
A, B, C = (ref("ConfigMap", name, "x") for name in "abc")
ELSEWHERE = ref("ConfigMap", "a", "y")
WAITING = Health(State.IN_PROGRESS)
FAILED = Health(State.FAILED)


def _spec(**spec: Any) -> KustomizationSpec:
    given = {"interval": "10m", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "x"}, **spec}
    meta = {"name": OWNER.name, "namespace": OWNER.namespace}
    return decode({"apiVersion": OWNER.api_version, "kind": OWNER.kind, "metadata": meta, "spec": given}).spec


def _check(kind: str = "Deployment", name: str = "web", **more: str) -> dict[str, str]:
    return {"kind": kind, "name": name, **more}


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({}, ()),
        ({"wait": True}, (A, WEB)),
        ({"wait": True, "healthChecks": [_check()]}, (A, WEB)),
        ({"healthChecks": []}, ()),
        ({"healthChecks": [_check(namespace="x")]}, (WEB,)),
        ({"healthChecks": [_check(namespace="x"), _check(namespace="x", apiVersion="apps/v1")]}, (WEB,)),
        (
            {"healthChecks": [_check(apiVersion="apps/v1beta1", namespace="x")]},
            (ref("Deployment", "web", "x", "apps", "v1beta1"),),
        ),
        ({"healthChecks": [_check("ConfigMap", "a", apiVersion="v1", namespace="x")]}, (A,)),
        ({"healthChecks": [_check("Namespace", "n", apiVersion="v1")]}, (ref("Namespace", "n"),)),
    ],
)
def test_what_is_checked(spec: dict[str, Any], found: tuple[ObjectRef, ...]) -> None:
    assert targets(_spec(**spec), [A, WEB]) == found


def test_a_check_of_no_api_version_that_there_could_be_is_refused() -> None:
    with pytest.raises(InvalidHealthCheck, match="unexpected GroupVersion string: a/b/c"):
        targets(_spec(healthChecks=[_check(apiVersion="a/b/c")]), [])


def test_a_kustomization_does_not_wait_for_itself() -> None:
    other = ObjectRef(OWNER.group, "v1", OWNER.kind, OWNER.namespace, "other")
    assert without_itself((OWNER, A, other), OWNER) == (A, other)


@pytest.mark.parametrize(
    ("seen", "failed", "waiting"),
    [
        ({A: CURRENT, WEB: CURRENT}, (), ()),
        ({A: CURRENT, WEB: WAITING}, (), (WEB,)),
        ({A: FAILED, WEB: WAITING}, (A,), (WEB,)),
        ({A: NOT_FOUND, WEB: Health(State.TERMINATING)}, (), (A, WEB)),
        ({WEB: Health(State.UNKNOWN, "no")}, (), (A, WEB)),
    ],
)
def test_what_the_states_come_to(
    seen: dict[ObjectRef, Health], failed: tuple[ObjectRef, ...], waiting: tuple[ObjectRef, ...]
) -> None:
    verdict = judge((A, WEB), {key_of(one): health for one, health in seen.items()}, frozenset())
    assert (verdict.failed, verdict.waiting) == (failed, waiting)
    assert verdict.healthy is (not failed and not waiting)


def test_a_job_that_was_to_vanish_and_did_is_healthy() -> None:
    ttl = make("batch/v1", "Job", "once", "x", spec={"ttlSecondsAfterFinished": 0})
    plain = make("batch/v1", "Job", "plain", "x", spec={})
    other = make("example.com/v1", "Job", "other", "x", spec={"ttlSecondsAfterFinished": 5})
    text = make("batch/v1", "Job", "text", "x", spec={"ttlSecondsAfterFinished": "5"})
    found = vanishing([ttl, plain, other, text, config_map("a")])
    assert found == {key_of(JOB)}
    assert judge((JOB,), {key_of(JOB): NOT_FOUND}, found).healthy
    assert not judge((JOB,), {key_of(JOB): NOT_FOUND}, frozenset()).healthy
    assert not judge((JOB,), {key_of(JOB): WAITING}, found).healthy


def test_problems_are_told_as_flux_tells_them() -> None:
    seen = {key_of(A): FAILED, key_of(WEB): WAITING, key_of(B): Health(State.UNKNOWN, "no such thing")}
    early = judge((A, WEB, B), seen, frozenset())
    assert problem(early, seen) == ("failed early due to stalled resources: [ConfigMap/x/a status: 'Failed']")
    late = judge((WEB, B, C), seen, frozenset())
    assert problem(late, seen) == (
        "timeout waiting for: [Deployment/x/web status: 'InProgress', "
        "ConfigMap/x/b status: 'Unknown': no such thing, can't determine status for ConfigMap/x/c]"
    )


def test_one_look_at_a_kind_shows_what_labels_find() -> None:
    assert groups((A, B, ELSEWHERE, WEB), wide=True) == (
        Group("", "ConfigMap", "", "", (A, B, ELSEWHERE)),
        Group("apps", "Deployment", "x", "", (WEB,)),
    )


def test_without_labels_each_namespace_is_looked_at_or_the_one_object_in_it() -> None:
    assert groups((B, ELSEWHERE, A, POD), wide=False) == (
        Group("", "ConfigMap", "x", "", (A, B)),
        Group("", "ConfigMap", "y", "a", (ELSEWHERE,)),
        Group("", "Pod", "x", "p", (POD,)),
    )
    assert [one.ages for one in groups((A, POD), wide=False)] == [False, True]


_NAMES = st.sampled_from(["a", "b", "c"])
_REFS = st.builds(
    lambda kind, namespace, name: ref(kind, name, namespace),
    st.sampled_from(["Pod", "Secret"]),
    _NAMES,
    _NAMES,
)


@given(st.lists(_REFS, unique=True), st.booleans())
def test_every_object_is_in_one_group_and_fewer_watches_than_kinds_and_namespaces(
    refs: list[ObjectRef], wide: bool
) -> None:
    found = groups(refs, wide=wide)
    assert sorted(one for group in found for one in group.refs) == sorted(refs)
    places = {one.kind if wide else (one.kind, one.namespace) for one in refs}
    assert len(found) == len(places)
    for group in found:
        assert all(one.namespace == group.namespace for one in group.refs) or (wide and not group.namespace)


@given(st.dictionaries(_REFS, st.sampled_from(list(State))))
def test_a_verdict_loses_nobody(seen: dict[ObjectRef, State]) -> None:
    states = {key_of(one): Health(state) for one, state in seen.items()}
    verdict = judge(tuple(seen), states, frozenset())
    healthy = {one for one, state in seen.items() if state is State.CURRENT}
    assert {*verdict.failed, *verdict.waiting} | healthy == set(seen)
    assert verdict.healthy is (len(healthy) == len(seen))
    if not verdict.healthy:
        told = verdict.failed or verdict.waiting
        assert all(f"{one} status: '{seen[one]}'" in problem(verdict, states) for one in told)


def test_expressions_are_for_a_kind_or_for_all_of_a_group_and_never_for_jobs() -> None:
    one = CustomHealthCheck(api_version="example.com/v1", kind="Widget", current="true")
    group = CustomHealthCheck(api_version="batch/v1", current="true")
    assert by_expressions((one,), "example.com", "Widget")
    assert not by_expressions((one,), "example.com", "Gadget")
    assert by_expressions((group,), "batch", "CronJob")
    assert not by_expressions((group,), "batch", "Job")
    assert not by_expressions((), "", "ConfigMap")


def test_what_is_judged_has_no_content() -> None:
    secret = make("v1", "Secret", "s", "x", data={"k": "c2VjcmV0"}, annotations={"note": "secret"})
    assert judged_part(secret) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "x"},
    }


def test_a_mark_moves_with_the_status_the_generation_and_the_deletion_alone() -> None:
    before = make("apps/v1", "Deployment", "web", "x", status={"replicas": 1})
    before["metadata"] |= {"generation": 1, "resourceVersion": "5"}
    same = {**before, "metadata": {**before["metadata"], "resourceVersion": "6", "labels": {"a": "b"}}}
    assert mark(before) == mark(same)
    others = (
        {**before, "status": {"replicas": 2}},
        {**before, "metadata": {**before["metadata"], "generation": 2}},
        {**before, "metadata": {**before["metadata"], "deletionTimestamp": "2030-01-01T00:00:00Z"}},
    )
    assert len({mark(before), *map(mark, others)}) == 4
    assert mark(make("v1", "Pod", "p", "x")) == ""


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [("", "5", "5"), ("9", "10", "10"), ("10", "9", "10"), ("a", "5", "5"), ("7", "", "7")],
)
def test_the_later_of_two_versions(one: str, other: str, found: str) -> None:
    assert later(one, other) == found


@pytest.mark.parametrize(
    ("was_healthy", "new_revision", "changed", "told"),
    [
        (True, False, True, False),
        (True, True, False, False),
        (True, True, True, True),
        (False, False, False, True),
    ],
)
def test_success_is_an_event_after_a_failure_or_of_something_new(
    was_healthy: bool, new_revision: bool, changed: bool, told: bool
) -> None:
    assert tells_of_success(was_healthy=was_healthy, new_revision=new_revision, changed=changed) is told
