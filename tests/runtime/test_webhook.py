from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.work import Function, Hint, WorkItem
from penstock.base.clock import SystemClock
from penstock.base.errors import Transient
from penstock.queue.folder import FolderQueue
from penstock.runtime.webhook import Webhook

from tests.fakes.queue import FakeQueue
from tests.runtime.requesting import LIMITS, PUSH, SECRET, Endless, Site, request, signed, streamed

if TYPE_CHECKING:
    from pathlib import Path


class Door(Site):
    def __init__(self) -> None:
        self.queue = FakeQueue()
        super().__init__("/github", Webhook((SECRET,), LIMITS, lambda: self.queue))

    def deliver(self, payload: Any, event: str = "push", **headers: str) -> tuple[int, Any, dict[str, str]]:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.ask(request("/github", body, headers={**signed(body, event), **headers}))


def test_a_push_is_stored_as_a_hint_before_it_is_answered() -> None:
    door = Door()
    status, body, _ = door.deliver(PUSH)
    assert status == 202
    assert body == {"status": "accepted", "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
    hint = Hint(
        ("https://github.com/fluxcd/flux2.git",), "refs/heads/main", "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    )
    assert door.queue.items == [WorkItem(Function.FETCH, reason="push", hint=hint)]
    assert door.logged[0]["ref"] == "refs/heads/main"


def test_a_push_to_gitlab_is_stored_like_any_other() -> None:
    door = Door()
    body = json.dumps({**PUSH, "project": {"git_http_url": "https://gitlab.example.com/a/b.git"}}).encode()
    headers = {"Content-Type": "application/json", "X-Gitlab-Event": "Push Hook"}
    assert door.ask(request("/github", body, headers={**headers, "X-Gitlab-Token": "other"}))[0] == 401
    assert door.ask(request("/github", body, headers={**headers, "X-Gitlab-Token": SECRET}))[0] == 202
    assert [item.hint and item.hint.urls for item in door.queue.items] == [
        ("https://gitlab.example.com/a/b.git",)
    ]
    assert SECRET not in door.stream.getvalue()


def test_a_ping_is_answered_and_gives_no_work() -> None:
    door = Door()
    status, body, _ = door.deliver({"zen": "x"}, "ping")
    assert (status, body) == (202, {"status": "ignored", "reason": "ping"})
    assert door.queue.items == []


def test_what_cannot_be_stored_is_not_accepted() -> None:
    door = Door()
    door.queue.failure = Transient("the queue is full", retry_after=60)
    status, _, headers = door.deliver(PUSH)
    assert (status, headers["Retry-After"]) == (503, "60")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Hub-Signature-256": "sha256=" + "0" * 64}, 401),
        ({"X-Hub-Signature-256": "é"}, 401),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
        ({"X-GitHub-Event": ""}, 400),
    ],
)
def test_what_is_not_genuine_is_refused_and_stores_nothing(headers: dict[str, str], status: int) -> None:
    door = Door()
    assert door.deliver(PUSH, **headers)[0] == status
    assert door.queue.items == []


def test_the_size_is_checked_before_the_signature() -> None:
    door = Door()
    assert door.deliver(b"x" * 2001, **{"X-Hub-Signature-256": "wrong"})[0] == 413
    assert door.deliver(b"x" * 2000, **{"X-Hub-Signature-256": "wrong"})[0] == 401


def test_an_endless_chunked_body_is_413() -> None:
    assert Door().ask(streamed("/github", Endless(), signed(b"")))[0] == 413


def test_the_answer_does_not_repeat_what_was_sent() -> None:
    door = Door()
    _, body, _ = door.deliver(b'{"ref": "canary')
    assert "canary" not in json.dumps(body) + door.stream.getvalue()


def test_a_thousand_pushes_of_one_branch_are_one_that_runs_and_one_that_waits(quick_path: Path) -> None:
    queue = FolderQueue(quick_path, clock=SystemClock(), most_items=100, most_attempts=3)
    site = Site("/github", Webhook((SECRET,), LIMITS, lambda: queue))
    running = []
    for n in range(1000):
        body = json.dumps({**PUSH, "after": f"{n:040x}"}).encode()
        headers = {**signed(body), "X-GitHub-Delivery": str(n)}
        assert site.ask(request("/github", body, headers=headers))[0] == 202
        running += [claimed for claimed in [queue.claim()] if claimed is not None]
    assert queue.counts() == (1, 1, 0)
    queue.done(running[0])
    last = queue.claim()
    assert last is not None
    assert last.item.hint is not None
    assert last.item.hint.delivery == "999"
    queue.done(last)
    assert (len(running), queue.claim()) == (1, None)
    queue.close()


def test_fifty_deliveries_at_once_become_one_item(tmp_path: Path) -> None:
    queue = FolderQueue(tmp_path, clock=SystemClock(), most_items=100, most_attempts=3)
    site = Site("/github", Webhook((SECRET,), LIMITS, lambda: queue))
    body = json.dumps(PUSH).encode()
    with ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(lambda _: site.ask(request("/github", body, headers=signed(body))), range(50))
        )
    assert {status for status, _, _ in answers} == {202}
    assert queue.counts() == (1, 0, 0)
    queue.close()


NAMES = (
    "X-Hub-Signature-256",
    "X-GitHub-Event",
    "X-GitHub-Delivery",
    "X-Gitlab-Token",
    "X-Gitlab-Event",
    "Content-Type",
    "Content-Encoding",
)
TEXT = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=90)
HEADERS = st.dictionaries(
    st.sampled_from(NAMES) | st.text("abcXYZ-_0!", min_size=1, max_size=9),
    st.sampled_from(["push", "application/json", "identity", signed(b"")["X-Hub-Signature-256"]]) | TEXT,
    max_size=7,
)


@given(body=st.binary(max_size=2100), headers=HEADERS)
def test_any_bytes_under_any_headers_are_refused_and_stored_nowhere(
    body: bytes, headers: dict[str, str]
) -> None:
    headers = {key: value for key, value in headers.items() if value != signed(body)["X-Hub-Signature-256"]}
    door = Door()
    assert door.ask(request("/github", body, headers=headers))[0] in {401, 413, 415}
    assert door.queue.items == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
PAYLOADS = st.fixed_dictionaries(
    {},
    optional={"ref": st.just("refs/heads/main") | VALUES, "repository": st.just(PUSH["repository"]) | VALUES},
)
ODD = st.sampled_from(
    [b'{"ref": NaN}', b'{"a":1,"a":2}', b'"\\ud800"', b"[" * 1900, b"9" * 1900, b"\xff", b""]
)


@given(
    body=PAYLOADS.map(json.dumps).map(str.encode) | ODD | st.binary(max_size=99),
    event=st.sampled_from(["push", "ping"]) | TEXT,
)
def test_whatever_is_signed_with_our_secret_is_202_or_400(body: bytes, event: str) -> None:
    door = Door()
    status, _, _ = door.ask(request("/github", body, headers=signed(body, event)))
    assert status in {202, 400}
    assert all(item.function is Function.FETCH and item.hint is not None for item in door.queue.items)
