"""Starts, watches and ends one long-running process of its own session."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

import msgspec

from penstock.base.errors import Terminal
from penstock.tools.controlplane.identity import look

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_POLL_S = 0.02
_KILL_S = 5.0


class Daemon(msgspec.Struct, frozen=True):
    """A started process; `identity` as in identity.Seen."""

    name: str
    pid: int
    identity: str


def spawn(name: str, argv: tuple[str, ...], log: Path, home: Path) -> Daemon:
    """Starts `argv` with both outputs into the file `log` (emptied first) and nothing of our environment.

    Terminal if the program cannot be executed.
    """
    actions = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    )
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home)}
    try:
        pid = os.posix_spawn(argv[0], argv, env, file_actions=actions, setsid=True)
    except OSError as error:
        raise Terminal(f"{name} cannot be started from {argv[0]}: {error.strerror}") from error
    return recorded(name, pid)


def recorded(name: str, pid: int) -> Daemon:
    """A child of ours, which at least as a zombie is still there."""
    seen = look(pid)
    if seen is None:
        raise Terminal(f"{name} cannot be watched: /proc does not show it; penstock starts it on Linux only")
    return Daemon(name, pid, seen.identity)


def alive(daemon: Daemon) -> bool:
    """Whether that very process still runs; a child that ended is reaped on the way."""
    seen = look(daemon.pid)
    if seen is None or seen.identity != daemon.identity:
        return False
    if seen.zombie:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(daemon.pid, os.WNOHANG)
    return not seen.zombie


def stop(daemons: Iterable[Daemon], grace_s: float) -> None:
    """Asks them all to end, kills after `grace_s` seconds those that did not, and waits for them."""
    left = _signal(daemons, signal.SIGTERM)
    left = _wait(left, grace_s)
    _wait(_signal(left, signal.SIGKILL), _KILL_S)


def _signal(daemons: Iterable[Daemon], number: signal.Signals) -> tuple[Daemon, ...]:
    running = tuple(daemon for daemon in daemons if alive(daemon))
    for daemon in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(daemon.pid, number)
    return running


def _wait(daemons: Iterable[Daemon], seconds: float) -> tuple[Daemon, ...]:
    until = time.monotonic() + seconds
    left = tuple(daemon for daemon in daemons if alive(daemon))
    while left and time.monotonic() < until:
        time.sleep(_POLL_S)
        left = tuple(daemon for daemon in left if alive(daemon))
    return left
