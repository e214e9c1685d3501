"""Several `penstock serve` on one cluster, bucket and queue: killed, paused, told to stop, started again."""

from __future__ import annotations

import http.client
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import TimeoutExpired
from threading import Timer
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from tests.runtime.processes import Running
from tests.runtime.requesting import signed
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVES = "penstock serves on"
_ENDS_S = 30
_PATIENCE_S = 10
"""As long as GitHub waits for an answer."""


class Servers:
    """`count` processes; what they say is kept, also of those that are gone."""

    def __init__(self, env: Mapping[str, str], count: int) -> None:
        self._env = {**env, "PYTHONFAULTHANDLER": "1"}  # a process that hangs can say where
        self._said: list[str] = []
        self._timers: list[Timer] = []
        self._hooks = ThreadPoolExecutor(max_workers=16)
        self._answers: list[int] = []
        self.running = [self._started() for _ in range(count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.calm()
        self._hooks.shutdown()
        for process in self.running:
            if process.process.poll() is None:
                process.end()
            self._said.extend(process.lines)

    @property
    def said(self) -> str:
        """Everything that was logged so far."""
        return "\n".join([*self._said, *(line for process in self.running for line in process.lines)])

    @property
    def answers(self) -> tuple[int, ...]:
        """What deliveries were answered; 0 stands for none."""
        return tuple(self._answers)

    def end(self, number: int, how: signal.Signals) -> None:
        """The process is killed, or told to stop and waited for; another one takes its place."""
        old = self.running[number]
        old.process.send_signal(signal.SIGCONT)
        old.process.send_signal(how)
        if not _ended(old):
            old.end(signal.SIGABRT)
            raise AssertionError(f"a process does not end after {how.name}:\n" + "\n".join(old.lines[-200:]))
        self._said.extend(old.lines)
        self.running[number] = self._started()

    def pause(self, number: int, seconds: float) -> None:
        """The process stands still for a while."""
        process = self.running[number].process
        process.send_signal(signal.SIGSTOP)
        timer = Timer(seconds, process.send_signal, (signal.SIGCONT,))
        timer.start()
        self._timers.append(timer)

    def deliver(self, number: int, body: bytes) -> None:
        """GitHub's delivery; nobody waits for its answer, and nobody sends it again."""
        self._hooks.submit(self._deliver, self.running[number], body)

    def calm(self) -> None:
        """Nobody stands still any more."""
        for timer in self._timers:
            timer.cancel()
        for process in self.running:
            process.process.send_signal(signal.SIGCONT)

    def all_serve(self) -> None:
        """Returns once every process takes requests."""
        for process in self.running:
            process.wait_for(_SERVES)

    def _started(self) -> Running:
        penstock = Path(sys.executable).parent / "penstock"
        return Running([str(penstock), "serve", "--port", "0", "--log-format", "json"], self._env)

    def _deliver(self, server: Running, body: bytes) -> None:
        try:
            self._answers.append(_post(server, body))
        except (OSError, AssertionError, http.client.HTTPException):
            self._answers.append(0)


def _ended(server: Running) -> bool:
    """Whether the process ends in the time that it has for that, and some for a busy machine."""
    try:
        server.process.wait(_ENDS_S)
    except TimeoutExpired:
        return False
    return True


def _post(server: Running, body: bytes) -> int:
    eventually(lambda: server.logged(_SERVES) or server.process.poll() is not None, "an address", _PATIENCE_S)
    address = urlsplit(server.logged(_SERVES)[0]["webhook"])
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=_PATIENCE_S)
    try:
        connection.request("POST", address.path, body, signed(body))
        return connection.getresponse().status
    finally:
        connection.close()
