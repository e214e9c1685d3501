"""Signals are heard at once, whichever thread they come to, and whatever that thread holds."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest
from penstock.runtime.signals import Chained, heard

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_S = 10.0
BOTH = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """They are as they were before each test."""
    before = {number: signal.getsignal(number) for number in BOTH}
    yield
    assert {number: signal.getsignal(number) for number in BOTH} == before


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_that_comes_to_another_thread_wakes_the_main_thread(number: int) -> None:
    with heard() as signals:
        other = threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), number))
        other.start()
        assert signals.wait(_PATIENCE_S) == number
        other.join()


def test_each_of_many_signals_is_heard_in_the_order_of_their_coming() -> None:
    with heard() as signals:
        sent = [BOTH[n % 2] for n in range(50)]
        for number in sent:
            signal.raise_signal(number)
        assert [signals.wait(_PATIENCE_S) for _ in sent] == sent
        assert signals.wait(0) == 0


def test_a_signal_in_the_middle_of_what_holds_locks_is_only_heard() -> None:
    lock = threading.Lock()
    with heard() as signals:
        with lock:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
        assert {signals.wait(_PATIENCE_S), signals.wait(_PATIENCE_S)} == set(BOTH)


def test_in_another_thread_signals_are_left_to_whom_they_belong() -> None:
    seen: list[Any] = []

    def body() -> None:
        with heard() as signals:
            seen.extend((signal.getsignal(signal.SIGTERM), signals.wait(0)))

    thread = threading.Thread(target=body)
    before = signal.getsignal(signal.SIGTERM)
    thread.start()
    thread.join()
    assert seen == [before, 0]


@pytest.fixture
def server() -> Iterator[list[str]]:
    """What the handler of a server did."""
    did: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: did.append("server"))
    yield did
    signal.signal(signal.SIGTERM, before)


def test_the_servers_handler_goes_on_after_ours(server: list[str]) -> None:
    chained = Chained(lambda: server.append("told"))
    chained.ensure()
    chained.ensure()
    signal.raise_signal(signal.SIGTERM)
    assert server == ["told", "server"]


def test_a_thread_of_the_server_gets_it_chained_in_the_main_thread(server: list[str]) -> None:
    chained = Chained(lambda: server.append("told"))
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=chained.ensure)
    thread.start()
    thread.join()
    eventually(lambda: signal.getsignal(signal.SIGTERM) is not before, "the handler")
    signal.raise_signal(signal.SIGTERM)
    assert server == ["told", "server"]


def test_where_nobody_handles_it_nothing_is_chained() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        Chained(lambda: None).ensure()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
