"""The emulators are what they are said to be."""

from __future__ import annotations

import itertools
import json
import socket
from base64 import b64decode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures_emulators import PUSH_TOKEN, pubsub
from tests.queue.folders import apply
from tests.queue.topics import Subscriptions, publisher
from tests.support.waiting import eventually
from tests.support.wsgi import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_prefixes = (f"emulator-{n}" for n in itertools.count(1))


class Function:
    """Takes pushes; those of an object in `failing` are refused as often as it says."""

    def __init__(self, **failing: int) -> None:
        self.failing = failing
        self.got: list[tuple[str, str, int]] = []
        self.tokens: set[str] = set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.tokens.add(environ["HTTP_AUTHORIZATION"])
        envelope: dict[str, Any] = json.loads(body)
        item = json.loads(b64decode(envelope["message"]["data"]))
        self.got.append((item["name"], item["token"], envelope["deliveryAttempt"]))
        refused = self.failing.get(item["name"], 0) >= envelope["deliveryAttempt"]
        start_response("503 Service Unavailable" if refused else "204 No Content", [])
        return []

    def of(self, name: str) -> list[tuple[str, int]]:
        """The token and the attempt of each delivery about an object."""
        return [(token, attempt) for found, token, attempt in tuple(self.got) if found == name]


@contextmanager
def pushing(host: str, function: Function, *, ordered: bool = True) -> Iterator[Any]:
    """A queue whose work for apply is pushed to the function."""
    prefix = next(_prefixes)
    subscriptions, queue = Subscriptions(host, prefix, ordered=ordered), publisher(host, prefix)
    with serving(function) as url:
        subscriptions.push_to("apply", url)
        yield queue
        subscriptions.push_to("apply", "")
    subscriptions.close()
    queue.close()


def test_pubsub_listens_where_it_says(pubsub_emulator: str) -> None:
    host, _, port = pubsub_emulator.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        assert connection.getpeername()[1] == int(port)


def test_pubsub_pushes_in_order_again_until_it_is_taken_and_holds_up_nobody_else(
    pubsub_emulator: str,
) -> None:
    function = Function(a=2)
    with pushing(pubsub_emulator, function) as queue:
        for number in range(3):
            queue.put(apply("a", token=str(number)))
        queue.put(apply("b", token="0"))
        eventually(lambda: len(function.got) == 10, "all deliveries")
    assert function.of("a") == [(str(number), attempt) for number in range(3) for attempt in (1, 2, 3)]
    assert function.of("b") == [("0", 1)]
    assert function.got.index(("b", "0", 1)) < function.got.index(("a", "2", 3))
    assert function.tokens == {f"Bearer {PUSH_TOKEN}"}


@pytest.mark.parametrize("seed", ["1", "2"])
def test_pubsub_duplicates_and_reorders_on_request(seed: str) -> None:
    function = Function()
    with (
        pubsub("--duplicate", "0.5", "--reorder", "200ms", "--seed", seed) as host,
        pushing(host, function, ordered=False) as queue,
    ):
        for number in range(30):
            queue.put(apply("a", token=f"{number:02}"))
        eventually(lambda: len({token for token, _ in function.of("a")}) == 30, "every message")
        eventually(lambda: any(attempt == 2 for _, attempt in function.of("a")), "a duplicate")
    first = [token for token, attempt in function.of("a") if attempt == 1]
    assert len(first) == 30
    assert first != sorted(first)
