from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.refs import git_repository
from penstock.api.work import Function, Outcome, WorkItem
from penstock.base.clock import rfc3339, rfc3339_micro
from penstock.runtime.answers import Problem
from penstock.runtime.gate import Gate
from penstock.runtime.invoke import Invoke, parse_invoke, parse_wait
from penstock.store.folder import FolderBucket
from penstock.store.records import Record, Records

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.queue import FakeQueue
from tests.runtime.requesting import LIMITS, TOKEN, Site, bearer, request

if TYPE_CHECKING:
    from pathlib import Path

GIT = {"kind": "GitRepository", "namespace": "apps", "name": "podinfo"}
REF = git_repository("apps", "podinfo")


class Door(Site):
    """An invoke door; `worker` is called each time that the handler pauses."""

    def __init__(self, folder: Path, namespaces: tuple[str, ...] = (), *, can_wait: bool = True) -> None:
        self.queue = FakeQueue()
        self.cluster = FakeCluster()
        self.clock = FakeClock()
        self.records = Records(FolderBucket(folder), self.cluster.identity())
        self.worker: Any = lambda: None
        invoke = Invoke(
            Gate((TOKEN,)),
            namespaces,
            LIMITS,
            self.clock,
            queue=lambda: self.queue,
            cluster=lambda: self.cluster,
            records=lambda: self.records,
            can_wait=can_wait,
            pause=self.pause,
        )
        super().__init__("/invoke", invoke, self.clock)

    def pause(self, seconds: float) -> None:
        self.worker()
        self.clock.move(seconds)

    def invoke(self, body: Any, query: str = "") -> tuple[int, Any]:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, answer, _ = self.ask(request(f"/invoke{query}", sent, headers=bearer()))
        return status, answer

    def seed(self, **spec: Any) -> None:
        self.cluster.seed(
            {
                "apiVersion": REF.api_version,
                "kind": REF.kind,
                "metadata": {"namespace": "apps", "name": "podinfo"},
                "spec": spec,
            }
        )

    def record(self, *, ok: bool, started_ago_s: float = 0.0) -> None:
        now = self.clock.now()
        self.records.write(
            REF,
            Record(
                checked_at=rfc3339(now),
                started_at=rfc3339_micro(now - timedelta(seconds=started_ago_s)),
                ok=ok,
                outcome=Outcome(ok, "stored artifact" if ok else "no access"),
            ),
        )


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def test_an_invoke_is_stored_and_answered(door: Door) -> None:
    assert door.invoke(GIT) == (202, {"status": "accepted"})
    assert door.invoke({**GIT, "kind": "Kustomization"})[0] == 202
    assert door.queue.items == [
        WorkItem(Function.FETCH, "GitRepository", "apps", "podinfo", "invoked"),
        WorkItem(Function.APPLY, "Kustomization", "apps", "podinfo", "invoked"),
    ]
    assert door.cluster.calls == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"[" * 900,
        b'{"kind": "GitRepository", "kind": "Kustomization", "namespace": "a", "name": "b"}',
        {},
        {**GIT, "url": "https://evil/x"},
        {**GIT, "manifest": "kind: Pod"},
        {**GIT, "path": "../"},
        {**GIT, "hint": "x"},
        {**GIT, "revision": "--upload-pack=x"},
        {**GIT, "revision": "a" * 40},
        {**GIT, "token": "2030-01-01T00:00:00Z"},
        {**GIT, "name": "../../other"},
        {**GIT, "name": "a%2fb"},
        {**GIT, "name": "UPPER"},
        {**GIT, "name": "a" * 300},
        {**GIT, "name": 7},
        {**GIT, "name": None},
        {**GIT, "namespace": ""},
        {**GIT, "namespace": "a.b"},
        {**GIT, "kind": "Secret"},
        {**GIT, "kind": "gitrepository"},
        {"kind": "GitRepository", "name": "podinfo"},
    ],
)
def test_anything_but_the_name_of_an_object_is_400(door: Door, body: Any) -> None:
    status, answer = door.invoke(body)
    assert status == 400
    assert len(answer["error"]) < 300
    assert door.queue.items == []


