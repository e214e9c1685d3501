"""SIGTERM and SIGINT, heard without a lock.

A handler runs in the main thread between any two of its steps: if it waits for a lock that this thread holds
at that moment, such as an Event's, nothing ever goes on. And while the main thread waits for a lock it does
not wake for a signal that the kernel gave to another thread, as it does with the second of two. So nothing
here takes a lock: the interpreter itself writes the numbers of signals into a pipe, from whatever thread, and
the main thread waits for the pipe (signal.set_wakeup_fd).
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HEARD = (signal.SIGTERM, signal.SIGINT)


class Signals(Protocol):
    """What `heard` gives."""

    def wait(self, seconds: float) -> int:
        """The number of the next signal; 0 if none comes within the time."""
        ...


class _Piped:
    def __init__(self, reader: int) -> None:
        self._reader = reader

    def wait(self, seconds: float) -> int:
        ready, _, _ = select.select([self._reader], [], [], seconds)
        return os.read(self._reader, 1)[0] if ready else 0


class _Silent:
    """In a thread that is not the main one signals are not ours to hear."""

    def __init__(self) -> None:
        self._never = threading.Event()

    def wait(self, seconds: float) -> int:
        self._never.wait(seconds)
        return 0


@contextmanager
def heard() -> Iterator[Signals]:
    """SIGTERM and SIGINT do nothing within the block but to be heard; after it all is as it was before."""
    if threading.current_thread() is not threading.main_thread():
        yield _Silent()
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    woken = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    before = {number: signal.signal(number, _nothing) for number in _HEARD}
    try:
        yield _Piped(reader)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken)
        os.close(reader)
        os.close(writer)


def _nothing(number: int, frame: Any) -> None:
    """What there is to do was done when the number was written into the pipe."""


class Chained:
    """Tells `tell` at SIGTERM, and then does what the server in whose process we are does at it.

    `tell` must take no lock. A process whose SIGTERM nobody handles ends at it: there is nothing to chain.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._pid = 0
        self._call = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(self._chain)

    def ensure(self) -> None:
        """Puts us before the handler that is there, once in each process that the server forks.

        Only the main thread may do that, so others ask the interpreter to do it there soon.
        """
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        if threading.current_thread() is threading.main_thread():
            self._chain(None)
        else:
            ctypes.pythonapi.Py_AddPendingCall(self._call, None)

    def _chain(self, _unused: object) -> int:
        handler = signal.getsignal(signal.SIGTERM)
        if not callable(handler):
            return 0
        before: Callable[[int, Any], Any] = handler

        def handle(number: int, frame: Any) -> None:
            self._tell()
            before(number, frame)

        signal.signal(signal.SIGTERM, handle)
        signal.siginterrupt(signal.SIGTERM, False)
        return 0
