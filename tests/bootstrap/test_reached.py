from __future__ import annotations

from typing import Any

import pytest
from penstock.bootstrap.reached import Before, NotReconciled, late, reached, ready_of, slow

REVISION = "main@sha1:" + "a" * 40
Json = dict[str, Any]


def repository(status: str = "True", revision: str = REVISION, **more: Any) -> Json:
    ready = {"type": "Ready", "status": status, "reason": "R", "message": "why", "lastTransitionTime": "t1"}
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "a", "namespace": "n", "generation": 2},
        "spec": {},
        "status": {
            "observedGeneration": 2,
            "conditions": [ready],
            "artifact": {"revision": revision},
            **more,
        },
    }


def kustomization(revision: str = REVISION) -> Json:
    found = repository(lastAttemptedRevision=revision)
    return {**found, "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization"}


@pytest.mark.parametrize(
    ("obj", "done"),
    [
        (repository(), True),
        (repository(revision="main@sha1:" + "b" * 40), False),
        (repository("Unknown"), False),
        (repository(observedGeneration=1), False),
        (repository(observedGeneration=-1, conditions=[]), False),
        (repository("False", observedGeneration=1), False),
        (repository(conditions="none"), False),
        ({**repository(), "status": None}, False),
        (kustomization(), True),
        (kustomization("main@sha1:" + "b" * 40), False),
    ],
)
def test_an_object_is_there_once_it_is_ready_at_the_commit(obj: Json, *, done: bool) -> None:
    assert reached(obj, REVISION, Before()) is done


@pytest.mark.parametrize(
    ("obj", "why"),
    [
        (repository("False"), "^why$"),
        ({**repository(), "spec": {"suspend": True}}, "GitRepository 'n/a' is suspended: resume it"),
        (
            {**repository(), "metadata": {"name": "a", "namespace": "n", "deletionTimestamp": "now"}},
            "being deleted",
        ),
    ],
)
def test_an_object_that_will_not_get_there_ends_the_wait_with_its_own_message(obj: Json, why: str) -> None:
    with pytest.raises(NotReconciled, match=why):
        reached(obj, REVISION, Before())


def test_a_failure_from_before_does_not_end_the_wait_and_a_new_one_does() -> None:
    before = ready_of(repository("False"))
    assert not reached(repository("False"), REVISION, before)
    changed = repository("False")
    changed["status"]["conditions"][0]["lastTransitionTime"] = "t2"
    with pytest.raises(NotReconciled):
        reached(changed, REVISION, before)


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        (None, "is not there any more"),
        (repository("Unknown"), "gitrepository 'n/a' not ready: 'why'"),
        (repository(conditions=[]), "was not looked at: check that penstock's functions serve"),
        (repository(), "did not get to the new commit in time"),
    ],
)
def test_who_is_late_is_told_with_what_is_known(obj: Json | None, words: str) -> None:
    assert words in late(obj, "GitRepository", "n/a")


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        (repository("Unknown"), "gitrepository 'n/a' is not ready yet: 'why'"),
        (repository(conditions=[]), "nobody has looked at GitRepository 'n/a' yet: the next tick does"),
        (repository(), "is not at the new commit yet"),
    ],
)
def test_who_takes_long_is_told_what_is_waited_for(obj: Json, words: str) -> None:
    assert words in slow(obj, "GitRepository", "n/a")
