from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from penstock.api.work import Function, Hint, WorkItem
from penstock.base.errors import LimitExceeded, Transient
from penstock.base.limits import Limits

from tests.queue.folders import apply
from tests.queue.topics import Subscriptions, publisher

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def subscriptions(pubsub_emulator: str, request: pytest.FixtureRequest) -> Iterator[Subscriptions]:
    made = Subscriptions(pubsub_emulator, request.node.name[:100])
    yield made
    made.close()


def test_each_function_has_its_topic_and_the_key_orders(
    pubsub_emulator: str, subscriptions: Subscriptions
) -> None:
    queue = publisher(pubsub_emulator, subscriptions.topics.prefix)
    items = [WorkItem(Function.FETCH, hint=Hint(("u",), "r")), apply("a"), WorkItem(Function.TICK)]
    for item in items:
        queue.put(item)
    for item in items:
        (message,) = subscriptions.pull(item.function)
        assert message.ordering_key == item.key
    queue.close()


def test_what_is_given_up_is_kept_with_what_is_known_about_it(
    pubsub_emulator: str, subscriptions: Subscriptions
) -> None:
    queue = publisher(pubsub_emulator, subscriptions.topics.prefix)
    queue.bury(b"\xff no item", {"reason": "ü" * 2000, "subscription": "", "attempt": "8"})
    (message,) = subscriptions.pull("dead")
    assert message.data == b"\xff no item"
    assert dict(message.attributes) == {"reason": "ü" * 512, "attempt": "8"}
    queue.close()


def test_an_item_that_the_functions_would_not_take_is_not_sent(pubsub_emulator: str) -> None:
    queue = publisher(pubsub_emulator, "nowhere", limits=Limits(invoke_body_bytes=100))
    with pytest.raises(LimitExceeded, match="PENSTOCK_LIMIT_INVOKE_BODY_BYTES"):
        queue.put(apply("a" * 200))


def test_a_topic_that_is_missing_is_named_with_the_remedy(pubsub_emulator: str) -> None:
    queue = publisher(pubsub_emulator, "nowhere")
    with pytest.raises(Transient, match="projects/penstock-test/topics/nowhere-apply does not exist: create"):
        queue.put(apply("a"))
    queue.close()


def test_no_more_than_the_limit_is_under_way_at_once() -> None:
    queue = publisher("127.0.0.1:1", "nowhere", limits=Limits(queue_outstanding=1), timeout_s=5)
    with queue._place(), pytest.raises(Transient, match="PENSTOCK_LIMIT_QUEUE_OUTSTANDING"):
        queue.put(apply("a"))


def test_a_server_that_does_not_answer_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        queue = publisher(f"127.0.0.1:{silent.getsockname()[1]}", "nowhere", timeout_s=0.5)
        with pytest.raises(
            Transient, match=r"did not take a message: (ServiceUnavailable|DeadlineExceeded)$"
        ):
            queue.put(apply("a"))
        queue.close()


def test_without_credentials_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", f"{tmp_path}/none.json")
    with pytest.raises(Transient, match="nowhere-apply did not take a message: DefaultCredentialsError"):
        publisher("", "nowhere").put(apply("a"))
