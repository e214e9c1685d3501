"""One running upstream helper: started, spoken to under a deadline, and ended."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
from typing import IO, TYPE_CHECKING

from penstock.base.errors import Transient
from penstock.tools.process import limit_files
from penstock.tools.upstream import frames

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.api.objects import Json
    from penstock.base.deadline import Deadline

_CHUNK_BYTES = 1 << 20
_TAIL_BYTES = 4096
_WORDS_BYTES = 1024 * 1024
"""What a helper may say on stderr before it is ended (threats B-26)."""
_ENDS_WITHIN_S = 2.0
_WITHOUT_MEMORY = ("memory", "SIGSEGV")
"""What Go says without memory; its collector may end with a mere SIGSEGV."""
_LOOK_S = 0.5
"""A deadline may come nearer while it is waited for."""


class HelperGone(Transient):
    """The helper ended, or broke the protocol, in the middle of a request."""


class HelperNotStarted(HelperGone):
    """There is no helper, for a reason that is the machine's and may pass."""


class HelperOverdue(Transient):
    """The helper did not answer before the deadline."""


class UpstreamProcess:
    """A helper process; used by one thread at a time. After HelperGone or HelperOverdue, close it."""

    def __init__(self, program: Path, arguments: tuple[str, ...], longest_answer: int) -> None:
        """Start the program; `longest_answer` is in bytes.

        OSError if it cannot be started, HelperNotStarted if there is no place for what it says on stderr.
        """
        self._longest_answer = longest_answer
        self._stderr: IO[bytes] = _words()
        try:
            self._process = self._start(program, arguments)
        except BaseException:
            self._stderr.close()
            raise
        self.pid = self._process.pid
        limit_files(self.pid, _WORDS_BYTES)
        self._in, self._out = self._pipes()
        self.trees: set[str] = set()
        """Ids of the trees that were sent to it; it may have dropped some."""

    def _start(self, program: Path, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - fixed arguments, no shell
            (str(program), *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={"GOTRACEBACK": "none"},
            cwd="/",
            bufsize=0,
            process_group=0,
        )

    def _pipes(self) -> tuple[int, int]:
        if self._process.stdin is None or self._process.stdout is None:
            raise HelperGone("the upstream helper has no pipes")
        os.set_blocking(self._process.stdin.fileno(), False)
        return self._process.stdin.fileno(), self._process.stdout.fileno()

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def send(self, message: bytes, deadline: Deadline) -> None:
        """Write one message whole."""
        rest = memoryview(message)
        while rest:
            self._wait(self._in, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._in, rest[:_CHUNK_BYTES]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise self._gone() from None

    def receive(self, deadline: Deadline) -> Json:
        """Read one message whole."""
        size = frames.body_size(self._read(frames.HEADER_BYTES, deadline))
        if size > self._longest_answer:
            raise HelperGone(f"the upstream helper announced an answer of {size} bytes")
        try:
            return frames.decode(self._read(size, deadline))
        except ValueError:
            raise HelperGone("the upstream helper answered with something that is no JSON object") from None

    def _read(self, size: int, deadline: Deadline) -> bytearray:
        data = bytearray()
        while len(data) < size:
            self._wait(self._out, select.POLLIN, deadline)
            chunk = os.read(self._out, min(_CHUNK_BYTES, size - len(data)))
            if not chunk:
                raise self._gone()
            data += chunk
        return data

    def _wait(self, descriptor: int, event: int, deadline: Deadline) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        while not deadline.expired:
            if poll.poll(min(deadline.remaining(), _LOOK_S) * 1000):
                return
        raise HelperOverdue("the upstream helper did not answer in time")

    def _gone(self) -> HelperGone:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDS_WITHIN_S)
        code = self._process.poll()
        if code == -signal.SIGKILL:
            return HelperGone("the upstream helper was killed, as the system does when memory runs out")
        words = self._last_words()
        if any(word in words for word in _WITHOUT_MEMORY):
            # Which words Go has for it is chance, and a message that changes is another event at each try.
            return HelperGone("the upstream helper needs more memory than it may have")
        return HelperGone(f"the upstream helper ended with {code}{words}")

    def _last_words(self) -> str:
        """Go's own reason of a crash, which never holds anything of ours; panics' texts are left out."""
        self._stderr.seek(0)
        lines = self._stderr.read(_TAIL_BYTES).decode(errors="replace").splitlines()
        reasons = [line for line in lines if line.startswith(("fatal error: ", "runtime: ", "SIG"))]
        return f" ({reasons[-1]})" if reasons else ""

    def close(self) -> None:
        """End it: it has nothing to save."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            if pipe is not None:
                pipe.close()


def _words() -> IO[bytes]:
    """A file without a name for what a helper says (threats B-24)."""
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise HelperNotStarted(f"no temporary file can be made: {error.strerror or error}") from None
