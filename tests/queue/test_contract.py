"""What every queue that work waits in promises: durable, in order for each object, one clear error."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import pytest
from penstock.api.work import Function, Hint, WorkItem
from penstock.base.errors import PenstockError, Transient

from tests.queue.folders import apply, opened
from tests.queue.topics import Subscriptions, publisher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.queue.queue import Queue

_prefixes = (f"contract-{n}" for n in itertools.count(1))


class Side(Protocol):
    """A place where items wait, seen from both ends."""

    def open(self) -> Queue:
        """A queue there, as a process has it."""
        ...

    def taken(self, count: int) -> list[WorkItem]:
        """The next items, as a process that started afterwards gets them; each is done before the next."""
        ...

    def broken(self) -> Queue:
        """One whose place is out of reach."""
        ...


class InFolder:
    def __init__(self, root: Path) -> None:
        self.root = root

    def open(self) -> Queue:
        return opened(self.root / "queue")

    def taken(self, count: int) -> list[WorkItem]:
        queue = opened(self.root / "queue")
        found = []
        for _ in range(count):
            claimed = queue.claim()
            assert claimed is not None
            found.append(claimed.item)
            queue.done(claimed)
        assert queue.claim() is None
        queue.close()
        return found

    def broken(self) -> Queue:
        queue = opened(self.root / "broken")
        for folder in ("tmp", "pending"):
            (self.root / "broken" / folder).rmdir()
        return queue


class InPubSub:
    def __init__(self, host: str, prefix: str) -> None:
        self.host, self.prefix = host, prefix
        self.subscriptions = Subscriptions(host, prefix)

    def open(self) -> Queue:
        return publisher(self.host, self.prefix)

    def taken(self, count: int) -> list[WorkItem]:
        return self.subscriptions.items(count)

    def broken(self) -> Queue:
        return publisher("127.0.0.1:1", self.prefix, timeout_s=0.5)


@pytest.fixture(params=["folder", "pubsub"])
def side(request: pytest.FixtureRequest, tmp_path: Path, pubsub_emulator: str) -> Iterator[Side]:
    if request.param == "folder":
        yield InFolder(tmp_path)
    else:
        side = InPubSub(pubsub_emulator, next(_prefixes))
        yield side
        side.subscriptions.close()


def test_what_was_put_is_there_for_a_process_that_starts_afterwards(side: Side) -> None:
    items = [
        apply("a", token="t"),
        WorkItem(Function.FETCH, reason="push", hint=Hint(("https://git.example/x.git",), "refs/heads/ü")),
        WorkItem(Function.TICK),
    ]
    queue = side.open()
    for item in items:
        queue.put(item)
    assert sorted(side.taken(3), key=lambda item: item.key) == sorted(items, key=lambda item: item.key)


def test_the_last_thing_said_about_an_object_comes_last(side: Side) -> None:
    queue = side.open()
    queue.put(apply("a", "requested", "0"))
    first = side.taken(1)
    for n in range(1, 6):
        queue.put(apply("a", "requested", str(n)))
        queue.put(apply(f"b{n}"))
    got = first + side.taken(10 if isinstance(side, InPubSub) else 6)
    tokens = [int(item.token) for item in got if item.name == "a"]
    assert tokens == sorted(tokens)
    assert (tokens[0], tokens[-1]) == (0, 5)


def test_threads_may_put_at_the_same_time(side: Side) -> None:
    queue = side.open()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: queue.put(apply(f"object-{n}")), range(40)))
    assert {item.name for item in side.taken(40)} == {f"object-{n}" for n in range(40)}


def test_a_place_out_of_reach_is_one_clear_error_that_may_pass(side: Side) -> None:
    with pytest.raises(Transient, match=r"^(the queue folder \S+ cannot be used|\S+ did not take a message)"):
        side.broken().put(apply("a"))


def test_no_error_tells_what_was_to_be_kept(side: Side) -> None:
    with pytest.raises(PenstockError) as caught:
        side.broken().put(apply("object-canary", token="token-canary"))
    assert "canary" not in str(caught.value)