@pytest.mark.parametrize(
    "query", ["?wait=0s", "?wait=11m", "?wait=30", "?wait=", "?wait=-1s", "?wait=1s&wait=2s", "?force=1"]
)
def test_a_wait_that_is_no_duration_is_400(door: Door, query: str) -> None:
    door.seed()
    assert door.invoke(GIT, query)[0] == 400
    assert door.queue.items == []


def test_without_the_token_nothing_is_read(door: Door) -> None:
    status, _, _ = door.ask(request("/invoke", json.dumps(GIT).encode()))
    assert status == 401
    assert door.queue.items == []


def test_a_namespace_that_is_not_served_is_403(tmp_path: Path) -> None:
    door = Door(tmp_path, ("infra",))
    assert door.invoke(GIT)[0] == 403
    assert door.queue.items == []


@pytest.mark.parametrize(("ok", "status"), [(True, 200), (False, 500)])
def test_who_waits_gets_the_outcome(door: Door, ok: bool, status: int) -> None:
    door.seed()
    door.worker = lambda: door.record(ok=ok)
    given, answer = door.invoke(GIT, "?wait=30s")
    assert given == status
    assert answer["outcome"]["ok"] is ok


def test_the_outcome_of_a_run_that_began_earlier_is_not_taken(door: Door) -> None:
    door.seed()
    door.record(ok=False, started_ago_s=60)
    door.worker = lambda: door.record(ok=False, started_ago_s=30)
    assert door.invoke(GIT, "?wait=10s")[0] == 504
    assert len(door.queue.items) == 1


def test_who_waits_for_an_end_hears_of_it(door: Door) -> None:
    door.seed()
    door.cluster.merge_patch(REF, {"metadata": {"finalizers": ["a/b"]}}, field_manager="test")
    door.record(ok=True, started_ago_s=0.001)
    door.cluster.delete(REF, uid=None)
    door.worker = lambda: door.cluster.merge_patch(
        REF, {"metadata": {"finalizers": None}}, field_manager="test"
    )
    status, answer = door.invoke(GIT, "?wait=10s")
    assert (status, answer["outcome"]["message"]) == (200, "GitRepository/apps/podinfo is deleted")


def test_a_record_without_a_start_or_an_outcome_is_waited_past(door: Door) -> None:
    door.seed()
    door.worker = lambda: door.records.write(REF, Record(checked_at="soon", started_at="soon", ok=True))
    assert door.invoke(GIT, "?wait=1s")[0] == 504


def test_nobody_waits_for_what_does_not_exist_or_is_suspended(door: Door) -> None:
    assert door.invoke(GIT, "?wait=1s")[0] == 404
    door.seed(suspend=True)
    assert door.invoke(GIT, "?wait=1s")[0] == 409
    assert door.queue.items == []


def test_a_function_without_a_bucket_cannot_be_waited_for(tmp_path: Path) -> None:
    assert Door(tmp_path, can_wait=False).invoke(GIT, "?wait=1s")[0] == 400


@given(
    st.binary(max_size=100)
    | st.dictionaries(
        st.sampled_from([*GIT, "revision", "url"]),
        st.sampled_from(["GitRepository", "apps", "a" * 40])
        | st.text(max_size=9)
        | st.none()
        | st.integers(),
    ).map(lambda body: json.dumps(body).encode())
)
def test_any_body_is_an_item_or_a_400(body: bytes) -> None:
    try:
        item = parse_invoke(body)
    except Problem as problem:
        assert problem.status == 400  # noqa: PT017 - it need not raise
    else:
        assert item.hint is None


@given(
    st.dictionaries(st.sampled_from(["wait", "x"]), st.lists(st.text(max_size=5) | st.just("5s"), max_size=2))
)
def test_any_query_is_a_wait_or_a_400(query: dict[str, list[str]]) -> None:
    try:
        wait_s = parse_wait(query)
    except Problem as problem:
        assert problem.status == 400  # noqa: PT017 - it need not raise
    else:
        assert wait_s is None or 0 < wait_s <= 600


def test_who_waits_for_an_object_of_a_shard_is_told(tmp_path: Path) -> None:
    door = Door(tmp_path)
    door.seed()
    door.cluster.merge_patch(
        REF, {"metadata": {"labels": {"sharding.fluxcd.io/key": "shard1"}}}, field_manager="someone"
    )
    status, answer = door.invoke(GIT, "?wait=1s")
    assert (status, answer["error"]) == (403, f"{REF} is left to its shard")
    assert door.queue.items == []
