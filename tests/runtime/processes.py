"""Real processes of ours, and requests to them over real HTTP."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
_BIN = Path(sys.executable).parent


def environment(**settings: object) -> dict[str, str]:
    """The environment of a process of ours: nothing of the tester's own settings, and these."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "XDG_CACHE_HOME") if key in os.environ}
    return {**kept, **{f"PENSTOCK_{key.upper()}": str(value) for key, value in settings.items()}}


class Running:
    """A started process; what it prints is collected line by line."""

    def __init__(self, argv: list[str], env: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            argv,
            env=dict(env),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            for line in self.process.stdout:
                self.lines.append(line.rstrip())

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def logged(self, message: str = "") -> list[dict[str, Any]]:
        """The log lines whose message contains the text."""
        lines = (json.loads(line) for line in tuple(self.lines) if line.startswith("{"))
        return [line for line in lines if message in line["message"]]

    def wait_for(self, message: str, **fields: object) -> dict[str, Any]:
        """The first log line with this in its message and these fields; fails if the process ends before."""

        def found() -> list[dict[str, Any]]:
            return [line for line in self.logged(message) if fields.items() <= line.items()]

        eventually(lambda: found() or self.process.poll() is not None, message)
        assert found(), self.output
        return found()[0]

    def kill(self) -> None:
        """Ends it in the middle of whatever it does, and its children with it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.end(signal.SIGKILL)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal and gives the exit code."""
        self.process.send_signal(number)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._reader.join(60)
        return code


@contextmanager
def running(argv: list[str], env: Mapping[str, str]) -> Iterator[Running]:
    """The process, for as long as the block runs."""
    started = Running(argv, env)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.end()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def function(name: str, env: Mapping[str, str]) -> Iterator[tuple[Running, str]]:
    """One function alone, by functions-framework; the process and its address."""
    port = free_port()
    argv = [str(_BIN / "functions-framework"), "--source", f"functions/{name}/main.py", "--target", name]
    with running([*argv, "--host", "127.0.0.1", "--port", str(port)], env) as started:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: started.process.poll() is not None or answers(url), f"{name} answers")
        assert started.process.poll() is None, started.output
        yield started, url


@contextmanager
def serving(env: Mapping[str, str], *flags: str) -> Iterator[tuple[Running, str]]:
    """`penstock serve` on a free port; the process and its address."""
    argv = [str(_BIN / "penstock"), "serve", "--port", "0", "--log-format", "json", *flags]
    with running(argv, env) as started:
        line = started.wait_for("penstock serves on")
        yield started, line["webhook"].removesuffix("/github")


def answers(url: str) -> bool:
    try:
        return ask(url, "/healthz", method="GET")[0] == 200
    except OSError:
        return False


def ask(
    url: str, path: str, body: object = b"", headers: Mapping[str, str] | None = None, *, method: str = "POST"
) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON body and headers of the answer; an iterator as body is sent in chunks."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=120)
    try:
        chunked = not isinstance(body, bytes)
        connection.request(method, path, body, dict(headers or {}), encode_chunked=chunked)  # type: ignore[arg-type] # bytes or an iterator
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text[:1] == b"{" else text, dict(answer.headers)
    finally:
        connection.close()
