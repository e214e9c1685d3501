"""Runs one short-lived process: fixed arguments, a chosen environment, bounded time and output, no shell.

Whatever goes wrong, nothing of the process is left: it has a process group of its own, which is killed.
"""

from __future__ import annotations

import io
import os
import resource
import selectors
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded, Terminal, Transient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from penstock.base.deadline import Deadline

PASSED_ON = (
    "PATH",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""All that a process gets of our own environment; it holds our secrets."""
_CHUNK = 64 * 1024
_LOOK_S = 0.5
"""A deadline may come nearer while it is waited for."""
_ERROR_BYTES = 64 * 1024
"""Ours: what is kept of stderr, from which an error is told."""
_RUNNING: set[subprocess.Popen[bytes]] = set()


class ProgramMissing(Terminal):
    """The program is not installed."""

    reason = "ProgramMissing"


class ProgramFailed(Transient):
    """The program could not be started now."""

    reason = "ProgramFailed"


class ProgramTimeout(Transient):
    """The program did not end in time and was killed."""

    reason = "Timeout"


@dataclass(frozen=True)
class Completed:
    """How a process ended: its exit code (negative: the signal), its output, what it said on stderr."""

    code: int
    stdout: bytes
    stderr: str


@dataclass(frozen=True)
class Bounds:
    """What a process may take: until when it may run, bytes it may print, bytes of any file it writes.

    `output_limit` is the field of Limits that `output_bytes` comes from, if it comes from one.
    """

    deadline: Deadline
    output_bytes: int
    file_bytes: int | None = None
    output_limit: str = ""


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process: the little that is passed on, plain texts in English, and `extra`."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed, "LC_ALL": "C.UTF-8", **extra}


def run(
    argv: Sequence[str], bounds: Bounds, *, env: Mapping[str, str], cwd: Path, stdin: bytes = b""
) -> Completed:
    """Run to the end and give what came out, whatever the exit code.

    ProgramMissing, ProgramFailed or ProgramTimeout (Transient), or LimitExceeded if it prints too much.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; who calls us builds argv from checked parts
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    except OSError as error:
        if isinstance(error, FileNotFoundError) and error.filename != str(cwd):
            raise ProgramMissing(f"the program {argv[0]} is not installed, or is not in PATH") from None
        raise ProgramFailed(
            f"the program {argv[0]} could not be started: {error.strerror or error}"
        ) from None
    with process, _counted(process):
        try:
            limit_files(process.pid, bounds.file_bytes)
            stdout, stderr = _Pipes(process, argv[0], bounds).pump(stdin)
            code = process.wait(bounds.deadline.remaining() + 1)
        except BaseException as error:
            _kill(process)
            if isinstance(error, subprocess.TimeoutExpired):
                raise _timed_out(argv[0]) from None
            raise
    return Completed(code, stdout, stderr.decode("utf-8", "replace"))


def kill_running() -> None:
    """Kill whatever runs, for a process that ends without waiting for its threads."""
    for process in tuple(_RUNNING):
        _kill_group(process)


@contextmanager
def _counted(process: subprocess.Popen[bytes]) -> Iterator[None]:
    _RUNNING.add(process)
    try:
        yield
    finally:
        _RUNNING.discard(process)


class _Pipes:
    """The three pipes of a process, served together so that none of them fills up."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, bounds: Bounds) -> None:
        self._process = process
        self._name = name
        self._bounds = bounds
        self._out = io.BytesIO()
        self._err = bytearray()

    def pump(self, stdin: bytes) -> tuple[bytes, bytes]:
        """Write all of stdin, read all of stdout and the beginning of stderr."""
        process = self._process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError("the process has pipes")
        rest = memoryview(stdin)
        with selectors.DefaultSelector() as ready:
            for stream in (process.stdin, process.stdout, process.stderr):
                os.set_blocking(stream.fileno(), False)
            ready.register(process.stdin, selectors.EVENT_WRITE)
            ready.register(process.stdout, selectors.EVENT_READ, self._out)
            ready.register(process.stderr, selectors.EVENT_READ, self._err)
            while ready.get_map():
                for key, _ in self._wait(ready):
                    if key.fileobj is process.stdin:
                        rest = rest[_write(key.fd, rest) :]
                        done = not rest
                    else:
                        done = self._read(key.fd, key.data)
                    if done:
                        ready.unregister(key.fileobj)
                        if key.fileobj is process.stdin:
                            process.stdin.close()
        # Gives what it holds itself: no second copy.
        return self._out.getvalue(), bytes(self._err)

    def _wait(self, ready: selectors.BaseSelector) -> list[tuple[selectors.SelectorKey, int]]:
        if self._bounds.deadline.expired:
            raise _timed_out(self._name)
        return ready.select(min(self._bounds.deadline.remaining(), _LOOK_S))

    def _read(self, handle: int, into: bytearray | io.BytesIO) -> bool:
        """Take what is there; whether the pipe is at its end. What is too much on stderr is dropped."""
        chunk = os.read(handle, _CHUNK)
        if isinstance(into, bytearray):
            chunk_kept = chunk[: max(0, _ERROR_BYTES - len(into))]
            into += chunk_kept
        else:
            into.write(chunk)
            if into.tell() > self._bounds.output_bytes:
                raise LimitExceeded(
                    f"{self._name} printed more than {self._bounds.output_bytes} bytes",
                    limit=self._bounds.output_limit,
                )
        return not chunk


def _write(handle: int, data: memoryview) -> int:
    """Bytes written; a process that closed its stdin gets no more and counts as served."""
    if not data:
        return 0
    try:
        return os.write(handle, data[:_CHUNK])
    except BrokenPipeError:
        return len(data)


def limit_files(pid: int, size: int | None) -> None:
    """Let the process write no larger file, where the system can do that for a running process."""
    if size is not None and hasattr(resource, "prlimit"):
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the group while its leader is not reaped: its number cannot belong to anybody else yet."""
    _kill_group(process)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _timed_out(name: str) -> ProgramTimeout:
    return ProgramTimeout(f"{name} did not end in time and was stopped")
