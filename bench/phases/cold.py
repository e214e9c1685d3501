"""The cold phase: no process of penstock's functions runs, and the first request to each of them starts it.

That is what a platform does that has scaled to zero. The time from the signed push on has the starts of all
three in it, one after the other, as each is called. Flux, which is always on, has nothing like it.
"""

from __future__ import annotations

import sys
import threading
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.tools.controlplane.probe import free_ports

from bench.beside.penstock import BEARER, delivery
from bench.beside.process import Process
from bench.measure.relay import LOCAL, Relay
from bench.phases.sides import read_bytes
from tests.runtime.processes import answers, ask, environment
from tests.runtime.requesting import SECRET, TOKEN, signed
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from bench.phases.sides import PenstockEngine, Side

_FUNCTIONS = ("webhook", "fetch", "apply")


class OnDemand:
    """One function behind a port: the first connection starts its process and is served by it."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name, self._folder = name, folder
        self._lock = threading.Lock()
        self._relay = Relay(self._started)
        (self._port,) = free_ports(1)
        self.env: dict[str, str] = {}
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """Where it takes requests, whether its process runs or not."""
        return f"http://{LOCAL}:{self._relay.port}"

    def read_bytes(self) -> int:
        """The bytes of artifacts that it has read; 0 if it was never called."""
        if self.process is None:
            return 0
        answer = ask(f"http://{LOCAL}:{self._port}", "/metrics", b"", BEARER, method="GET")[1]
        return read_bytes(answer.decode())

    def close(self) -> None:
        """Ends the process."""
        self._relay.close()
        if self.process is not None:
            self.process.end()

    def _started(self) -> int:
        with self._lock:
            if self.process is None:
                self.process = Process(self._argv(), self.env, self._folder / f"cold-{self._name}.log")
                eventually(self._answers, f"{self._name} answers")
        return self._port

    def _argv(self) -> tuple[str, ...]:
        program = str(Path(sys.executable).parent / "functions-framework")
        source = ("--source", f"functions/{self._name}/main.py", "--target", self._name)
        return (program, *source, "--host", LOCAL, "--port", str(self._port))

    def _answers(self) -> bool:
        assert self.process is not None
        self.process.must_run()
        return answers(f"http://{LOCAL}:{self._port}")


class ColdEngine:
    """The three functions that a push goes through, none of which runs."""

    agents = frozenset({"penstock"})
    answered = 0
    """The status code of the answer to the delivery."""

    def __init__(self, warm: PenstockEngine, kubeconfig: Path, namespace: str) -> None:
        self._functions = {name: OnDemand(name, warm.folder) for name in _FUNCTIONS}
        env = environment(
            kubeconfig=kubeconfig,
            bucket=warm.folder / "bucket",
            namespaces=namespace,
            webhook_secret=SECRET,
            invoke_token=TOKEN,
            fetch_url=self._functions["fetch"].url,
            apply_url=self._functions["apply"].url,
        )
        for function in self._functions.values():
            function.env = env

    @property
    def roots(self) -> tuple[int, ...]:
        """See Engine: those that run by now."""
        running = (function.process for function in self._functions.values())
        return tuple(process.pid for process in running if process is not None)

    @property
    def read_bytes(self) -> int:
        """See Engine."""
        return sum(function.read_bytes() for function in self._functions.values())

    def must_run(self) -> None:
        """See Engine."""
        for function in self._functions.values():
            if function.process is not None:
                function.process.must_run()

    def told_of_push(self, side: Side, before: str, after: str) -> None:
        """See Engine."""
        body = delivery(side.url, before, after)
        self.answered = ask(self._functions["webhook"].url, "/github", body, signed(body))[0]
        # 503: fetch took longer than PENSTOCK_HANDOVER_SECONDS, but is at it all the same.
        took = {HTTPStatus.ACCEPTED, HTTPStatus.SERVICE_UNAVAILABLE}
        assert self.answered in took, f"the delivery was answered with {self.answered}"

    def nudge(self) -> None:
        """See Engine: nobody needs it here."""

    def close(self) -> None:
        """See Engine."""
        for function in self._functions.values():
            function.close()
